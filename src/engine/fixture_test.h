// A platform in a test: a catalog on files in memory, a tail, fake SQL workers, and a client that remembers.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/fake_worker_test.h"
#include "engine/seats.h"
#include "engine/session.h"
#include "host/faulty_files.h"

namespace tarn::engine::testing {

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) FAIL(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class FakeFreshness final : public Freshness {
 public:
  Waited wait_decoded(const std::vector<TableUuid>&, host::MonotonicTime) override {
    ++calls;
    act();
    return answer;
  }
  bool wait_bound(const std::vector<catalog::TableName>&, host::MonotonicTime) override { return act(); }
  bool act() {
    auto others = std::exchange(meanwhile, nullptr);
    if (others) others();
    return others != nullptr;
  }
  std::function<void()> meanwhile;  // what others do during the next wait
  Waited answer;
  int calls = 0;
};

class Fixture {
 public:
  explicit Fixture(SeatOptions options = {}, host::FaultyFiles* disk = nullptr) {
    if (disk == nullptr) own_files = std::make_unique<host::FaultyFiles>(1);
    files = disk == nullptr ? own_files.get() : disk;
    catalog = must(catalog::Catalog::open(host(), "/data"));
    if (catalog->state()->namespaces().empty()) must(catalog->create_namespace("public"));
    if (!catalog->state()->find(catalog::TableName{"public", "rides"}))
      must(catalog->create_table({"public", "rides"},
                                 {{.name = "id", .type = {.kind = table::TypeKind::kLong}},
                                  {.name = "city", .type = {.kind = table::TypeKind::kString}}},
                                 {}));
    processes.on_store([this](const std::string& path) {
      auto file = files->open(path, host::OpenMode::kCreateNew);
      return file && (*file)->write_at(as_bytes("PAR1"), Bytes()) && (*file)->sync();
    });
    seats = Seats::make(
        *clock,
        [this](auto on_message, auto on_exit) {
          std::string temp = "/data/tmp/sql-" + std::to_string(processes.started());
          WorkerOptions worker{.kind = "sql", .data = "/data", .temp = std::move(temp)};
          return WorkerProcess::start(host(), worker, std::move(on_message), std::move(on_exit));
        },
        options);
  }

  host::Host host() { return {*files, *clock, *random, &processes}; }
  Platform platform() { return {host(), *catalog, *tail, &freshness, *seats}; }
  std::unique_ptr<Session> session(SessionOptions options) {
    options.principal = access::local_admin("ann");
    options.process_id = 7;
    return must(Session::open(platform(), options));
  }
  std::unique_ptr<Session> session(const std::string& database = "tarn") {
    return session(SessionOptions{.database = database});
  }

  std::unique_ptr<host::FaultyFiles> own_files;
  host::FaultyFiles* files = nullptr;
  std::unique_ptr<host::Clock> clock = host::real_clock();
  std::unique_ptr<host::Random> random = host::seeded_random(++instances);  // a restart gives new ids
  inline static std::uint64_t instances = 0;
  FakeProcesses processes;
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<tail::Tail> tail = tail::Tail::make();
  FakeFreshness freshness;
  std::unique_ptr<Seats> seats;
};

// What a client was told, as words: "T(word)" columns, "D2" rows, "C(SELECT 2)" ...
class Recorder final : public Client {
 public:
  void columns(std::span<const Column> columns, std::span<const std::int16_t>) override {
    std::string names;
    for (const Column& column : columns) names += (names.empty() ? "" : ",") + column.name;
    say("T(" + names + ")");
  }
  bool rows(ByteView messages, bool cut) override {
    for (std::size_t at = 0; at < messages.size();) {
      constexpr std::size_t kHeaderBytes = 5;  // type and length: a cut may be inside it
      std::size_t left = messages.size() - at;
      std::size_t size = left < kHeaderBytes ? left : load_be<std::uint32_t>(messages.data() + at + 1);
      last_row = as_text(messages.subspan(at, std::min(size + 1, left)));
      at += size + 1;
      ++row_count;
    }
    if (cut) say("cut");
    return !gone;
  }
  void complete(std::string_view tag) override { say("C(" + std::string(tag) + ")"); }
  void empty_query() override { say("I"); }
  void suspended() override { say("s"); }
  void notice(std::string_view severity, std::string_view state, std::string_view) override {
    say(std::string(severity) + "(" + std::string(state) + ")");
  }
  void setting(std::string_view name, std::string_view value) override {
    say("S(" + std::string(name) + "=" + std::string(value) + ")");
  }
  // What was said since the last call.
  std::string take() {
    flush_rows();
    return std::exchange(words_, "");
  }

  std::string last_row;
  std::uint64_t row_count = 0;
  bool gone = false;

 private:
  void flush_rows() {
    if (row_count > 0) words_ += (words_.empty() ? "" : " ") + ("D" + std::to_string(row_count));
    row_count = 0;
  }
  void say(const std::string& word) {
    flush_rows();
    words_ += (words_.empty() ? "" : " ") + word;
  }
  std::string words_;
};

// One session and what its client was told.
struct Talk {
  explicit Talk(Fixture& fixture, const std::string& database = "tarn")
      : Talk(fixture, SessionOptions{.database = database}) {}
  Talk(Fixture& fixture, const SessionOptions& options) : session(fixture.session(options)) {
    std::ignore = session->initial_settings();
  }

  // What the client is told; the SQLSTATE at the end if it fails.
  std::string query(std::string_view text) { return told(session->query(text, client)); }
  std::string execute(std::string_view portal, std::uint64_t max_rows) {
    return told(session->execute(portal, max_rows, client));
  }
  std::string told(SqlResult<void> result) {
    std::string words = client.take();
    if (!result) words += (words.empty() ? "" : " ") + result.error().sqlstate;
    if (!result) last_error = result.error();
    return words;
  }
  std::string state(SqlResult<void> result) { return result ? "ok" : result.error().sqlstate; }

  std::unique_ptr<Session> session;
  Recorder client;
  SqlError last_error;
};

}  // namespace tarn::engine::testing
