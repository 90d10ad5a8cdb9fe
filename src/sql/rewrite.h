// agreed: the contract between engine (caller) and sql; proposed by engine, refine additively. (It replaced a first draft
// that appeared here at the same minute: whatever that had and this lacks, add; engine adapts.)
//
// Client SQL to what a SQL worker may run: parse with libpg_query (behind size and depth limits), resolve names against
// what the caller lets be seen, allow-list every node and function, rewrite the dialect, deparse. Client text never
// reaches DuckDB.
//
// Blocking, CPU only, thread-safe (no state between calls).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::sql {

// As a Postgres client sees it. `position` is a 1-based character (not byte) in the whole client text; 0: none.
struct SqlError {
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
  std::int32_t position = 0;
};

template <class T>
using SqlResult = std::expected<T, SqlError>;

enum class StatementKind {
  kSelect,       // SELECT, VALUES, TABLE, WITH ... SELECT: rewrite() gives what to run
  kExplain,      // rewrite() gives what to run; one text column "QUERY PLAN"
  kSet,          // setting, value (nullopt: DEFAULT), local; SET TIME ZONE and SET TRANSACTION/SESSION CHARACTERISTICS too
  kReset,        // setting ("all": every one)
  kShow,         // setting ("all": every one)
  kBegin,        // transaction modes
  kCommit,
  kRollback,
  kDiscard,      // discard: "all", "plans", "temp", "sequences"
  kPrepare,      // PREPARE name (types) AS ...: name, parameter_types, inner
  kExecute,      // EXECUTE name (...): name, arguments
  kDeallocate,   // name; empty: all
  kDeclareCursor,  // name, hold, inner
  kFetch,        // name, count (INT64_MAX: all), move; forward only
  kCloseCursor,  // name; empty: all
  kListen,       // LISTEN, UNLISTEN, NOTIFY: accepted by drivers' resets; nothing happens
  kUnsupported,  // understood by Postgres, not served: error says what
};

struct Tree;  // libpg_query's, opaque

// One statement of a client's text.
struct ParsedStatement {
  StatementKind kind = StatementKind::kSelect;
  std::string tag;         // Postgres's command tag without counts: "SELECT", "SET", "BEGIN", "CREATE TABLE", ...
  std::string text;        // its part of the client's text
  std::shared_ptr<const Tree> tree;
  std::int32_t parameters = 0;  // the highest $n

  std::string name;        // kPrepare, kExecute, kDeallocate, cursors
  std::string setting;     // kSet, kReset, kShow: lower case
  std::optional<std::string> value;  // kSet: as SHOW would print the parsed argument ("a, b" for lists)
  bool local = false;      // SET LOCAL
  bool session = false;    // SET SESSION CHARACTERISTICS
  std::optional<bool> read_only;           // kBegin, SET TRANSACTION
  std::optional<std::string> isolation;    // kBegin, SET TRANSACTION: "serializable", ...
  std::string discard;
  std::int64_t count = 1;  // kFetch
  bool move = false;       // kFetch: MOVE
  bool hold = false;       // kDeclareCursor WITH HOLD
  bool and_chain = false;  // COMMIT/ROLLBACK AND CHAIN
  std::vector<std::string> parameter_types;  // kPrepare: type names
  std::vector<std::optional<std::string>> arguments;  // kExecute: constants as text; nullopt: null
  std::shared_ptr<const ParsedStatement> inner;  // kPrepare, kDeclareCursor
  SqlError error;          // kUnsupported
};

// An empty list for an empty or comment-only text. Errors: 42601 with position; 54001/54000 past the limits.
SqlResult<std::vector<ParsedStatement>> parse(std::string_view text);

struct TableRef {
  std::string name_space;
  std::string name;
  auto operator<=>(const TableRef&) const = default;
};

// What a rewrite needs to know of session and platform.
struct RewriteContext {
  std::string user;
  std::string database = "tarn";
  std::vector<std::string> search_path;   // without pg_catalog, which is always first
  std::int32_t backend_pid = 0;
  // True if there is such a table and the principal may read it. Names of tables it may not see: false, as if absent.
  std::function<bool(const TableRef&)> table_exists;
  std::function<bool(std::string_view)> namespace_exists;
  // current_setting(name); nullopt: no such setting.
  std::function<std::optional<std::string>(std::string_view)> setting;
};

struct UsedTable {
  TableRef table;
  std::string scan_name;  // how `sql` names it: unique in the statement, safe unquoted
};

struct SettingChange { std::string name; std::string value; bool local = false; };

// A run of the rewritten text that stands for one place of the client's.
struct PositionMark {
  std::int32_t rewritten = 0;  // 1-based character in Rewritten::sql
  std::int32_t client = 0;     // 1-based character in the whole client text
};

struct Rewritten {
  std::string sql;
  std::vector<UsedTable> tables;
  bool reads_catalog = false;
  std::vector<SettingChange> set_config;  // set_config(...) calls, to be applied when it runs; `sql` has their results
  std::vector<PositionMark> marks;        // ascending by `rewritten`
};

// For kSelect and kExplain. Errors: 42P01 no such table, 3F000 no such schema, 42883 function not allowed,
// 0A000 not served, each with position.
SqlResult<Rewritten> rewrite(const ParsedStatement& statement, const RewriteContext& context);

// The client position of the last mark at or before `position`; 0 if there is none.
std::int32_t client_position(const Rewritten& rewritten, std::int32_t position);

}  // namespace tarn::sql
