// The log on a disk that breaks: every call of a scenario fails, fills up, tears, is killed or loses power once.
#include <doctest/doctest.h>

#include "host/fault_sweep.h"
#include "host/logging.h"
#include "log/ledger_test.h"

namespace tarn::log {
namespace {

using host::Fault;
using host::FaultPoint;
using host::FaultyFiles;

LogOptions tiny_options() {
  LogOptions options;
  options.wal_bytes = 256_KiB;
  options.wal_file_bytes = 64_KiB;
  options.ballast_bytes = 0_B;
  options.open_files_max = 8;
  return options;
}

// One life after the other on one disk.
class Machine {
 public:
  explicit Machine(FaultyFiles& files) : files_(files), host_(files) {}
  Result<std::unique_ptr<Log>> open() { return Log::open(host_.host(), "data", tiny_options(), nullptr, nullptr); }
  FaultyFiles& files() { return files_; }

 private:
  FaultyFiles& files_;
  TestHost host_;
};

std::optional<TopicId> topic_of(Log& log, const std::string& name, std::map<std::string, std::string> configs = {}) {
  if (auto made = log.create_topic({name, 2, std::move(configs)})) return made->id;
  const Topic* there = log.topics()->find(name);
  return there ? std::optional(there->id) : std::nullopt;
}

// What the faults hit: topics made, batches over segment rolls and the ring's end, checkpoints, a topic deleted, made
// again and forgotten, producer ids, a change of mode.
class Scenario {
 public:
  void run(Log& log) {
    auto rides = topic_of(log, "rides", {{"segment.bytes", "700"}});
    produce(log, rides, 6);
    ids(log);
    (void)log.checkpoint();
    auto other = topic_of(log, "other");
    produce(log, other, 2);
    produce(log, rides, 5);
    if (other) (void)log.delete_topic(*other);
    auto again = topic_of(log, "other");
    if (other && again != other) {
      ledger.forget(*other);
      (void)log.forget_topic(*other);
    }
    produce(log, again, 2);
    auto mode = topic_of(log, "mode");
    produce(log, mode, 1);
    if (mode) {
      (void)log.alter_topic(*mode, {{"tarn.fsync", "never"}});
      (void)log.alter_topic(*mode, {{"tarn.fsync", "always"}});
    }
    produce(log, mode, 1);
    (void)log.checkpoint();
    produce(log, rides, 6);
    ids(log);
  }

  void produce(Log& log, std::optional<TopicId> topic, int count) {
    if (!topic) return;
    for (int i = 0; i < count; ++i) {
      ledger.send(log, {*topic, PartitionId(i % 2)}, "value " + std::to_string(next_value_++) + std::string(80, '.'));
    }
  }

  void ids(Log& log) {
    auto id = log.new_producer_id();
    if (!id) return;
    CHECK(id->id > last_id_);
    last_id_ = id->id;
  }

  Ledger ledger;

 private:
  int next_value_ = 0;
  ProducerId last_id_{-1};
};

// Starts, after failed starts if the fault is still to come; then everything must hold, twice, and go on working.
void recover_and_check(Machine& machine, Scenario& scenario) {
  machine.files().restart();
  auto log = machine.open();
  if (!log) {
    machine.files().clear_faults();
    machine.files().restart();
    log = machine.open();
    REQUIRE_MESSAGE(log, log.error().message);
  }
  machine.files().clear_faults();
  scenario.ledger.check_all(**log);
  machine.files().crash(Fault::kKill);
  log->reset();
  machine.files().restart();
  log = machine.open();
  REQUIRE_MESSAGE(log, log.error().message);
  scenario.ledger.check_all(**log);
  scenario.ledger.send_unanswered_again(**log);
  scenario.ids(**log);
  // Acks after a recovery hold through a power loss.
  machine.files().crash(Fault::kPowerLoss);
  log->reset();
  machine.files().restart();
  log = machine.open();
  REQUIRE_MESSAGE(log, log.error().message);
  scenario.ledger.check_all(**log);
  scenario.ids(**log);
}

TEST_CASE("any one fault while producing: what was acked is there exactly once") {
  host::set_log_level(host::Level::kOff);
  host::sweep_faults("log scenario", {.stride = 1}, [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    Machine machine(files);
    Scenario scenario;
    point.arm(files);
    {
      auto log = machine.open();
      if (log) scenario.run(**log);
    }
    recover_and_check(machine, scenario);
  });
  host::set_log_level(host::Level::kInfo);
}

}  // namespace
}  // namespace tarn::log
