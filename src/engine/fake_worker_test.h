// SQL workers for tests: threads of this process that speak the protocol over a real channel and obey words found in
// the statement's text, so that WorkerProcess, Seats and Session run as they are.
//
//   'fds'      a row for each descriptor that came with it
//   'rows=N'   N rows of one text column (1 row without it)        'size=N'  of N bytes each
//   'hang'     answers only Cancel                                 'deaf'    not even that
//   'die'      the worker dies at once                             'die_cut' in the middle of a row
//   'fail'     fails with 22012 at position 8 of the rewritten text
//   'unkept'   its column is an interval                           'twice'  it has two columns of one name
// A Store makes a file of a few bytes and says that it has so many rows.
#pragma once

#include <algorithm>
#include <atomic>
#include <charconv>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/sql_protocol.h"
#include "host/channel.h"
#include "host/process.h"
#include "wire/postgres/values.h"

namespace tarn::engine::testing {

class FakeSqlWorker {
 public:
  using OnStore = std::function<bool(const std::string& path)>;  // false: the disk refuses
  explicit FakeSqlWorker(host::Descriptor socket, OnStore on_store = {})
      : channel_(std::move(socket)), on_store_(std::move(on_store)), thread_([this] { run(); }) {}
  ~FakeSqlWorker() {
    die();
    thread_.join();
  }
  void die() { channel_.shutdown(); }
  bool ended() const { return ended_; }

 private:
  struct Run {
    std::string sql;
    std::uint64_t rows_left = 0;
    std::uint64_t rows_due = 0;  // of this Execute or Fetch
    std::uint64_t sent = 0;      // by this Execute or Fetch
    std::size_t size = 0;
    std::uint64_t window = kWindowBytes.count();
    bool limited = false;
    bool waiting = false;
  };

  static std::uint64_t number(const std::string& sql, std::string_view word, std::uint64_t standard) {
    std::size_t at = sql.find(word);
    if (at == std::string::npos) return standard;
    std::uint64_t value = standard;
    std::from_chars(sql.data() + at + word.size(), sql.data() + sql.size(), value);
    return value;
  }
  static bool says(const std::string& sql, std::string_view word) { return sql.find(word) != std::string::npos; }

  void run() {
    say(Ready{});
    while (auto message = channel_.receive()) {
      auto request = decode_sql_request(message->payload);
      if (!request) break;
      descriptors_ += message->descriptors.size();
      std::visit([this](auto& m) { on(m); }, *request);
    }
    channel_.shutdown();
    ended_ = true;
  }

  void say(const SqlReply& reply) { std::ignore = channel_.send(encode(reply)); }
  Described described(ExecutionId id, const Statement& statement) {
    std::vector<Oid> types = statement.parameter_types;
    std::ranges::replace(types, Oid{0}, wire::postgres::kTextOid);
    return {id, types, {{"word", wire::postgres::kTextOid, -1, -1}}};
  }

  void on(Describe& m) {
    Described told = described(m.id, m.statement);
    if (m.stored) {
      table::Field word{.name = "word", .type = {.kind = table::TypeKind::kString}};
      if (says(m.statement.sql, "unkept")) word.doc = "interval";
      told.fields.assign(says(m.statement.sql, "twice") ? 2 : 1, word);
      told.columns.resize(told.fields.size(), told.columns[0]);
    }
    say(told);
  }
  void on(Attach&) {}
  void on(CatalogImage&) {}
  void on(Store& m) {
    const std::string& sql = m.statement.sql;
    if (says(sql, "die")) return die();
    if (says(sql, "fail")) return say(Failed{m.id, "22012", "division by zero", "", "", 8});
    if (says(sql, "hang")) {
      runs_[m.id] = {.sql = sql, .waiting = true};
      return;
    }
    std::uint64_t rows = number(sql, "rows=", 1);
    if (rows == 0) return say(Stored{m.id, std::nullopt});
    if (!on_store_(m.path)) return say(Failed{m.id, "58030", "the disk is broken", "", "", 0});
    table::DataFile file{
        .file_path = table::to_uri(m.path), .record_count = static_cast<std::int64_t>(rows), .file_size_in_bytes = 4_B};
    say(Stored{m.id, file});
  }
  void on(Credit& m) {
    if (auto found = runs_.find(m.id); found != runs_.end()) found->second.window += m.bytes, pump(m.id, found->second);
  }
  void on(Fetch& m) { go(m.id, runs_.at(m.id), m.max_rows); }
  void on(Close& m) { runs_.erase(m.id); }
  void on(Cancel& m) {
    auto found = runs_.find(m.id);
    if (found == runs_.end() || says(found->second.sql, "deaf")) return;
    runs_.erase(found);
    say(Failed{m.id, "57014", "interrupted", "", "", 0});
  }
  void on(Execute& m) {
    const std::string& sql = m.statement.sql;
    if (says(sql, "die_cut")) say(Rows{m.id, 0, true, as_bytes("D\0\0\0\x20")});
    if (says(sql, "die")) return die();
    if (says(sql, "fail")) return say(Failed{m.id, "22012", "division by zero", "", "", 8});
    say(described(m.id, m.statement));
    Run& run = runs_[m.id];
    run.sql = sql;
    run.waiting = says(sql, "hang") || says(sql, "deaf");
    run.rows_left = says(sql, "fds") ? descriptors_ : number(sql, "rows=", 1);
    run.size = number(sql, "size=", 1);
    go(m.id, run, m.max_rows);
  }

