#include "tarn/doctor.h"

#include <doctest/doctest.h>

namespace tarn::app {
namespace {

Facts healthy() {
  Facts facts{.wall_ms = 1'800'000'000'000, .data = "/x/.tarn", .file_system = "ext4", .disk_available = 100_GiB};
  facts.machine = {.cores = 4,
                   .memory = 16_GiB,
                   .memory_available = 8_GiB,
                   .kernel = "6.1.0",
                   .landlock_version = 2,
                   .open_files_max = 1u << 20,
                   .clock_synchronized = true};
  facts.doors = {{"kafka", "127.0.0.1:9092", std::nullopt}};
  facts.fsync_median = std::chrono::microseconds(900);
  facts.fsync_worst = std::chrono::microseconds(4000);
  facts.clients_found = {"kcat"};
  return facts;
}

// "subject: text -> mend" of what is wrong.
std::vector<std::string> wrong(const Facts& facts) {
  std::vector<std::string> all;
  for (const Finding& finding : judge(facts)) {
    CHECK((finding.level == Level::kWrong) == !finding.mend.empty());
    if (finding.level == Level::kWrong) all.push_back(finding.subject + ": " + finding.text + " -> " + finding.mend);
  }
  return all;
}

bool only(const Facts& facts, std::string_view begins, std::string_view contains) {
  auto found = wrong(facts);
  return found.size() == 1 && found[0].starts_with(begins) && found[0].contains(contains);
}

}  // namespace

TEST_CASE("a healthy machine has nothing to mend") { CHECK(wrong(healthy()).empty()); }

TEST_CASE("each thing that is wrong is found alone, with its mend") {
  auto with = [](auto change) {
    Facts facts = healthy();
    change(facts);
    return facts;
  };
  CHECK(only(with([](Facts& f) { f.machine.memory_available = 1_GiB; }), "machine: ", "spill"));
  CHECK(only(with([](Facts& f) { f.machine.memory_allowed = 1_GiB; }), "machine: ", "container"));
  CHECK(only(with([](Facts& f) { f.machine.landlock_version = 0; }), "sandbox: ", "5.13"));
  CHECK(only(with([](Facts& f) { f.machine.open_files_max = 1024; }), "limits: 1024", "ulimit"));
  CHECK(only(with([](Facts& f) { f.wall_ms = 0; }), "clock: ", "timedatectl"));
  CHECK(only(with([](Facts& f) { f.project_error = "tarn.yaml:2: unknown key"; }), "project: tarn.yaml:2",
             "mend that line"));
  CHECK(only(with([](Facts& f) { f.doors[0].listener = host::Listener{4121, "java"}; }),
             "ports: kafka 127.0.0.1:9092 is taken by java (pid 4121)", "--kafka"));
  CHECK(only(with([](Facts& f) { f.doors[0].listener = host::Listener{7, "tarn", "/y/.tarn"}; }),
             "ports: kafka 127.0.0.1:9092 is taken by tarn (pid 7, data folder /y/.tarn)", "stop it"));
  CHECK(only(with([](Facts& f) { f.doors[0].listener = host::Listener{}; }), "ports: ", "another user"));
  CHECK(only(with([](Facts& f) { f.data_error = "newer"; }), "data: newer", "--data"));
  CHECK(only(with([](Facts& f) { f.data_exists = f.workers_left = true; }), "data: ", "tarn worker"));
  CHECK(only(with([](Facts& f) { f.data_exists = true, f.running_pid = 7, f.health = "disk failed"; }),
             "data: ", "disk failed"));
  CHECK(only(with([](Facts& f) { f.disk_available = 1_GiB; }), "disk: 1.0 GiB free", "full disk"));
  CHECK(only(with([](Facts& f) { f.disk_error = "read-only"; }), "disk: read-only", "right to write"));
  CHECK(only(with([](Facts& f) { f.file_system = "tmpfs"; }), "disk: ", "on a disk"));
  CHECK(only(with([](Facts& f) { f.file_system = "nfs"; }), "disk: ", "local disk"));
  CHECK(only(with([](Facts& f) { f.fsync_median = std::chrono::microseconds(50'000); }), "fsync: ", "SSD"));
}

TEST_CASE("a port of the Tarn that runs here is no trouble, an unclean stop neither") {
  Facts facts = healthy();
  facts.data_exists = true;
  facts.running_pid = 7;
  facts.doors[0].listener = host::Listener{7, "tarn"};
  CHECK(wrong(facts).empty());
  facts = healthy();
  facts.data_exists = facts.left_behind = true;
  CHECK(wrong(facts).empty());
}

}  // namespace tarn::app
