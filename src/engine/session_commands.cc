// What main answers by itself: settings, transactions, prepared statements and cursors by SQL.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "engine/session_state.h"
#include "sql/types.h"
#include "wire/postgres/values.h"

namespace tarn::engine {
namespace {

namespace pg = wire::postgres;
using Action = sql::Transaction::Action;

void warn(Client& client, std::string_view state, std::string_view message) {
  client.notice("WARNING", state, message);
}

std::vector<Column> text_columns(const std::vector<std::string>& names) {
  std::vector<Column> columns;
  for (const std::string& name : names) columns.push_back({name, pg::kTextOid, -1, -1});
  return columns;
}

// Text has the same bytes in both formats.
void add_row(Buffer& out, const std::vector<std::string_view>& values) {
  std::size_t row = pg::begin_row(out, static_cast<std::int16_t>(values.size()));
  for (std::string_view value : values) {
    std::size_t at = pg::begin_value(out);
    pg::text_bytes(out, value);
    pg::end_value(out, at);
  }
  pg::end_row(out, row);
}

// `SET x = a, b`: as one text. Names that are lists keep their quotes, so that SHOW prints what can be set again.
std::string joined(const sql::SetVariable& set) {
  std::string text;
  for (const std::string& value : set.values) {
    if (!text.empty()) text += ", ";
    bool quoted = set.name == "search_path" && !std::ranges::all_of(value, [](char c) {
                    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                  });
    text += quoted ? '"' + value + '"' : value;
  }
  return text;
}

// transaction_isolation and its like show the next transaction's mode outside of one.
std::string shown_name(const std::string& name, bool in_transaction) {
  bool mode = name == "transaction_isolation" || name == "transaction_read_only" || name == "transaction_deferrable";
  return mode && !in_transaction ? "default_" + name : name;
}

}  // namespace

SqlResult<void> Session::run_command(const sql::Parsed& statement, bool describe,
                                     const std::vector<std::int16_t>& formats, Client& client) {
  TARN_TRY(
      as_sql(access::authorize(principal_, access::Action::kRead, {access::ResourceKind::kStatement, statement.tag})));
  switch (statement.kind) {
    case sql::Kind::kShow: return run_show(statement, describe, formats, client);
    case sql::Kind::kFetch: return run_fetch(statement, describe, formats, client);
    case sql::Kind::kTransaction: return run_transaction(statement, client);
    case sql::Kind::kUnsupported: return std::unexpected(statement.problem);
    case sql::Kind::kListen: break;
    case sql::Kind::kSet:
    case sql::Kind::kReset: TARN_TRY(run_set(statement, client)); break;
    case sql::Kind::kDiscard: TARN_TRY(run_discard(statement)); break;
    case sql::Kind::kPrepare: TARN_TRY(run_prepare(statement)); break;
    case sql::Kind::kDeclare: TARN_TRY(run_declare(statement)); break;
    case sql::Kind::kDeallocate:
      if (!statement.name.empty()) {
        TARN_TRY(find_prepared(statement.name));
        close_statement(statement.name);
      } else {
        prepared_.clear();
        prepared_bytes_ = 0;
      }
      break;
    case sql::Kind::kClose:
      if (!statement.name.empty()) {
        if (!portals_.contains(statement.name)) {
          return fail_sql("34000", fmt::format("cursor \"{}\" does not exist", statement.name));
        }
        close_portal(statement.name);
      } else {
        std::erase_if(portals_, [](const auto& entry) { return entry.second->cursor; });
      }
      break;
    case sql::Kind::kSelect:
    case sql::Kind::kExplain:
    case sql::Kind::kCreateTable:
    case sql::Kind::kCreateView:
    case sql::Kind::kInsert:
    case sql::Kind::kDrop:
    case sql::Kind::kExecute: return fail_sql("XX000", "a statement for a worker came to main");
  }
  report_settings(client);
  client.complete(statement.tag);
  return {};
}

void Session::report_settings(Client& client) {
  for (const auto& [name, value] : settings_.take_reports()) client.setting(name, value);
}

// ---- settings

SqlResult<void> Session::run_set(const sql::Parsed& statement, Client& client) {
  const sql::SetVariable& set = statement.set;
  if (statement.kind == sql::Kind::kReset && set.name == "all") {
    settings_.reset_all();
    return {};
  }
  if (set.local && !in_transaction_) {
    warn(client, "25P01", "SET LOCAL can only be used in transaction blocks");
    return {};
  }
  std::string text = joined(set);
  std::optional<std::string_view> value;
  if (!set.to_default) value = text;
  return set.local ? settings_.set_local(set.name, value) : settings_.set(set.name, value);
}

std::vector<Column> Session::show_columns(const sql::Parsed& statement) const {
  if (statement.name == "all") return text_columns({"name", "setting", "description"});
  return text_columns({settings_.spelling(statement.name)});
}

SqlResult<void> Session::run_show(const sql::Parsed& statement, bool describe, const std::vector<std::int16_t>& formats,
                                  Client& client) {
  Buffer rows;
  if (statement.name == "all") {
    for (const SettingRow& row : settings_.all()) add_row(rows, {row.name, row.value, row.description});
  } else {
    TARN_ASSIGN(std::string value, settings_.show(shown_name(statement.name, in_transaction_)));
    add_row(rows, {value});
  }
  if (describe) client.columns(show_columns(statement), formats);
  if (!client.rows(rows, false)) return std::unexpected(stop_error(Stop::kDisconnect));
  client.complete("SHOW");
  return {};
}

SqlResult<void> Session::run_discard(const sql::Parsed& statement) {
  if (statement.name != "all") return {};
  if (in_transaction_) return fail_sql("25001", "DISCARD ALL cannot run inside a transaction block");
  portals_.clear();
  prepared_.clear();
  prepared_bytes_ = 0;
  settings_.reset_all();
  return {};
}

// ---- transactions

void Session::begin_transaction(const sql::Transaction& modes) {
  in_transaction_ = true;
  settings_.begin();
  auto mode = [&](std::string_view name, const std::optional<std::string>& given) {
    std::string standard = settings_.find("default_" + std::string(name)).value_or("");
    std::ignore = settings_.set_local(name, given.value_or(standard));
  };
  mode("transaction_isolation", modes.isolation);
  auto on_off = [](std::optional<bool> flag) {
    return flag ? std::optional<std::string>(*flag ? "on" : "off") : std::nullopt;
  };
  mode("transaction_read_only", on_off(modes.read_only));
  mode("transaction_deferrable", on_off(modes.deferrable));
}

void Session::end_transaction(bool commit) {
  commit ? settings_.commit() : settings_.roll_back();
  std::erase_if(portals_, [&](const auto& entry) { return !entry.second->hold; });
  in_transaction_ = false;
  failed_ = false;
  transaction_pin_.reset();
  savepoints_.clear();
}

SqlResult<void> Session::run_transaction(const sql::Parsed& statement, Client& client) {
  const sql::Transaction& transaction = statement.transaction;
  std::string_view tag = statement.tag;
  switch (transaction.action) {
    case Action::kBegin:
      if (in_transaction_) {
        warn(client, "25001", "there is already a transaction in progress");
      } else {
        begin_transaction(transaction);
      }
      break;
    case Action::kCommit:
    case Action::kRollback: {
      bool commit = transaction.action == Action::kCommit && !failed_;
      if (!in_transaction_ && transaction.chain) {
        return fail_sql("25P01", fmt::format("{} AND CHAIN can only be used in transaction blocks", tag));
      }
      if (!in_transaction_) warn(client, "25P01", "there is no transaction in progress");
      tag = failed_ ? "ROLLBACK" : tag;
      if (in_transaction_) end_transaction(commit);
      if (transaction.chain) begin_transaction(transaction);
      break;
    }
    case Action::kSavepoint:
    case Action::kRelease:
    case Action::kRollbackTo: TARN_TRY(run_savepoint(statement)); break;
    case Action::kSetTransaction:
    case Action::kSetSession: TARN_TRY(set_transaction(statement, client)); break;
  }
  report_settings(client);
  client.complete(tag);
  return {};
}

// Statements only read, so a savepoint has nothing to undo but a failure.
SqlResult<void> Session::run_savepoint(const sql::Parsed& statement) {
  const sql::Transaction& transaction = statement.transaction;
  if (!in_transaction_)
    return fail_sql("25P01", fmt::format("{} can only be used in transaction blocks", statement.tag));
  if (transaction.action == Action::kSavepoint) {
    if (savepoints_.size() >= kSavepointsMax) {
      return fail_sql("54000", fmt::format("a transaction has at most {} savepoints", kSavepointsMax));
    }
    savepoints_.push_back(transaction.savepoint);
    return {};
  }
  auto found = std::ranges::find(savepoints_.rbegin(), savepoints_.rend(), transaction.savepoint);
  if (found == savepoints_.rend()) {
    return fail_sql("3B001", fmt::format("savepoint \"{}\" does not exist", transaction.savepoint));
  }
  bool keep = transaction.action == Action::kRollbackTo;
  savepoints_.erase(found.base() - (keep ? 0 : 1), savepoints_.end());
  if (keep) failed_ = false;
  return {};
}

SqlResult<void> Session::set_transaction(const sql::Parsed& statement, Client& client) {
  const sql::Transaction& modes = statement.transaction;
  bool session = modes.action == Action::kSetSession;
  if (!session && !in_transaction_) {
    warn(client, "25P01", "SET TRANSACTION can only be used in transaction blocks");
    return {};
  }
  auto set = [&](std::string_view name, std::string_view value) -> SqlResult<void> {
    if (session) return settings_.set("default_" + std::string(name), value);
    return settings_.set_local(name, value);
  };
  if (modes.isolation) TARN_TRY(set("transaction_isolation", *modes.isolation));
  if (modes.read_only) TARN_TRY(set("transaction_read_only", *modes.read_only ? "on" : "off"));
  if (modes.deferrable) TARN_TRY(set("transaction_deferrable", *modes.deferrable ? "on" : "off"));
  return {};
}

// ---- prepared statements and cursors by SQL

SqlResult<void> Session::run_prepare(const sql::Parsed& statement) {
  auto prepared = std::make_shared<Prepared>();
  prepared->statement = statement.inner;
  prepared->bytes = statement.text.size();
  for (const std::string& name : statement.parameter_type_names) {
    const sql::TypeFacts* type = sql::find_type(name);
    if (type == nullptr) return fail_sql("42704", fmt::format("type \"{}\" does not exist", name));
    prepared->parameter_types.push_back(type->oid);
  }
  if (statement.inner->kind == sql::Kind::kUnsupported) return std::unexpected(statement.inner->problem);
  if (returns_rows(statement.inner->kind)) TARN_TRY(plan(*prepared));
  return store(statement.name, std::move(prepared));
}

SqlResult<void> Session::run_execute(const sql::Parsed& statement, bool describe,
                                     const std::vector<std::int16_t>& formats, std::uint64_t max_rows, Client& client) {
  TARN_ASSIGN(std::shared_ptr<Prepared> prepared, find_prepared(statement.name));
  if (!prepared->statement) {
    client.empty_query();
    return {};
  }
  if (prepared->statement->kind == sql::Kind::kExecute) return fail_sql("0A000", "EXECUTE of EXECUTE is not supported");
  std::size_t expected =
      std::max(static_cast<std::size_t>(prepared->statement->parameters), prepared->parameter_types.size());
  if (statement.arguments.size() != expected) {
    return fail_sql("42601", fmt::format("wrong number of parameters for prepared statement \"{}\"", statement.name));
  }
  Portal portal;
  portal.prepared = std::move(prepared);
  portal.formats = formats;
  for (const auto& argument : statement.arguments)
    portal.parameters.push_back({!argument, false, argument.value_or("")});
  if (max_rows > 0) max_rows = 0;  // its portal would have to outlive this call; all rows at once are right too
  return run(portal, max_rows, describe, client);
}

SqlResult<void> Session::run_declare(const sql::Parsed& statement) {
  if (!in_transaction_ && !statement.cursor.hold) {
    return fail_sql("25P01", "DECLARE CURSOR can only be used in transaction blocks");
  }
  if (statement.cursor.scroll) return fail_sql("0A000", "SCROLL cursors are not supported; cursors go forward only");
  if (statement.inner->kind == sql::Kind::kUnsupported) return std::unexpected(statement.inner->problem);
  auto portal = std::make_unique<Portal>();
  portal->prepared = std::make_shared<Prepared>();
  portal->prepared->statement = statement.inner;
  portal->cursor = true;
  portal->hold = statement.cursor.hold;
  if (statement.cursor.binary) portal->formats = {1};
  TARN_TRY(plan(*portal->prepared));
  TARN_TRY(store_portal(statement.name, std::move(portal)));
  return {};
}

SqlResult<void> Session::run_fetch(const sql::Parsed& statement, bool describe,
                                   const std::vector<std::int16_t>& formats, Client& client) {
  auto found = portals_.find(statement.name);
  if (found == portals_.end()) return fail_sql("34000", fmt::format("cursor \"{}\" does not exist", statement.name));
  Portal& portal = *found->second;
  const sql::FetchCursor& fetch = statement.fetch;
  bool relative = fetch.direction == sql::FetchCursor::Direction::kRelative && fetch.count == 1;
  if ((fetch.direction != sql::FetchCursor::Direction::kForward && !relative) || fetch.count < 0) {
    return fail_sql("55000", "cursor can only scan forward");
  }
  if (fetch.move) return fail_sql("0A000", "MOVE is not supported");
  if (portal.state == Portal::State::kDone && !portal.told) {
    return fail_sql("55000",
                    fmt::format("portal \"{}\" cannot be run", statement.name));  // it failed before its first row
  }
  if (portal.state == Portal::State::kNew && portal.formats.empty()) portal.formats = formats;
  if (portal.state != Portal::State::kNew && !formats.empty() && formats != portal.formats) {
    return fail_sql("0A000", "a cursor's result formats cannot change between fetches");
  }
  if (describe && portal.state != Portal::State::kNew) client.columns(*portal.told, portal.formats);
  if (!fetch.all && fetch.count == 0) {
    client.complete("FETCH 0");
    return {};
  }
  Relay relay{fetch.all ? 0 : static_cast<std::uint64_t>(fetch.count), describe, "FETCH", client};
  return this->relay(portal, relay);
}

}  // namespace tarn::engine