  void go(ExecutionId id, Run& run, std::uint64_t max_rows) {
    run.limited = max_rows > 0;
    run.rows_due = run.limited ? max_rows : ~std::uint64_t{0};
    run.sent = 0;
    pump(id, run);
  }

  void pump(ExecutionId id, Run& run) {
    if (run.waiting) return;
    while (run.rows_left > 0 && run.rows_due > 0) {
      Buffer frame;
      std::uint64_t count = 0;
      for (; run.rows_left > 0 && run.rows_due > 0 && frame.size() < kRowsFrameBytes.count(); ++count) {
        std::size_t row = wire::postgres::begin_row(frame, 1);
        std::size_t at = wire::postgres::begin_value(frame);
        wire::postgres::text_bytes(frame, std::string(run.size, 'x'));
        wire::postgres::end_value(frame, at);
        wire::postgres::end_row(frame, row);
        --run.rows_left;
        --run.rows_due;
      }
      if (frame.size() > run.window) {  // not yet: take it back
        run.rows_left += count;
        run.rows_due += count;
        return;
      }
      run.window -= frame.size();
      run.sent += count;
      say(Rows{id, count, false, frame});
    }
    if (run.limited && run.rows_due == 0) return say(Suspended{id, run.sent});
    say(Completed{id, run.sent});
    runs_.erase(id);
  }

  host::Channel channel_;
  OnStore on_store_;
  std::map<ExecutionId, Run> runs_;
  std::size_t descriptors_ = 0;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

// "Starts" fake workers. Later, kill_all() is kill -9 for those that run.
class FakeProcesses final : public host::Processes {
 public:
  Result<std::unique_ptr<host::Process>> spawn(const host::Command& command) override {
    std::lock_guard lock(mutex_);
    ++started_;
    if (refuse_) return fail(Code::kIo, "no more processes");
    host::Descriptor ours(command.descriptors[0].first);
    auto socket = ours.duplicate();
    ours.release();
    if (!socket) return std::unexpected(socket.error());
    auto worker = std::make_shared<FakeSqlWorker>(std::move(*socket), on_store_);
    workers_.push_back(worker);
    return std::make_unique<FakeProcess>(worker, started_);
  }
  void kill_all() {
    std::lock_guard lock(mutex_);
    for (auto& weak : workers_) {
      if (auto worker = weak.lock()) worker->die();
    }
  }
  int started() const { return started_; }
  void on_store(FakeSqlWorker::OnStore on_store) { on_store_ = std::move(on_store); }
  void refuse(bool refuse) { refuse_ = refuse; }

 private:
  class FakeProcess final : public host::Process {
   public:
    FakeProcess(std::shared_ptr<FakeSqlWorker> worker, int pid) : worker_(std::move(worker)), pid_(pid) {}
    int pid() const override { return pid_; }
    void kill(int) override { worker_->die(); }
    std::optional<host::Exit> wait(std::optional<host::MonotonicTime>) override { return host::Exit{0, 9}; }

   private:
    std::shared_ptr<FakeSqlWorker> worker_;
    int pid_;
  };
  FakeSqlWorker::OnStore on_store_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<FakeSqlWorker>> workers_;
  std::atomic<int> started_{0};
  std::atomic<bool> refuse_{false};
};

}  // namespace tarn::engine::testing
