// Client SQL (Postgres 15's grammar) to SQL that a DuckDB worker may run.
//
//   text ──parse()──> Parsed statements ──rewrite()──> Rewritten: DuckDB's SQL, the tables it scans, a position map
//
// Nothing of the client's text reaches DuckDB: the rewriter prints DuckDB SQL from the parse tree, and what it has no
// rule for (a node, a function, a relation, a type) is refused with 0A000, 42883, 42P01 or 42704. So a file name, a
// pragma or a table function of DuckDB's can't be named at all.
//
// Hostile input: a scan bounds bytes and tokens before the grammar sees the text; parsing and walking long input run on
// a stack that fits the bound; nesting is limited. Every function here is a pure one, may be called from any thread,
// and doesn't block but for its own work (tens of microseconds for a short statement).
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

#include "base/bytes.h"

namespace tarn::sql {

inline constexpr Bytes kQueryBytesMax{1u << 20};
inline constexpr std::size_t kTokensMax = 20'000;      // of one query string
inline constexpr std::size_t kStatementsMax = 1'000;   // in one query string
inline constexpr int kNestingMax = 500;                // expressions and sub-selects within each other
inline constexpr std::size_t kParametersMax = 65'535;  // Postgres's limit

// What a client gets as an ErrorResponse.
struct Problem {
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
  std::int32_t position = 0;  // 1-based character in the query string given to parse(); 0: none
};
template <class T>
using Checked = std::expected<T, Problem>;

enum class Kind {
  kSelect,       // SELECT, VALUES, TABLE: rewrite() it
  kExplain,      // EXPLAIN of one of those: rewrite() it; one text column
  kSet,          // set
  kReset,        // set, to_default; name "all" for RESET ALL
  kShow,         // name, lower case; "all"
  kDiscard,      // name: "all", "plans", "sequences", "temp"
  kTransaction,  // transaction
  kPrepare,      // name, inner, parameter_type_names
  kExecute,      // name, arguments
  kDeallocate,   // name; empty: all
  kDeclare,      // name, inner, cursor
  kFetch,        // name, fetch (FETCH and MOVE)
  kClose,        // name; empty: all
  kCreateTable,  // CREATE TABLE AS: write, inner
  kCreateView,   // write, inner
  kInsert,       // INSERT ... SELECT, VALUES: write, inner
  kDrop,         // DROP TABLE, DROP VIEW: drop
  kListen,       // LISTEN, UNLISTEN, NOTIFY: drivers' resets send them; nothing happens
  kUnsupported,  // problem: 0A000, says what
};

// SET name = values. SET TIME ZONE is "timezone", SET NAMES "client_encoding"; SET TRANSACTION and SET SESSION
// CHARACTERISTICS come as kTransaction. Values are as text: numbers, words and strings alike.
struct SetVariable {
  std::string name;  // lower case
  std::vector<std::string> values;
  bool to_default = false;
  bool local = false;
};

struct Transaction {
  enum class Action { kBegin, kCommit, kRollback, kSavepoint, kRelease, kRollbackTo, kSetTransaction, kSetSession };
  Action action = Action::kBegin;
  std::string savepoint;
  std::optional<std::string> isolation;  // "read committed", "repeatable read", "serializable", "read uncommitted"
  std::optional<bool> read_only;
  std::optional<bool> deferrable;
  bool chain = false;  // COMMIT AND CHAIN
};

struct CursorOptions {
  bool binary = false, scroll = false, hold = false;
};

struct FetchCursor {
  enum class Direction { kForward, kBackward, kAbsolute, kRelative };
  Direction direction = Direction::kForward;
  std::int64_t count = 1;
  bool all = false;
  bool move = false;  // MOVE: no rows
};

// A name as the client wrote it; empty parts were not said.
struct RelationName {
  std::string database, name_space, name;
  std::int32_t position = 0;
};

// What CREATE TABLE AS, CREATE VIEW and INSERT say besides their query, which is `inner`, a kSelect.
struct Write {
  RelationName target;
  std::vector<RelationName> columns;  // the list after the name, only `name` and `position`
  bool if_not_exists = false;
  bool or_replace = false;
  bool with_data = true;
  std::string select;  // kCreateView: the client's words for it
};

struct Drop {
  std::vector<RelationName> names;
  bool views = false;  // else tables
  bool if_exists = false;
  bool cascade = false;
};

// One statement, parsed. Copies share the tree.
struct Parsed {
  Kind kind = Kind::kUnsupported;
  std::string text;  // the client's words, without the semicolon
  std::string tag;  // CommandComplete's: "SELECT", "SET", "BEGIN", "START TRANSACTION", ... (the count is the caller's)
  std::string name;  // see Kind
  SetVariable set;
  Transaction transaction;
  CursorOptions cursor;
  FetchCursor fetch;
  std::vector<std::optional<std::string>> arguments;  // EXECUTE: literals as text, nullopt for NULL
  std::vector<std::string> parameter_type_names;      // PREPARE name (int, text): as Postgres names them, "int4"
  std::shared_ptr<const Parsed> inner;
  Write write;
  Drop drop;
  Problem problem;
  int parameters = 0;  // highest $n

