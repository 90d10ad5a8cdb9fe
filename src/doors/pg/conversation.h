// One client's conversation: Postgres's message flow ("Message Flow" in its documentation) over an engine::Session.
// Plain blocking code on the connection's own thread; the sockets are server.cc's.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "doors/pg/cancel_keys.h"
#include "engine/session.h"
#include "wire/postgres/frontend.h"

namespace tarn::doors::pg {

inline constexpr std::size_t kFlushBytes = 32u << 10;  // answers are gathered up to about this

// Where bytes to the client go. On the conversation's thread.
class Output {
 public:
  virtual ~Output() = default;
  // Takes all of it; blocks while the client is far behind. False: the client is gone.
  virtual bool write(ByteView bytes) = 0;
  virtual bool behind(std::size_t bytes) const = 0;  // write() of so many may block
};

class Conversation final : private engine::Client {
 public:
  // `cancel_keys` gets an entry while the conversation lives; `output` and the rest are borrowed.
  Conversation(const engine::Platform& platform, CancelKeys& cancel_keys, Output& output);
  ~Conversation() override;

  // All return whether to go on; else whatever is to be said was said, and the connection is to be closed.
  bool start(const wire::postgres::Startup& startup);
  bool handle(const wire::postgres::FrontendMessage& message);
  // The peer broke the protocol: says so, for good.
  void violation(const Error& error);
  // Tarn is going away: says so.
  void say_shutdown();

  // From any thread: stops the running statement, if any, because the client is gone or we are going.
  void stop(engine::Stop reason);

 private:
  // engine::Client
  void columns(std::span<const engine::Column> columns, std::span<const std::int16_t> formats) override;
  bool rows(ByteView messages, bool cut) override;
  bool behind(std::size_t bytes) const override { return output_.behind(out_.size() + bytes); }
  void complete(std::string_view tag) override;
  void empty_query() override;
  void suspended() override;
  void notice(std::string_view severity, std::string_view state, std::string_view message) override;
  void setting(std::string_view name, std::string_view value) override;

  std::optional<engine::SqlError> open_session(const wire::postgres::Startup& startup);
  bool on_query(const wire::postgres::Query& query);
  engine::SqlResult<void> on_parse(const wire::postgres::Parse& parse);
  engine::SqlResult<void> on_bind(const wire::postgres::Bind& bind);
  engine::SqlResult<void> on_describe(const wire::postgres::Describe& describe);
  engine::SqlResult<void> on_execute(const wire::postgres::Execute& execute);
  void on_close(const wire::postgres::Close& close);
  bool on_sync();
  bool extended(engine::SqlResult<void> result);
  bool say_error(const engine::SqlError& error);
  void say_fatal(const engine::SqlError& error);
  bool ready();
  bool flush();

  engine::Platform platform_;
  CancelKeys& cancel_keys_;
  Output& output_;
  Buffer out_;
  CancelKey key_;
  std::mutex session_mutex_;  // guards the pointer against stop() and cancel
  std::unique_ptr<engine::Session> session_;
  std::atomic<engine::Stop> stopped_{engine::Stop::kNone};
  bool skipping_ = false;  // to the next Sync, after an error of the extended protocol
  bool cut_ = false;       // the client has the beginning of a DataRow and not its end
};

// A value's description as RowDescription has it.
wire::postgres::ColumnDescription describe_column(const engine::Column& column, std::int16_t format);

}  // namespace tarn::doors::pg
