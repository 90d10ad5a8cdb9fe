// Operators: Postgres's meaning in DuckDB's words.
#include <fmt/format.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>
#include <array>

#include "sql/printer.h"

namespace tarn::sql {
namespace {

// A number that is written out and is not zero: dividing by it needs no check.
bool nonzero_literal(const Expression& value) {
  std::string_view text = value.sql.text;
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos &&
         text.find_first_of("123456789") != std::string_view::npos;
}

Piece nonzero(const Expression& value) {
  return nonzero_literal(value) ? value.sql : Piece("tarn_nonzero(") << value.sql << ")";
}

bool is_json(Oid type) { return type == oid::kJson || type == oid::kJsonb; }

Expression boolean(Piece sql) { return {.sql = std::move(sql), .type = {oid::kBool, -1}}; }

struct Template {
  std::string_view op;
  std::string_view sql;     // $1, $2
  std::string_view result;  // a type's name; "=" the common type; "=1" the left one's
};

// Operators that are the same for all types they take.
constexpr std::array kBinary = std::to_array<Template>({
    {"=", "($1 = $2)", "bool"},
    {"<>", "($1 <> $2)", "bool"},
    {"<", "($1 < $2)", "bool"},
    {"<=", "($1 <= $2)", "bool"},
    {">", "($1 > $2)", "bool"},
    {">=", "($1 >= $2)", "bool"},
    {"^", "pow($1, $2)", "float8"},
    {"&", "($1 & $2)", "="},
    {"|", "($1 | $2)", "="},
    {"#", "xor($1, $2)", "="},
    {"<<", "($1 << $2)", "=1"},
    {">>", "($1 >> $2)", "=1"},
    {"~", "regexp_matches($1, $2, 's')", "bool"},
    {"~*", "regexp_matches($1, $2, 'si')", "bool"},
    {"!~", "(NOT regexp_matches($1, $2, 's'))", "bool"},
    {"!~*", "(NOT regexp_matches($1, $2, 'si'))", "bool"},
    {"~~", "($1 LIKE $2 ESCAPE '\\')", "bool"},
    {"!~~", "($1 NOT LIKE $2 ESCAPE '\\')", "bool"},
    {"~~*", "($1 ILIKE $2 ESCAPE '\\')", "bool"},
    {"!~~*", "($1 NOT ILIKE $2 ESCAPE '\\')", "bool"},
    {"^@", "starts_with($1, $2)", "bool"},
    {"@>", "($1 @> $2)", "bool"},
    {"<@", "($1 <@ $2)", "bool"},
    {"&&", "($1 && $2)", "bool"},
});

constexpr std::array kUnary = std::to_array<Template>({
    {"-", "(- $1)", "=1"},
    {"+", "$1", "=1"},
    {"@", "abs($1)", "=1"},
    {"~", "(~ $1)", "=1"},
    {"|/", "sqrt($1)", "float8"},
    {"||/", "cbrt($1)", "float8"},
});

Type result_type(std::string_view spec, const Type& left, const Type& right) {
  if (spec == "=") return common_type(left, right);
  if (spec == "=1") return {left.oid, -1, left.scale};
  const TypeFacts* facts = find_type(spec);
  return facts == nullptr ? Type{} : Type{facts->oid, -1};
}

// Dates and numbers under + and -, as pg_operator has them.
Type sum_type(std::string_view op, const Type& left, const Type& right) {
  Oid l = left.oid, r = right.oid;
  if (op == "-" && is_time(l) && is_time(r))
    return {l == oid::kDate && r == oid::kDate ? oid::kInt4 : oid::kInterval, -1};
  if (is_time(l) && r == oid::kInterval) return {l == oid::kDate ? oid::kTimestamp : l, -1};
  if (is_time(r) && l == oid::kInterval) return {r == oid::kDate ? oid::kTimestamp : r, -1};
  if (l == oid::kDate && is_integer(r)) return left;
  if (r == oid::kDate && is_integer(l)) return right;
  Type common = common_type(left, right);
  if (common.oid != oid::kNumeric) return {common.oid, -1};
  int scale = op == "*" ? left.scale + right.scale : std::max(left.scale, right.scale);
  return unconstrained(std::min(scale, kPrecisionMax));
}

}  // namespace

Checked<Expression> Printer::operation(const PgQuery__AExpr& node, const Names& names) {
  switch (node.kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP: break;
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY:
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL: return any_or_all(node, names);
    case PG_QUERY__A__EXPR__KIND__AEXPR_IN: return in_list(node, names);
    case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
    case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE: return like(node, names);
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM: return between(node, names);
    case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF: {
      TARN_ASSIGN(Expression left, expression(node.lexpr, names));
      TARN_ASSIGN(Expression right, expression(node.rexpr, names));
      TARN_TRY(adapt(left, right));
      if (node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF) {
        return Expression{.sql = Piece("nullif(") << left.sql << ", " << right.sql << ")", .type = left.type};
      }
      bool distinct = node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT;
      return boolean(Piece("(") << left.sql << (distinct ? " IS DISTINCT FROM " : " IS NOT DISTINCT FROM ") << right.sql
                                << ")");
    }
    default: return not_supported("SIMILAR TO", node.location);
  }
  std::string_view op = string_of(node.name[node.n_name - 1]);
  if (node.n_name > 1 && string_of(node.name[0]) != "pg_catalog")
    return not_supported("an operator of another schema", node.location);
  TARN_ASSIGN(Expression right, expression(node.rexpr, names));
  if (node.lexpr == nullptr) return unary(op, std::move(right), node.location);
  TARN_ASSIGN(Expression left, expression(node.lexpr, names));
  return binary(op, std::move(left), std::move(right), node.location);
}

// What Postgres's operator resolution would do to the operands, or its refusal.
Checked<void> Printer::match_types(std::string_view op, Expression& left, Expression& right, std::int32_t location) {
  TARN_TRY(adapt(left, right));
  Oid l = left.type.oid, r = right.type.oid;
  auto is_scalar = [](Oid o) { return is_number(o) || o == oid::kBool || is_time(o); };
  bool strange = (is_text(l) && is_scalar(r)) || (is_scalar(l) && is_text(r)) || (l == oid::kBool && is_number(r)) ||
                 (is_number(l) && r == oid::kBool);
  if (strange) {
    return refuse("42883",
                  fmt::format("operator does not exist: {} {} {}", find_type(l)->sql_name, op, find_type(r)->sql_name),
                  position(location),
                  "No operator matches the given name and argument types. You might need to add explicit type casts.");
  }
  // DuckDB takes literals and parameters for narrower ones.
  constexpr std::string_view kArithmetic[] = {"+", "-", "*", "/", "%"};
  auto as_integer = [&](Expression& value, Oid other) {
    bool parameter = value.type.oid == oid::kUnknown && value.sql.text.starts_with('$');
    if (!is_integer(other) || !(parameter || (value.type.oid == oid::kInt2 && other == oid::kInt4))) return;
    value.sql = Piece("CAST(") << value.sql << " AS " << *duck_type({other, -1}) << ")";
    value.type = {other, -1};
  };
  if (std::ranges::find(kArithmetic, op) != std::end(kArithmetic)) {
    as_integer(left, r);
    as_integer(right, l);
    l = left.type.oid, r = right.type.oid;
  }
  // real with another number is double precision.
  auto widen = [](Expression& value) {
    value.sql = Piece("CAST(") << value.sql << " AS DOUBLE)";
    value.type = {oid::kFloat8, -1};
  };
  if (l == oid::kFloat4 && is_number(r) && r != oid::kFloat4) widen(left);
  if (r == oid::kFloat4 && is_number(l) && l != oid::kFloat4) widen(right);
  return {};
}

Checked<Expression> Printer::unary(std::string_view op, Expression right, std::int32_t location) {
  auto row = std::ranges::find(kUnary, op, &Template::op);
  if (row == kUnary.end()) return refuse("42883", fmt::format("operator does not exist: {}", op), position(location));
  Expression result;
  result.type = result_type(row->result, right.type, {});
  std::vector<Expression> arguments{std::move(right)};
  result.sql.mark(location) << fill(row->sql, arguments);
  return result;
}

Checked<Expression> Printer::binary(std::string_view op, Expression left, Expression right, std::int32_t location) {
  constexpr std::string_view kTyped[] = {"=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"};
  if (std::ranges::find(kTyped, op) != std::end(kTyped)) TARN_TRY(match_types(op, left, right, location));
  Expression result;
  result.sql.mark(location);
  if (op == "/") return divide(std::move(left), std::move(right), location);
  if (op == "%") {
    result.sql << "(" << left.sql << " % " << nonzero(right) << ")";
    result.type = common_type(left.type, right.type);
    return result;
  }
  if (op == "+" || op == "-" || op == "*") {
    result.type = op == "*" && (left.type.oid == oid::kInterval || right.type.oid == oid::kInterval)
                      ? Type{oid::kInterval, -1}
                      : sum_type(op, left.type, right.type);
    if (result.type.oid == oid::kNumeric && left.type.oid == oid::kNumeric) {  // else DuckDB overflows at 18 digits
      left.sql = Piece("CAST(") << left.sql << " AS " << *duck_type(unconstrained(left.type.scale)) << ")";
    } else if (result.type.oid == oid::kNumeric) {
      right.sql = Piece("CAST(") << right.sql << " AS " << *duck_type(unconstrained(right.type.scale)) << ")";
    }
    bool days = result.type.oid == oid::kInt4 && left.type.oid == oid::kDate;  // BIGINT in DuckDB
    result.sql << (days ? "CAST((" : "(") << left.sql << " " << op << " " << right.sql
               << (days ? ") AS INTEGER)" : ")");
    return result;
  }
  if (op == "||") {
    bool list = element_of(left.type.oid) != nullptr || element_of(right.type.oid) != nullptr;
    if (list) {
      bool both = element_of(left.type.oid) != nullptr && element_of(right.type.oid) != nullptr;
      bool left_list = element_of(left.type.oid) != nullptr;
      result.sql << (both        ? "list_concat("
                     : left_list ? "list_append("
                                 : "list_prepend(")
                 << left.sql << ", " << right.sql << ")";
      result.type = left_list ? left.type : right.type;
      return result;
    }
    if (left.type.oid == oid::kBytea && right.type.oid == oid::kBytea) {
      result.sql << "(" << left.sql << " || " << right.sql << ")";
      result.type = left.type;
      return result;
    }
    result.sql << "(" << to_text(std::move(left)).sql << " || " << to_text(std::move(right)).sql << ")";
    result.type = {oid::kText, -1};
    return result;
  }
  if (op == "->" || op == "->>" || op == "#>" || op == "#>>") {
    bool text = op.ends_with(">>");
    Piece json = is_json(left.type.oid) || left.type.oid == 0 ? as_json(left.sql) : left.sql;
    Piece path = op[0] == '#' ? Piece("tarn_pg.json_path(") << right.sql << ")" : right.sql;
    result.sql << "(" << json << (text ? " ->> " : " -> ") << path << ")";
    result.type = {text ? oid::kText : left.type.oid == 0 ? oid::kJson : left.type.oid, -1};
    return result;
  }
  if (op == "?") return boolean(Piece("json_exists(") << as_json(left.sql) << ", " << right.sql << ")");
  auto row = std::ranges::find(kBinary, op, &Template::op);
  if (row == kBinary.end()) return refuse("42883", fmt::format("operator does not exist: {}", op), position(location));
  result.type = result_type(row->result, left.type, right.type);
  std::vector<Expression> arguments;
  arguments.push_back(std::move(left));
  arguments.push_back(std::move(right));
  result.sql << fill(row->sql, arguments);
  return result;
}

// Postgres divides integers as integers, numerics exactly, and refuses zero.
Checked<Expression> Printer::divide(Expression left, Expression right, std::int32_t location) {
  Expression result;
  result.sql.mark(location);
  Oid l = left.type.oid, r = right.type.oid;
  if (is_integer(l) && is_integer(r)) {
    result.sql << "(" << left.sql << " // " << nonzero(right) << ")";
    result.type = common_type(left.type, right.type);
  } else if (is_float(l) || is_float(r) || l == oid::kInterval) {
    result.sql << "(" << left.sql << " / " << nonzero(right) << ")";
    result.type = l == oid::kInterval ? left.type : Type{oid::kFloat8, -1};
  } else if (is_number(l) && is_number(r)) {
    // Over integers: (left * 10^sl) / (right * 10^sr), to 16 digits after the point.
    int sl = left.type.scale, sr = right.type.scale;
    Piece l_whole = unscaled(left.sql, sl), r_whole = unscaled(right.sql, sr);
    result.sql << "tarn_divide(" << l_whole << ", " << r_whole << fmt::format(", {})", sr - sl);
    result.exact_text = Piece("tarn_divide_text(") << l_whole << ", " << r_whole << fmt::format(", {}, {})", sl, sr);
    result.type = unconstrained(kQuotientScale);
  } else {
    result.sql << "tarn_pg.divide(" << left.sql << ", " << right.sql << ")";
  }
  return result;
}

Checked<Expression> Printer::any_or_all(const PgQuery__AExpr& node, const Names& names) {
  TARN_ASSIGN(Expression left, expression(node.lexpr, names));
  TARN_ASSIGN(Expression right, expression(node.rexpr, names));
  std::string_view op = string_of(node.name[node.n_name - 1]);
  constexpr std::string_view kComparisons[] = {"=", "<>", "<", "<=", ">", ">="};
  if (std::ranges::find(kComparisons, op) == std::end(kComparisons))
    return not_supported("this operator with ANY or ALL", node.location);
  if (right.constant) {  // '{1,2}': an array literal
    TARN_ASSIGN(right,
                cast(std::move(right), {array_of(left.type.oid == 0 ? oid::kText : left.type.oid), -1}, node.location));
  }
  if (right.type.oid == oid::kUnknown && node.rexpr->node_case == PG_QUERY__NODE__NODE_PARAM_REF) {
    Type array{array_of(left.type.oid == oid::kUnknown ? oid::kText : left.type.oid), -1, left.type.scale};
    if (auto duck = duck_type(array)) right.sql = Piece("CAST(") << right.sql << " AS " << *duck << ")";
  }
  bool all = node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL;
  return boolean(Piece("(") << left.sql << " " << op << (all ? " ALL(" : " ANY(") << right.sql << "))");
}

Checked<Expression> Printer::in_list(const PgQuery__AExpr& node, const Names& names) {
  TARN_ASSIGN(Expression left, expression(node.lexpr, names));
  TARN_ASSIGN(std::vector<Expression> items,
              expressions(Nodes(node.rexpr->list->items, node.rexpr->list->n_items), names));
  bool negated = string_of(node.name[0]) == "<>";
  for (Expression& item : items) TARN_TRY(match_types("=", left, item, node.location));
  return boolean(Piece("(") << left.sql << (negated ? " NOT IN (" : " IN (") << fill("$*", items) << "))");
}

Checked<Expression> Printer::like(const PgQuery__AExpr& node, const Names& names) {
  TARN_ASSIGN(Expression left, expression(node.lexpr, names));
  std::string_view op = string_of(node.name[node.n_name - 1]);
  bool negated = op.starts_with('!');
  bool any_case = node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE;
  const PgQuery__Node* pattern_node = node.rexpr;
  Piece escape(" ESCAPE '\\'");
  if (pattern_node->node_case == PG_QUERY__NODE__NODE_FUNC_CALL &&
      string_of(pattern_node->func_call->funcname[pattern_node->func_call->n_funcname - 1]) == "like_escape" &&
      pattern_node->func_call->n_args == 2) {
    TARN_ASSIGN(Expression character, expression(pattern_node->func_call->args[1], names));
    escape = Piece(" ESCAPE ") << character.sql;
    pattern_node = pattern_node->func_call->args[0];
  }
  TARN_ASSIGN(Expression pattern, expression(pattern_node, names));
  if (pattern.constant && pattern_node == node.rexpr && pattern.constant->find('\\') == std::string::npos)
    escape = Piece();
  return boolean(Piece("(") << left.sql << (negated ? " NOT " : " ") << (any_case ? "ILIKE " : "LIKE ") << pattern.sql
                            << escape << ")");
}

Checked<Expression> Printer::between(const PgQuery__AExpr& node, const Names& names) {
  TARN_ASSIGN(Expression value, expression(node.lexpr, names));
  TARN_ASSIGN(Expression low, expression(node.rexpr->list->items[0], names));
  TARN_ASSIGN(Expression high, expression(node.rexpr->list->items[1], names));
  TARN_TRY(match_types(">=", value, low, node.location));
  TARN_TRY(match_types("<=", value, high, node.location));
  bool symmetric = node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM ||
                   node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
  bool negated = node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN ||
                 node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
  if (!symmetric) {
    return boolean(Piece("(") << value.sql << (negated ? " NOT BETWEEN " : " BETWEEN ") << low.sql << " AND "
                              << high.sql << ")");
  }
  std::vector<Expression> bounds{low, high};
  return boolean(Piece("(") << value.sql << (negated ? " NOT BETWEEN " : " BETWEEN ") << "least(" << fill("$*", bounds)
                            << ") AND greatest(" << fill("$*", bounds) << "))");
}

}  // namespace tarn::sql
