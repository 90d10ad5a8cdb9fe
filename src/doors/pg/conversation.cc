#include "doors/pg/conversation.h"

#include <fmt/format.h>

#include "doors/pg/startup_options.h"
#include "host/logging.h"
#include "host/metrics.h"
#include "wire/postgres/backend.h"
#include "wire/postgres/parameters.h"

namespace tarn::doors::pg {
namespace {

namespace wire = tarn::wire::postgres;
using engine::SqlError;
using engine::SqlResult;

SqlResult<void> check_utf8(std::string_view text) {
  std::size_t at = wire::find_invalid_utf8(text);
  if (at == std::string_view::npos) return {};
  return engine::fail_sql("22021", fmt::format("invalid byte sequence for encoding \"UTF8\": 0x{:02x}",
                                               static_cast<unsigned char>(text[at])));
}

void count_error(std::string_view sqlstate) {
  static host::Counter cancelled("tarn_doors_pg_errors_total", "Errors told to SQL clients.", {{"kind", "cancelled"}});
  static host::Counter crashed("tarn_doors_pg_errors_total", "Errors told to SQL clients.", {{"kind", "worker_died"}});
  static host::Counter busy("tarn_doors_pg_errors_total", "Errors told to SQL clients.", {{"kind", "no_seat"}});
  static host::Counter other("tarn_doors_pg_errors_total", "Errors told to SQL clients.", {{"kind", "other"}});
  host::Counter& counter = sqlstate == "57014"   ? cancelled
                           : sqlstate == "57P01" ? crashed
                           : sqlstate == "53300" ? busy
                                                 : other;
  counter.add();
}

wire::Report report_of(std::string_view severity, const SqlError& error) {
  return {severity, error.sqlstate, error.message, error.detail, error.hint, error.position};
}

}  // namespace

wire::ColumnDescription describe_column(const engine::Column& column, std::int16_t format) {
  return {column.name, column.type, column.type_size, column.type_modifier, format};
}

Conversation::Conversation(const engine::Platform& platform, CancelKeys& cancel_keys, Output& output)
    : platform_(platform), cancel_keys_(cancel_keys), output_(output) {
  key_ = cancel_keys_.add([this] { stop(engine::Stop::kCancelRequest); });
}

Conversation::~Conversation() { cancel_keys_.remove(key_); }

void Conversation::stop(engine::Stop reason) {
  std::lock_guard lock(session_mutex_);
  if (reason != engine::Stop::kCancelRequest) stopped_ = reason;
  if (session_) session_->stop(reason);
}

// ---- start

bool Conversation::start(const wire::Startup& startup) {
  if (std::optional<SqlError> error = open_session(startup)) {
    say_fatal(*error);
    return false;
  }
  if (startup.minor > 0 || !startup.protocol_options.empty()) {
    wire::put_negotiate_protocol_version(out_, 0, startup.protocol_options);
  }
  wire::put_authentication_ok(out_);
  for (const auto& [name, value] : session_->initial_settings()) wire::put_parameter_status(out_, name, value);
  wire::put_backend_key_data(out_, key_.process_id, key_.secret);
  return ready();
}

std::optional<SqlError> Conversation::open_session(const wire::Startup& startup) {
  engine::SessionOptions options;
  options.process_id = key_.process_id;
  Result<StartupOptions> given = read_startup(startup);
  if (!given) return engine::to_sql_error(given.error());
  if (given->user.empty()) return SqlError{"28000", "no PostgreSQL user name specified in startup packet"};
  if (given->replication) return SqlError{"0A000", "replication connections are not served"};
  options.principal = access::local_admin(given->user);
  options.settings = std::move(given->settings);
  auto allowed = access::authorize(options.principal, access::Action::kDescribe, {access::ResourceKind::kCluster, ""});
  if (!allowed) return engine::to_sql_error(allowed.error());
  options.database = std::move(given->database);
  auto session = engine::Session::open(platform_, options);
  if (!session) return session.error();
  std::lock_guard lock(session_mutex_);
  session_ = std::move(*session);
  if (stopped_ != engine::Stop::kNone) session_->stop(stopped_);
  return std::nullopt;
}

// ---- messages

bool Conversation::handle(const wire::FrontendMessage& message) {
  if (std::holds_alternative<wire::Terminate>(message)) return false;
  if (std::holds_alternative<wire::Sync>(message)) return on_sync();
  if (skipping_) return true;
  return std::visit(
      [this](const auto& m) {
        using M = std::decay_t<decltype(m)>;
        if constexpr (std::is_same_v<M, wire::Query>)
          return on_query(m);
        else if constexpr (std::is_same_v<M, wire::Parse>)
          return extended(on_parse(m));
        else if constexpr (std::is_same_v<M, wire::Bind>)
          return extended(on_bind(m));
        else if constexpr (std::is_same_v<M, wire::Describe>)
          return extended(on_describe(m));
        else if constexpr (std::is_same_v<M, wire::Execute>)
          return extended(on_execute(m));
        else if constexpr (std::is_same_v<M, wire::Close>)
          return on_close(m), true;
        else if constexpr (std::is_same_v<M, wire::Flush>)
          return flush();
        else if constexpr (std::is_same_v<M, wire::FunctionCall>) {
          return say_error({"0A000", "function calls by message are not served"}) && ready();
        } else if constexpr (std::is_same_v<M, wire::Password>) {
          violation({Code::kInvalidArgument, "a password that was not asked for"});
          return false;
        } else {
          return true;
        }
      },
      message);
}

bool Conversation::on_query(const wire::Query& query) {
  SqlResult<void> result = check_utf8(query.text);
  if (result) result = session_->query(query.text, *this);
  if (!result && !say_error(result.error())) return false;
  return ready();
}

SqlResult<void> Conversation::on_parse(const wire::Parse& parse) {
  TARN_TRY(check_utf8(parse.text));
  TARN_TRY(check_utf8(parse.statement));
  TARN_TRY(session_->parse(parse.statement, parse.text, parse.parameter_types));
  wire::put_parse_complete(out_);
  return {};
}

SqlResult<void> Conversation::on_bind(const wire::Bind& bind) {
  TARN_TRY(check_utf8(bind.portal));
  std::vector<engine::Parameter> parameters;
  parameters.reserve(bind.parameters.size());
  for (std::size_t i = 0; i < bind.parameters.size(); ++i) {
    const std::optional<ByteView>& value = bind.parameters[i];
    parameters.push_back({!value, bind.binary(i), std::string(value ? as_text(*value) : std::string_view())});
  }
  TARN_TRY(session_->bind(bind.portal, bind.statement, std::move(parameters), bind.result_formats));
  wire::put_bind_complete(out_);
  return {};
}

SqlResult<void> Conversation::on_describe(const wire::Describe& describe) {
  std::optional<std::vector<engine::Column>> described;
  std::vector<std::int16_t> formats;
  if (describe.portal) {
    TARN_ASSIGN(engine::PortalDescription portal, session_->describe_portal(describe.name));
    described = std::move(portal.columns);
    formats = std::move(portal.formats);
  } else {
    TARN_ASSIGN(engine::StatementDescription statement, session_->describe_statement(describe.name));
    wire::put_parameter_description(out_, statement.parameter_types);
    described = std::move(statement.columns);
  }
  if (described) {
    columns(*described, formats);
  } else {
    wire::put_no_data(out_);
  }
  return {};
}

SqlResult<void> Conversation::on_execute(const wire::Execute& execute) {
  std::uint64_t max_rows = execute.max_rows > 0 ? static_cast<std::uint64_t>(execute.max_rows) : 0;
  return session_->execute(execute.portal, max_rows, *this);
}

void Conversation::on_close(const wire::Close& close) {
  close.portal ? session_->close_portal(close.name) : session_->close_statement(close.name);
  wire::put_close_complete(out_);
}

bool Conversation::on_sync() {
  skipping_ = false;
  session_->sync();
  return ready();
}

bool Conversation::extended(SqlResult<void> result) {
  if (!result) {
    skipping_ = true;
    return say_error(result.error());
  }
  return out_.size() < kFlushBytes || flush();
}

// ---- what is said

// False: the connection is to be closed.
bool Conversation::say_error(const SqlError& error) {
  count_error(error.sqlstate);
  if (cut_) {
    host::log_warn("doors/pg", "closed_inside_a_row", {{"process_id", key_.process_id}, {"why", error.message}});
    return false;  // whatever came now would be read as the rest of the row
  }
  if (stopped_ == engine::Stop::kDisconnect) return false;
  if (stopped_ == engine::Stop::kShutdown) {
    say_shutdown();
    return false;
  }
  wire::put_error(out_, report_of("ERROR", error));
  return true;
}

void Conversation::say_fatal(const SqlError& error) {
  if (cut_) return;
  wire::put_error(out_, report_of("FATAL", error));
  flush();
}

void Conversation::violation(const Error& error) { say_fatal({"08P01", error.message}); }

void Conversation::say_shutdown() { say_fatal(engine::stop_error(engine::Stop::kShutdown)); }

bool Conversation::ready() {
  wire::put_ready_for_query(out_, session_->status());
  return flush();
}

bool Conversation::flush() {
  if (out_.empty()) return true;
  bool taken = output_.write(out_);
  out_.clear();
  return taken;
}

void Conversation::columns(std::span<const engine::Column> columns, std::span<const std::int16_t> formats) {
  std::vector<wire::ColumnDescription> descriptions;
  descriptions.reserve(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    descriptions.push_back(describe_column(columns[i], wire::format_of(formats, i)));
  }
  wire::put_row_description(out_, descriptions);
}

bool Conversation::rows(ByteView messages, bool cut) {
  cut_ = cut;
  if (out_.size() + messages.size() < kFlushBytes) {
    out_.insert(out_.end(), messages.begin(), messages.end());
    return true;
  }
  return flush() && output_.write(messages);
}

void Conversation::complete(std::string_view tag) { wire::put_command_complete(out_, tag); }
void Conversation::empty_query() { wire::put_empty_query_response(out_); }
void Conversation::suspended() { wire::put_portal_suspended(out_); }
void Conversation::notice(std::string_view severity, std::string_view state, std::string_view message) {
  wire::put_notice(out_, {severity, state, message});
}
void Conversation::setting(std::string_view name, std::string_view value) {
  wire::put_parameter_status(out_, name, value);
}

}  // namespace tarn::doors::pg
