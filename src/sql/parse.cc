// Text to statements: bounds first, then the grammar, then what each statement is.
#include <fmt/format.h>
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cstring>

#include "sql/parse_write.h"
#include "sql/rewrite.h"
#include "sql/tree.h"

namespace tarn::sql {
namespace {

void* arena_allocate(void* arena, std::size_t size) { return static_cast<Arena*>(arena)->allocate(size); }
void arena_free(void*, void*) {}

Problem problem_of(const PgQueryError& error) {
  return {.sqlstate = "42601", .message = error.message, .position = std::max(error.cursorpos, 0)};
}

// Bytes and tokens, before anything recursive sees the text.
struct Tokens {
  std::size_t count = 0;
  std::vector<std::pair<int, int>> parameters;  // (byte, number) of each $n
  std::vector<int> as_ends;                     // the byte after each AS that is in no parentheses
};

void note_token(const std::string& text, const PgQuery__ScanToken& token, int& depth, Tokens& tokens) {
  if (token.token == PG_QUERY__TOKEN__ASCII_40) ++depth;
  if (token.token == PG_QUERY__TOKEN__ASCII_41) --depth;
  if (token.token == PG_QUERY__TOKEN__AS && depth == 0) tokens.as_ends.push_back(token.end);
  if (token.token != PG_QUERY__TOKEN__PARAM) return;
  int number = INT_MAX;  // what does not fit stays past the bound
  std::from_chars(text.data() + token.start + 1, text.data() + token.end, number);
  tokens.parameters.emplace_back(token.start, number);
}

Checked<Tokens> scan(const std::string& text) {
  if (text.size() > kQueryBytesMax.count()) {
    return refuse("54000", fmt::format("query is {} bytes long, the limit is {}", text.size(), kQueryBytesMax.count()));
  }
  if (text.find('\0') != std::string::npos) return refuse("22021", "invalid byte sequence for encoding \"UTF8\": 0x00");
  PgQueryScanResult result = pg_query_scan(text.c_str());
  if (result.error != nullptr) {
    Problem problem = problem_of(*result.error);
    pg_query_free_scan_result(result);
    return std::unexpected(std::move(problem));
  }
  auto* unpacked =
      pg_query__scan_result__unpack(nullptr, result.pbuf.len, reinterpret_cast<uint8_t*>(result.pbuf.data));
  Tokens tokens;
  tokens.count = unpacked->n_tokens;
  int depth = 0;
  for (std::size_t i = 0; i < unpacked->n_tokens; ++i) note_token(text, *unpacked->tokens[i], depth, tokens);
  pg_query__scan_result__free_unpacked(unpacked, nullptr);
  pg_query_free_scan_result(result);
  if (tokens.count > kTokensMax) {
    return refuse("54000", fmt::format("query has {} words and symbols, the limit is {}", tokens.count, kTokensMax));
  }
  return tokens;
}

std::optional<Problem> parse_tree(Source& source) {
  std::optional<Problem> problem;
  with_stack_for(source.tokens, [&] {
    PgQueryProtobufParseResult result = pg_query_parse_protobuf(source.text.c_str());
    if (result.error != nullptr) {
      problem = problem_of(*result.error);
    } else {
      ProtobufCAllocator allocator{arena_allocate, arena_free, &source.arena};
      source.parsed = pg_query__parse_result__unpack(&allocator, result.parse_tree.len,
                                                     reinterpret_cast<uint8_t*>(result.parse_tree.data));
    }
    pg_query_free_protobuf_parse_result(result);
  });
  return problem;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

// A literal's text; nullopt for NULL. False if it is no literal, or one wrapped in more casts and signs than makes
// sense.
bool literal(const PgQuery__Node* node, std::optional<std::string>& out, int wraps_left = 8) {
  if (wraps_left == 0) return false;
  if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) return literal(node->type_cast->arg, out, wraps_left - 1);
  if (node->node_case == PG_QUERY__NODE__NODE_STRING) {
    out = node->string->sval;
    return true;
  }
  if (node->node_case == PG_QUERY__NODE__NODE_A_EXPR) {
    const auto& expr = *node->a_expr;
    bool minus = expr.lexpr == nullptr && expr.n_name == 1 && expr.name[0]->node_case == PG_QUERY__NODE__NODE_STRING &&
                 std::string_view(expr.name[0]->string->sval) == "-";
    if (!minus || !literal(expr.rexpr, out, wraps_left - 1) || !out) return false;
    out->insert(0, "-");
    return true;
  }
  if (node->node_case != PG_QUERY__NODE__NODE_A_CONST) return false;
  const auto& constant = *node->a_const;
  if (constant.isnull) {
    out = std::nullopt;
    return true;
  }
  switch (constant.val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL: out = std::to_string(constant.ival->ival); return true;
    case PG_QUERY__A__CONST__VAL_FVAL: out = constant.fval->fval; return true;
    case PG_QUERY__A__CONST__VAL_BOOLVAL: out = constant.boolval->boolval ? "true" : "false"; return true;
    case PG_QUERY__A__CONST__VAL_SVAL: out = constant.sval->sval; return true;
    default: return false;
  }
}

void transaction_options(std::size_t count, PgQuery__Node* const* options, Transaction& out) {
  for (std::size_t i = 0; i < count; ++i) {
    if (options[i]->node_case != PG_QUERY__NODE__NODE_DEF_ELEM) continue;
    const auto& option = *options[i]->def_elem;
    std::string_view name = option.defname;
    std::optional<std::string> value;
    if (option.arg == nullptr || !literal(option.arg, value) || !value) continue;
    if (name == "transaction_isolation") out.isolation = lower(*value);
    if (name == "transaction_read_only") out.read_only = *value != "0" && *value != "false";
    if (name == "transaction_deferrable") out.deferrable = *value != "0" && *value != "false";
  }
}

void classify_set(const PgQuery__VariableSetStmt& node, Parsed& statement) {
  SetVariable& set = statement.set;
  statement.kind = Kind::kSet;
  statement.tag = "SET";
  set.name = lower(text_of(node.name));
  set.local = node.is_local;
  switch (node.kind) {
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_MULTI:
      statement.kind = Kind::kTransaction;
      statement.transaction.action =
          set.name == "transaction" ? Transaction::Action::kSetTransaction : Transaction::Action::kSetSession;
      if (set.name == "transaction snapshot") return unsupported(statement, "SET TRANSACTION SNAPSHOT");
      transaction_options(node.n_args, node.args, statement.transaction);
      return;
    case PG_QUERY__VARIABLE_SET_KIND__VAR_RESET:
    case PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL:
      statement.kind = Kind::kReset;
      statement.tag = "RESET";
      set.to_default = true;
      if (node.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL) set.name = "all";
      return;
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_DEFAULT: set.to_default = true; return;
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_VALUE: break;
    default: return unsupported(statement, "SET ... FROM CURRENT");
  }
  for (std::size_t i = 0; i < node.n_args; ++i) {
    std::optional<std::string> value;
    if (!literal(node.args[i], value) || !value) return unsupported(statement, "this value in SET");
    set.values.push_back(std::move(*value));
  }
}

void classify_transaction(const PgQuery__TransactionStmt& node, Parsed& statement) {
  using Action = Transaction::Action;
  struct Row {
    PgQuery__TransactionStmtKind kind;
    Action action;
    const char* tag;
  };
  static constexpr std::array kRows = std::to_array<Row>({
      {PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN, Action::kBegin, "BEGIN"},
      {PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START, Action::kBegin, "START TRANSACTION"},
      {PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT, Action::kCommit, "COMMIT"},
      {PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK, Action::kRollback, "ROLLBACK"},
      {PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT, Action::kSavepoint, "SAVEPOINT"},
      {PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE, Action::kRelease, "RELEASE"},
      {PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO, Action::kRollbackTo, "ROLLBACK"},
  });
  auto row = std::ranges::find(kRows, node.kind, &Row::kind);
  if (row == kRows.end()) return unsupported(statement, "two-phase commit");
  statement.kind = Kind::kTransaction;
  statement.tag = row->tag;
  statement.transaction.action = row->action;
  statement.transaction.savepoint = text_of(node.savepoint_name);
  statement.transaction.chain = node.chain;
  transaction_options(node.n_options, node.options, statement.transaction);
}

void classify_discard(const PgQuery__DiscardStmt& node, Parsed& statement) {
  statement.kind = Kind::kDiscard;
  switch (node.target) {
    case PG_QUERY__DISCARD_MODE__DISCARD_ALL: statement.name = "all", statement.tag = "DISCARD ALL"; break;
    case PG_QUERY__DISCARD_MODE__DISCARD_PLANS: statement.name = "plans", statement.tag = "DISCARD PLANS"; break;
    case PG_QUERY__DISCARD_MODE__DISCARD_SEQUENCES:
      statement.name = "sequences", statement.tag = "DISCARD SEQUENCES";
      break;
    default: statement.name = "temp", statement.tag = "DISCARD TEMP"; break;
  }
}

void classify_fetch(const PgQuery__FetchStmt& node, Parsed& statement) {
  using Direction = FetchCursor::Direction;
  statement.kind = Kind::kFetch;
  statement.tag = node.ismove ? "MOVE" : "FETCH";
  statement.name = text_of(node.portalname);
  FetchCursor& fetch = statement.fetch;
  fetch.move = node.ismove;
  fetch.all = node.how_many == LONG_MAX;
  fetch.count = node.how_many;
  switch (node.direction) {
    case PG_QUERY__FETCH_DIRECTION__FETCH_BACKWARD: fetch.direction = Direction::kBackward; break;
    case PG_QUERY__FETCH_DIRECTION__FETCH_ABSOLUTE: fetch.direction = Direction::kAbsolute; break;
    case PG_QUERY__FETCH_DIRECTION__FETCH_RELATIVE: fetch.direction = Direction::kRelative; break;
    default: fetch.direction = Direction::kForward; break;
  }
}

// `words`: what follows the statement's first AS.
Parsed classify(const std::shared_ptr<const Source>& source, const PgQuery__Node* node, int parameters,
                std::string_view words = {});

std::shared_ptr<const Parsed> inner_statement(const std::shared_ptr<const Source>& source, const PgQuery__Node* node,
                                              const Parsed& outer) {
  Parsed inner = classify(source, node, outer.parameters);
  inner.text = outer.text;
  return std::make_shared<const Parsed>(std::move(inner));
}

void classify_prepare(const std::shared_ptr<const Source>& source, const PgQuery__PrepareStmt& node,
                      Parsed& statement) {
  statement.kind = Kind::kPrepare;
  statement.tag = "PREPARE";
  statement.name = text_of(node.name);
  for (std::size_t i = 0; i < node.n_argtypes; ++i) {
    const auto& type = *node.argtypes[i]->type_name;
    statement.parameter_type_names.push_back(type.names[type.n_names - 1]->string->sval);
  }
  statement.inner = inner_statement(source, node.query, statement);
}

void classify_execute(const PgQuery__ExecuteStmt& node, Parsed& statement) {
  statement.kind = Kind::kExecute;
  statement.tag = "EXECUTE";
  statement.name = text_of(node.name);
  for (std::size_t i = 0; i < node.n_params; ++i) {
    std::optional<std::string> value;
    if (!literal(node.params[i], value)) return unsupported(statement, "EXECUTE with an argument that is no literal");
    statement.arguments.push_back(std::move(value));
  }
}

void classify_declare(const std::shared_ptr<const Source>& source, const PgQuery__DeclareCursorStmt& node,
                      Parsed& statement) {
  constexpr int kBinary = 0x1, kScroll = 0x2, kHold = 0x20;  // CURSOR_OPT_* of Postgres's parsenodes.h
  statement.kind = Kind::kDeclare;
  statement.tag = "DECLARE CURSOR";
  statement.name = text_of(node.portalname);
  statement.cursor = {(node.options & kBinary) != 0, (node.options & kScroll) != 0, (node.options & kHold) != 0};
  statement.inner = inner_statement(source, node.query, statement);
}

void classify_explain(const std::shared_ptr<const Source>& source, const PgQuery__ExplainStmt& node,
                      Parsed& statement) {
  for (std::size_t i = 0; i < node.n_options; ++i) {
    std::string_view option = node.options[i]->def_elem->defname;
    if (option == "analyze" || option == "format") return unsupported(statement, fmt::format("EXPLAIN ({})", option));
  }
  if (node.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
    return unsupported(statement, "EXPLAIN of this statement");
  statement.kind = Kind::kExplain;
  statement.tag = "EXPLAIN";
  statement.tree = std::make_shared<const Parsed::Tree>(source, node.query);
}

void classify_select(const std::shared_ptr<const Source>& source, const PgQuery__Node* node, Parsed& statement) {
  if (node->select_stmt->into_clause != nullptr) return unsupported(statement, "SELECT INTO");
  statement.kind = Kind::kSelect;
  statement.tag = "SELECT";
  statement.tree = std::make_shared<const Parsed::Tree>(source, node);
}

// What to call a statement that we refuse.
std::string_view refused_name(PgQuery__Node__NodeCase node) {
  struct Row {
    PgQuery__Node__NodeCase node;
    std::string_view name;
  };
  static constexpr std::array kRows = std::to_array<Row>({
      {PG_QUERY__NODE__NODE_UPDATE_STMT, "UPDATE"},
      {PG_QUERY__NODE__NODE_DELETE_STMT, "DELETE"},
      {PG_QUERY__NODE__NODE_MERGE_STMT, "MERGE"},
      {PG_QUERY__NODE__NODE_COPY_STMT, "COPY"},
      {PG_QUERY__NODE__NODE_CREATE_STMT, "CREATE TABLE without AS"},
      {PG_QUERY__NODE__NODE_INDEX_STMT, "CREATE INDEX"},
      {PG_QUERY__NODE__NODE_CREATE_SCHEMA_STMT, "CREATE SCHEMA"},
      {PG_QUERY__NODE__NODE_CREATE_EXTENSION_STMT, "CREATE EXTENSION"},
      {PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT, "CREATE FUNCTION"},
      {PG_QUERY__NODE__NODE_CREATE_ROLE_STMT, "CREATE ROLE"},
      {PG_QUERY__NODE__NODE_CREATEDB_STMT, "CREATE DATABASE"},
      {PG_QUERY__NODE__NODE_ALTER_TABLE_STMT, "ALTER TABLE"},
      {PG_QUERY__NODE__NODE_RENAME_STMT, "ALTER ... RENAME"},
      {PG_QUERY__NODE__NODE_TRUNCATE_STMT, "TRUNCATE"},
      {PG_QUERY__NODE__NODE_COMMENT_STMT, "COMMENT"},
      {PG_QUERY__NODE__NODE_GRANT_STMT, "GRANT or REVOKE"},
      {PG_QUERY__NODE__NODE_LOCK_STMT, "LOCK TABLE"},
      {PG_QUERY__NODE__NODE_LOAD_STMT, "LOAD"},
      {PG_QUERY__NODE__NODE_DO_STMT, "DO"},
      {PG_QUERY__NODE__NODE_CALL_STMT, "CALL"},
      {PG_QUERY__NODE__NODE_VACUUM_STMT, "VACUUM or ANALYZE"},
      {PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT, "REFRESH MATERIALIZED VIEW"},
  });
  auto row = std::ranges::find(kRows, node, &Row::node);
  return row == kRows.end() ? "this statement" : row->name;
}

Parsed classify(const std::shared_ptr<const Source>& source, const PgQuery__Node* node, int parameters,
                std::string_view words) {
  Parsed statement;
  statement.parameters = parameters;
  auto inner = [&](const PgQuery__Node* query) { return inner_statement(source, query, statement); };
  if (classify_write(*source, node, words, inner, statement)) return statement;
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT: classify_select(source, node, statement); break;
    case PG_QUERY__NODE__NODE_EXPLAIN_STMT: classify_explain(source, *node->explain_stmt, statement); break;
    case PG_QUERY__NODE__NODE_VARIABLE_SET_STMT: classify_set(*node->variable_set_stmt, statement); break;
    case PG_QUERY__NODE__NODE_VARIABLE_SHOW_STMT:
      statement.kind = Kind::kShow, statement.tag = "SHOW", statement.name = lower(node->variable_show_stmt->name);
      break;
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT: classify_transaction(*node->transaction_stmt, statement); break;
    case PG_QUERY__NODE__NODE_DISCARD_STMT: classify_discard(*node->discard_stmt, statement); break;
    case PG_QUERY__NODE__NODE_PREPARE_STMT: classify_prepare(source, *node->prepare_stmt, statement); break;
    case PG_QUERY__NODE__NODE_EXECUTE_STMT: classify_execute(*node->execute_stmt, statement); break;
    case PG_QUERY__NODE__NODE_DEALLOCATE_STMT:
      statement.kind = Kind::kDeallocate, statement.name = text_of(node->deallocate_stmt->name);
      statement.tag = statement.name.empty() ? "DEALLOCATE ALL" : "DEALLOCATE";
      break;
    case PG_QUERY__NODE__NODE_DECLARE_CURSOR_STMT:
      classify_declare(source, *node->declare_cursor_stmt, statement);
      break;
    case PG_QUERY__NODE__NODE_FETCH_STMT: classify_fetch(*node->fetch_stmt, statement); break;
    case PG_QUERY__NODE__NODE_CLOSE_PORTAL_STMT:
      statement.kind = Kind::kClose, statement.name = text_of(node->close_portal_stmt->portalname);
      statement.tag = statement.name.empty() ? "CLOSE CURSOR ALL" : "CLOSE CURSOR";
      break;
    case PG_QUERY__NODE__NODE_LISTEN_STMT: statement.kind = Kind::kListen, statement.tag = "LISTEN"; break;
    case PG_QUERY__NODE__NODE_UNLISTEN_STMT: statement.kind = Kind::kListen, statement.tag = "UNLISTEN"; break;
    case PG_QUERY__NODE__NODE_NOTIFY_STMT: statement.kind = Kind::kListen, statement.tag = "NOTIFY"; break;
    default: unsupported(statement, refused_name(node->node_case)); break;
  }
  return statement;
}

constexpr std::string_view kBlanks = " \t\r\n";

// A statement's words: `length` bytes, or all there are.
std::string_view statement_text(std::string_view text, std::size_t from, std::size_t length) {
  std::string_view part = text.substr(from, length == 0 ? std::string_view::npos : length);
  return part.substr(std::min(part.find_first_not_of(kBlanks), part.size()));
}

std::string_view words_after_as(std::string_view text, std::size_t from, std::size_t length, const Tokens& tokens) {
  auto end = std::ranges::lower_bound(tokens.as_ends, static_cast<int>(from));
  std::size_t to = length == 0 ? text.size() : from + length;
  if (end == tokens.as_ends.end() || static_cast<std::size_t>(*end) >= to) return {};
  auto at = static_cast<std::size_t>(*end);
  std::string_view words = statement_text(text, at, to - at);
  return words.substr(0, words.find_last_not_of(kBlanks) + 1);
}

}  // namespace

void unsupported(Parsed& statement, std::string_view what) {
  statement.kind = Kind::kUnsupported;
  statement.problem = {.sqlstate = "0A000", .message = fmt::format("{} is not supported", what)};
}

Checked<std::vector<Parsed>> parse(std::string_view text) {
  auto source = std::make_shared<Source>();
  source->text = text;
  TARN_ASSIGN(Tokens tokens, scan(source->text));
  source->tokens = tokens.count;
  if (auto problem = parse_tree(*source)) return std::unexpected(std::move(*problem));
  if (source->parsed == nullptr) return refuse("XX000", "the parser's tree could not be read");
  const PgQuery__ParseResult& parsed = *source->parsed;
  if (parsed.n_stmts > kStatementsMax) {
    return refuse("54000", fmt::format("query has {} statements, the limit is {}", parsed.n_stmts, kStatementsMax));
  }
  std::vector<Parsed> statements;
  for (std::size_t i = 0; i < parsed.n_stmts; ++i) {
    const auto& raw = *parsed.stmts[i];
    auto from = static_cast<std::size_t>(raw.stmt_location);
    auto length = static_cast<std::size_t>(raw.stmt_len);
    int parameters = 0;
    for (auto [start, number] : tokens.parameters) {
      auto at = static_cast<std::size_t>(start);
      if (at >= from && (length == 0 || at < from + length)) parameters = std::max(parameters, number);
    }
    if (parameters > static_cast<int>(kParametersMax)) {
      return refuse("54023", fmt::format("there is no parameter ${}", parameters));
    }
    Parsed statement = classify(source, raw.stmt, parameters, words_after_as(source->text, from, length, tokens));
    statement.text = statement_text(source->text, from, length);
    statements.push_back(std::move(statement));
  }
  return statements;
}

}  // namespace tarn::sql
