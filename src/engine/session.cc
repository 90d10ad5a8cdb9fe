#include "engine/session.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "engine/session_state.h"

namespace tarn::engine {
namespace {

// Time zones by tzdata's names; where a machine has none, any well-formed name is left to the worker.
bool known_time_zone(host::Files& files, std::string_view zone) {
  constexpr std::string_view kFolder = "/usr/share/zoneinfo";
  if (zone.empty() || zone.size() > 64 || zone.front() == '/' || zone.find("..") != zone.npos) return false;
  for (char c : zone) {
    bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
                c == '-' || c == '+';
    if (!fine) return false;
  }
  if (!files.exists(std::string(kFolder)).value_or(false)) return true;
  return files.exists(host::join(kFolder, zone)).value_or(false);
}

bool ends_transaction(const sql::Parsed& statement) {
  using Action = sql::Transaction::Action;
  if (statement.kind != sql::Kind::kTransaction) return false;
  Action action = statement.transaction.action;
  return action == Action::kCommit || action == Action::kRollback || action == Action::kRollbackTo;
}

// "tarn", "tarn@branch", "tarn@branch@version", of a branch that there is.
SqlResult<catalog::Ref> find_ref(catalog::Catalog& catalog, std::string_view database) {
  std::string_view name = database.substr(0, database.find('@'));
  std::string hint =
      fmt::format("Connect to database \"{}\", or \"{}@BRANCH\" for a branch.", sql::kDatabase, sql::kDatabase);
  if (name != sql::kDatabase)
    return fail_sql("3D000", fmt::format("database \"{}\" does not exist", database), std::move(hint));
  if (name == database) return catalog::Ref{};
  Result<catalog::Ref> ref = catalog::parse_ref(database.substr(name.size() + 1));
  if (ref) {
    auto state = catalog.state(*ref);
    if (state) return std::move(*ref);
    if (state.error().code != Code::kNotFound) return std::unexpected(to_sql_error(state.error()));
    ref = std::unexpected(state.error());
  }
  return fail_sql("3D000", fmt::format("database \"{}\" does not exist: {}", database, ref.error().message),
                  std::move(hint));
}

}  // namespace

Session::Session(const Platform& platform, const SessionOptions& options, catalog::Ref ref)
    : platform_(platform),
      principal_(options.principal),
      database_(options.database),
      ref_(std::move(ref)),
      process_id_(options.process_id),
      read_only_(options.read_only),
      of_run_(options.of_run),
      settings_([files = &platform.host.files](std::string_view zone) { return known_time_zone(*files, zone); }) {}

Session::~Session() = default;

SqlResult<std::unique_ptr<Session>> Session::open(const Platform& platform, const SessionOptions& options) {
  TARN_ASSIGN(catalog::Ref ref, find_ref(platform.catalog, options.database));
  std::unique_ptr<Session> session(new Session(platform, options, std::move(ref)));
  session->settings_.set_fact("session_authorization", options.principal.name);
  session->settings_.set_fact("is_superuser", options.principal.local_admin ? "on" : "off");
  for (const auto& [name, value] : options.settings) TARN_TRY(session->settings_.set_default(name, value));
  return session;
}

std::vector<std::pair<std::string, std::string>> Session::initial_settings() { return settings_.take_reports(); }

wire::postgres::TransactionStatus Session::status() const {
  using enum wire::postgres::TransactionStatus;
  return failed_ ? kFailed : in_transaction_ ? kInTransaction : kIdle;
}

void Session::stop(Stop reason) {
  interrupt_.raise(reason);
  {
    std::lock_guard lock(running_mutex_);
    if (running_ != nullptr) running_->cancel();
  }
  platform_.seats.wake();
}

void Session::begin_call() {
  interrupt_.clear();
  std::chrono::milliseconds timeout = settings_.statement_timeout();
  deadline_.reset();
  if (timeout.count() > 0) deadline_ = platform_.host.clock.now() + timeout;
}

SqlError Session::failed(SqlError error) {
  if (!in_transaction_) return error;
  failed_ = true;
  std::erase_if(portals_, [](const auto& entry) { return !entry.second->hold; });
  transaction_pin_.reset();
  return error;
}

SqlResult<void> Session::check_not_failed(const sql::Parsed& statement) const {
  if (!failed_ || ends_transaction(statement)) return {};
  return fail_sql("25P02", "current transaction is aborted, commands ignored until end of transaction block");
}

// ---- Query

SqlResult<void> Session::query(std::string_view text, Client& client) {
  close_statement("");
  close_portal("");
  begin_call();
  SqlResult<void> result = settle(query_checked(text, client));
  if (!in_transaction_) sync();
  return result;
}

SqlResult<void> Session::query_checked(std::string_view text, Client& client) {
  TARN_ASSIGN(std::vector<sql::Parsed> statements, sql::parse(text));
  if (statements.empty()) client.empty_query();
  for (sql::Parsed& statement : statements) {
    begin_call();
    TARN_TRY(check_not_failed(statement));
    Portal portal;
    portal.prepared = std::make_shared<Prepared>();
    portal.prepared->statement = std::make_shared<const sql::Parsed>(std::move(statement));
    TARN_TRY(run(portal, 0, true, client));
  }
  return {};
}

SqlResult<void> Session::run(Portal& portal, std::uint64_t max_rows, bool describe, Client& client) {
  const sql::Parsed& statement = *portal.prepared->statement;
  if (statement.kind == sql::Kind::kExecute) return run_execute(statement, describe, portal.formats, max_rows, client);
  if (writes(statement.kind)) return run_write(portal, client);
  if (!returns_rows(statement.kind)) return run_command(statement, describe, portal.formats, client);
  Relay relay{max_rows, describe, statement.tag, client};
  return this->relay(portal, relay);
}

// ---- the extended protocol

SqlResult<void> Session::parse(std::string_view name, std::string_view text, std::vector<Oid> parameter_types) {
  begin_call();
  return settle(parse_checked(name, text, std::move(parameter_types)));
}

SqlResult<void> Session::parse_checked(std::string_view name, std::string_view text, std::vector<Oid> parameter_types) {
  if (name.empty()) close_statement("");
  TARN_ASSIGN(std::vector<sql::Parsed> statements, sql::parse(text));
  if (statements.size() > 1) return fail_sql("42601", "cannot insert multiple commands into a prepared statement");
  auto prepared = std::make_shared<Prepared>();
  prepared->bytes = text.size();
  prepared->parameter_types = std::move(parameter_types);
  if (!statements.empty()) {
    TARN_TRY(check_not_failed(statements[0]));
    prepared->statement = std::make_shared<const sql::Parsed>(std::move(statements[0]));
    if (returns_rows(prepared->statement->kind)) TARN_TRY(plan(*prepared));
  }
  return store(name, std::move(prepared));
}

SqlResult<void> Session::store(std::string_view name, std::shared_ptr<Prepared> prepared) {
  if (prepared_.contains(name)) return fail_sql("42P05", fmt::format("prepared statement \"{}\" already exists", name));
  if (prepared_.size() >= kPreparedMax || prepared_bytes_ + prepared->bytes > kPreparedBytesMax) {
    return fail_sql("54000",
                    fmt::format("a session keeps at most {} prepared statements of {} bytes together", kPreparedMax,
                                kPreparedBytesMax),
                    "Close or deallocate some.");
  }
  prepared_bytes_ += prepared->bytes;
  prepared_.emplace(name, std::move(prepared));
  return {};
}

SqlResult<std::shared_ptr<Session::Prepared>> Session::find_prepared(std::string_view name) const {
  auto found = prepared_.find(name);
  if (found != prepared_.end()) return found->second;
  return fail_sql("26000", name.empty() ? "unnamed prepared statement does not exist"
                                        : fmt::format("prepared statement \"{}\" does not exist", name));
}

SqlResult<void> Session::bind(std::string_view portal, std::string_view statement, std::vector<Parameter> parameters,
                              std::vector<std::int16_t> result_formats) {
  begin_call();
  return settle(bind_checked(portal, statement, std::move(parameters), std::move(result_formats)));
}

SqlResult<void> Session::bind_checked(std::string_view name, std::string_view statement,
                                      std::vector<Parameter> parameters, std::vector<std::int16_t> result_formats) {
  TARN_ASSIGN(std::shared_ptr<Prepared> prepared, find_prepared(statement));
  std::size_t expected = 0;
  if (prepared->statement) {
    TARN_TRY(check_not_failed(*prepared->statement));
    expected = static_cast<std::size_t>(prepared->statement->parameters);
  }
  expected = std::max(expected, prepared->parameter_types.size());
  if (parameters.size() != expected) {
    return fail_sql("08P01",
                    fmt::format("bind message supplies {} parameters, but prepared statement \"{}\" requires {}",
                                parameters.size(), statement, expected));
  }
  auto portal = std::make_unique<Portal>();
  portal->prepared = std::move(prepared);
  for (const Parameter& parameter : parameters) portal->bytes += parameter.value.size();
  portal->parameters = std::move(parameters);
  portal->formats = std::move(result_formats);
  if (name.empty()) portals_.erase("");
  TARN_TRY(store_portal(name, std::move(portal)));
  return {};
}

SqlResult<Session::Portal*> Session::store_portal(std::string_view name, std::unique_ptr<Portal> portal) {
  if (portals_.contains(name)) return fail_sql("42P03", fmt::format("cursor \"{}\" already exists", name));
  std::size_t bytes = portal->bytes;
  for (const auto& [other, open] : portals_) bytes += open->bytes;
  if (portals_.size() >= kPortalsMax || bytes > kPortalBytesMax) {
    return fail_sql(
        "54000",
        fmt::format("a session has at most {} open portals with {} bytes of parameters", kPortalsMax, kPortalBytesMax),
        "Close some.");
  }
  return portals_.emplace(name, std::move(portal)).first->second.get();
}

SqlResult<Session::Portal*> Session::find_portal(std::string_view name) {
  auto found = portals_.find(name);
  if (found != portals_.end()) return found->second.get();
  return fail_sql("34000", fmt::format("portal \"{}\" does not exist", name));
}

SqlResult<StatementDescription> Session::describe_statement(std::string_view name) {
  begin_call();
  auto describe = [&]() -> SqlResult<StatementDescription> {
    TARN_ASSIGN(std::shared_ptr<Prepared> prepared, find_prepared(name));
    StatementDescription description{prepared->parameter_types, std::nullopt};
    if (!prepared->statement) return description;
    TARN_TRY(check_not_failed(*prepared->statement));
    if (returns_rows(prepared->statement->kind)) {
      TARN_ASSIGN(const Described* described, this->described(*prepared));
      description.parameter_types = described->parameter_types;
    } else if (writes(prepared->statement->kind) && prepared->statement->parameters > 0) {
      TARN_ASSIGN(description.parameter_types, write_parameters(*prepared));
    }
    TARN_ASSIGN(description.columns, columns_of(*prepared));
    return description;
  };
  return settle(describe());
}

SqlResult<PortalDescription> Session::describe_portal(std::string_view name) {
  begin_call();
  auto describe = [&]() -> SqlResult<PortalDescription> {
    TARN_ASSIGN(Portal * portal, find_portal(name));
    if (!portal->prepared->statement) return PortalDescription{};
    TARN_TRY(check_not_failed(*portal->prepared->statement));
    TARN_ASSIGN(std::optional<std::vector<Column>> columns, columns_of(*portal->prepared));
    if (columns && portal->formats.size() > 1 && portal->formats.size() != columns->size()) {
      return fail_sql("08P01", fmt::format("bind message has {} result formats but query has {} columns",
                                           portal->formats.size(), columns->size()));
    }
    portal->told = columns;
    return PortalDescription{std::move(columns), portal->formats};
  };
  return settle(describe());
}

SqlResult<void> Session::execute(std::string_view name, std::uint64_t max_rows, Client& client) {
  begin_call();
  auto run_portal = [&]() -> SqlResult<void> {
    TARN_ASSIGN(Portal * portal, find_portal(name));
    if (!portal->prepared->statement) {
      client.empty_query();
      return {};
    }
    TARN_TRY(check_not_failed(*portal->prepared->statement));
    return run(*portal, max_rows, false, client);
  };
  return settle(run_portal());
}

void Session::close_statement(std::string_view name) {
  auto found = prepared_.find(name);
  if (found == prepared_.end()) return;
  prepared_bytes_ -= found->second->bytes;
  prepared_.erase(found);
}

void Session::close_portal(std::string_view name) {
  auto found = portals_.find(name);
  if (found != portals_.end()) portals_.erase(found);
}

void Session::sync() {
  if (in_transaction_) return;
  std::erase_if(portals_, [](const auto& entry) { return !entry.second->hold; });
}

}  // namespace tarn::engine