  struct Tree;
  std::shared_ptr<const Tree> tree;  // kSelect, kExplain
};

// All statements of one query string; none if it is empty or only comments. A syntax error anywhere fails the whole
// string, as in Postgres. Errors: 42601 with position, 54000 past a bound, 54001 nested too deeply.
Checked<std::vector<Parsed>> parse(std::string_view text);

// A column of a table, typed as Postgres would: boolean 16, int 23, long 20, float 700, double 701, decimal 1700 with
// typmod ((p << 16) | s) + 4, date 1082, time 1083, timestamp 1114, timestamptz 1184, string 25, uuid 2950, fixed and
// binary 17, struct, list and map 114.
struct ColumnInfo {
  std::string name;
  std::uint32_t type = 0;
  std::int32_t type_modifier = -1;
};

// Every relation that a kSelect or kExplain names, in whatever clause and however often; common table expressions of
// its own too.
std::vector<RelationName> relations_of(const Parsed& statement);

// A view as the catalog has it.
struct ViewInfo {
  Parsed statement;                  // its text, parsed: a kSelect
  std::vector<std::string> columns;  // what it shows, by name
};

inline constexpr std::size_t kViewsMax = 200;          // in one statement, those within others included
inline constexpr std::size_t kViewDepthMax = 32;       // views that read views that read ...
inline constexpr std::string_view kDatabase = "tarn";  // what a session's own database may always be called

// What a rewrite has to know of the session and of the statement's view.
struct Context {
  // The columns of a table of the view, valid during the rewrite; nullptr if there is no such table.
  std::function<const std::vector<ColumnInfo>*(std::string_view name_space, std::string_view name)> table;
  // The same for views. Names in a view's text are looked up in its own name space, then in `public`.
  std::function<Checked<const ViewInfo*>(std::string_view name_space, std::string_view name)> view;
  std::vector<std::string> search_path{"public"};  // without pg_catalog
  std::vector<std::string> name_spaces{"public"};  // that exist, for current_schema()
  std::string user = "tarn";
  std::string database = "tarn";
  std::int32_t backend_pid = 0;
  // Names of the tables and views of a name space, for what a misspelt one may have meant; may be left out.
  std::function<std::vector<std::string>(std::string_view name_space)> relations;
  // current_setting('name'): nullopt if there is no such setting.
  std::function<std::optional<std::string>(std::string_view name)> setting;
  std::vector<std::uint32_t> parameter_types;  // of $1, $2, ... as the client declared them; 0 or missing: unknown
  bool stored = false;  // rows go to a table: quotients and averages have 16 digits after the point
  // INSERT: types of the columns that the rows go to. Bare literals and parameters of the outermost select become that.
  std::vector<ColumnInfo> assigned;
};

struct TableUse {
  std::string name_space;
  std::string name;
  std::string scan_name;  // what Rewritten::sql calls it
};

// Type 0: not inferred.
struct ColumnType {
  std::uint32_t type = 0;
  std::int32_t modifier = -1;
  bool digits = false;  // a numeric that comes as text, each value with its own digits after the point
};

struct ViewUse {
  std::string name_space;
  std::string name;
};

struct SettingChange {
  std::string name;
  std::string value;
  bool local = false;
};

struct Rewritten {
  std::string sql;               // DuckDB's dialect; parameters as $n
  std::vector<TableUse> tables;  // each once, those that views read included
  std::vector<ViewUse> views;    // each once
  bool reads_catalog = false;    // names pg_catalog or information_schema
  int parameters = 0;
  std::vector<std::string> names;         // of the result's columns; empty if their number is not known
  std::vector<ColumnType> columns;        // what Postgres would call the result's; empty if their number is not known
  std::vector<SettingChange> set_config;  // set_config(...) calls, for the session to apply; `sql` has their results

  // The client's position (1-based character of parse()'s text) of what stands at `sql_position` (1-based character
  // of `sql`); 0 if unknown.
  std::int32_t client_position(std::int32_t sql_position) const;
  // (byte offset in `sql`, client's position), ascending.
  std::vector<std::pair<std::uint32_t, std::int32_t>> positions;
};

// Resolves names and prints DuckDB's SQL, views as common table expressions before it. `statement` is a kSelect or
// kExplain. An error within a view is at the place that names it, and says in `detail` which view it is.
// Errors: 42P17 a view that reads itself, 42P01, 42883, 42704, 42703, 0A000, 54001, each with its position.
Checked<Rewritten> rewrite(const Parsed& statement, const Context& context);

}  // namespace tarn::sql
