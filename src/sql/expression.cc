// Expressions but for operators, casts and calls, which have files of their own.
#include <fmt/format.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>
#include <charconv>

#include "sql/printer.h"

namespace tarn::sql {
namespace {

// 1.5e3 as 1500: Postgres's numbers with an exponent are numeric, DuckDB's are doubles. Empty if it has over 38 digits.
std::string plain_number(std::string_view text) {
  std::size_t e = text.find_first_of("eE");
  std::string digits(text.substr(0, e));
  int exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    if (std::from_chars(power.data(), power.data() + power.size(), exponent).ec != std::errc()) return {};
  }
  if (exponent < -60 || exponent > 60) return {};
  std::size_t point = digits.find('.');
  int scale = point == std::string::npos ? 0 : static_cast<int>(digits.size() - point) - 1;
  if (point != std::string::npos) digits.erase(point, 1);
  scale -= exponent;
  if (scale < 0) digits.append(static_cast<std::size_t>(-scale), '0'), scale = 0;
  auto places = static_cast<std::size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places - digits.size() + 1, '0');
  std::size_t first = std::min(digits.find_first_not_of('0'), digits.size() - places - 1);
  digits.erase(0, first);
  if (digits.size() > 38) return {};
  if (places > 0) digits.insert(digits.size() - places, ".");
  return digits;
}

}  // namespace

Checked<Expression> Printer::expression(const PgQuery__Node* node, const Names& names) {
  if (++printed_.nodes > kNodesMax) return refuse("54001", "query is too complex");
  if (++depth_ > kNestingMax) return refuse("54001", fmt::format("query is nested deeper than {} levels", kNestingMax));
  Checked<Expression> result = expression_inner(node, names);
  --depth_;
  if (result && result->sql.text.size() > kPrintedBytesMax) return refuse("54001", "query is too complex");
  return result;
}

Checked<std::vector<Expression>> Printer::expressions(Nodes nodes, const Names& names) {
  std::vector<Expression> list;
  for (const PgQuery__Node* node : nodes) {
    TARN_ASSIGN(Expression one, expression(node, names));
    list.push_back(std::move(one));
  }
  return list;
}

Checked<Expression> Printer::expression_inner(const PgQuery__Node* node, const Names& names) {
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_A_CONST: return constant(*node->a_const);
    case PG_QUERY__NODE__NODE_COLUMN_REF: return column(*node->column_ref, names);
    case PG_QUERY__NODE__NODE_PARAM_REF: {
      auto number = node->param_ref->number;
      if (number < 1 || number > static_cast<int>(kParametersMax) || !printed_.expanding.empty()) {
        return refuse("42P02", fmt::format("there is no parameter ${}", number), position(node->param_ref->location));
      }
      return parameter(number, node->param_ref->location);
    }
    case PG_QUERY__NODE__NODE_A_EXPR: return operation(*node->a_expr, names);
    case PG_QUERY__NODE__NODE_TYPE_CAST: return type_cast(*node->type_cast, names);
    case PG_QUERY__NODE__NODE_FUNC_CALL: return call(*node->func_call, names);
    case PG_QUERY__NODE__NODE_CASE_EXPR: return case_expression(*node->case_expr, names);
    case PG_QUERY__NODE__NODE_SUB_LINK: return sublink(*node->sub_link, names);
    case PG_QUERY__NODE__NODE_A_INDIRECTION: return indirection(*node->a_indirection, names);
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION: return value_function(*node->sqlvalue_function);
    case PG_QUERY__NODE__NODE_COALESCE_EXPR: {
      const auto& coalesce = *node->coalesce_expr;
      return same_type("coalesce", Nodes(coalesce.args, coalesce.n_args), names, coalesce.location);
    }
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR: {
      const auto& pick = *node->min_max_expr;
      bool greatest = pick.op == PG_QUERY__MIN_MAX_OP__IS_GREATEST;
      return same_type(greatest ? "greatest" : "least", Nodes(pick.args, pick.n_args), names, pick.location);
    }
    case PG_QUERY__NODE__NODE_BOOL_EXPR: {
      const auto& logic = *node->bool_expr;
      TARN_ASSIGN(std::vector<Expression> terms, expressions(Nodes(logic.args, logic.n_args), names));
      Expression result{.sql = Piece("("), .type = {oid::kBool, -1}};
      if (logic.boolop == PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR) result.sql << "NOT ";
      std::string_view word = logic.boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR ? " AND " : " OR ";
      for (std::size_t i = 0; i < terms.size(); ++i) result.sql << (i > 0 ? word : "") << terms[i].sql;
      result.sql << ")";
      return result;
    }
    case PG_QUERY__NODE__NODE_NULL_TEST: {
      TARN_ASSIGN(Expression value, expression(node->null_test->arg, names));
      bool is_null = node->null_test->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL;
      return Expression{.sql = Piece("(") << value.sql << (is_null ? " IS NULL)" : " IS NOT NULL)"),
                        .type = {oid::kBool, -1}};
    }
    case PG_QUERY__NODE__NODE_BOOLEAN_TEST: {
      constexpr std::string_view kTests[] = {" IS NOT DISTINCT FROM true",
                                             " IS DISTINCT FROM true",
                                             " IS NOT DISTINCT FROM false",
                                             " IS DISTINCT FROM false",
                                             " IS NULL",
                                             " IS NOT NULL"};
      auto test = static_cast<std::size_t>(node->boolean_test->booltesttype) - 1;
      if (test >= std::size(kTests)) return not_supported("this test", node->boolean_test->location);
      TARN_ASSIGN(Expression value, expression(node->boolean_test->arg, names));
      return Expression{.sql = Piece("(") << value.sql << kTests[test] << ")", .type = {oid::kBool, -1}};
    }
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR: {
      TARN_ASSIGN(std::vector<Expression> items,
                  expressions(Nodes(node->a_array_expr->elements, node->a_array_expr->n_elements), names));
      Type element;
      for (const Expression& item : items)
        element = common_type(element, item.constant ? Type{oid::kText, -1} : item.type);
      return Expression{.sql = Piece("[") << fill("$*", items) << "]", .type = {array_of(element.oid), -1}};
    }
    case PG_QUERY__NODE__NODE_ROW_EXPR: {
      TARN_ASSIGN(std::vector<Expression> items,
                  expressions(Nodes(node->row_expr->args, node->row_expr->n_args), names));
      return Expression{.sql = Piece("ROW(") << fill("$*", items) << ")", .type = {oid::kRecord, -1}};
    }
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE: {
      const auto& clause = *node->collate_clause;
      std::string_view name = string_of(clause.collname[clause.n_collname - 1]);
      if (name != "C" && name != "POSIX" && name != "default" && name != "ucs_basic" && name != "C.UTF-8") {
        return refuse("42704", fmt::format("collation \"{}\" for encoding \"UTF8\" does not exist", name),
                      position(clause.location));
      }
      return expression(clause.arg, names);  // text compares by bytes, as C and C.UTF-8 do
    }
    case PG_QUERY__NODE__NODE_GROUPING_FUNC: {
      TARN_ASSIGN(std::vector<Expression> keys,
                  expressions(Nodes(node->grouping_func->args, node->grouping_func->n_args), names));
      return Expression{.sql = Piece("CAST(GROUPING(") << fill("$*", keys) << ") AS INTEGER)",
                        .type = {oid::kInt4, -1}};
    }
    case PG_QUERY__NODE__NODE_LIST: {  // (a, b) where the grammar makes no RowExpr
      TARN_ASSIGN(std::vector<Expression> items, expressions(Nodes(node->list->items, node->list->n_items), names));
      return Expression{.sql = Piece("(") << fill("$*", items) << ")"};
    }
    default: return not_supported("this expression", -1);
  }
}

Checked<Expression> Printer::constant(const PgQuery__AConst& node) {
  Expression result;
  result.sql.mark(node.location);
  if (node.isnull) {
    result.sql << "NULL";
    return result;
  }
  switch (node.val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
      result.sql << std::to_string(node.ival->ival);
      result.type = {oid::kInt4, -1};
      return result;
    case PG_QUERY__A__CONST__VAL_FVAL: {
      std::string_view text = node.fval->fval;
      if (text.find_first_not_of("0123456789") == std::string_view::npos) {  // an integer beyond int4
        std::int64_t value = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()) {
          result.sql << text;
          result.type = {oid::kInt8, -1};
          return result;
        }
      }
      std::string number = plain_number(text);
      if (number.empty()) {
        result.sql << "CAST('" << text << "' AS DOUBLE)";
        result.type = {oid::kFloat8, -1};
        return result;
      }
      std::size_t point = number.find('.');
      std::size_t digits = number.size() - (point != std::string::npos);
      int scale = point == std::string::npos ? 0 : static_cast<int>(number.size() - point) - 1;
      result.type = unconstrained(scale);
      result.sql << (point == std::string::npos ? fmt::format("CAST({} AS DECIMAL({},0))", number, digits) : number);
      return result;
    }
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
      result.sql << (node.boolval->boolval ? "true" : "false");
      result.type = {oid::kBool, -1};
      return result;
    case PG_QUERY__A__CONST__VAL_SVAL:
      result.sql << quote_text(node.sval->sval);
      result.constant = node.sval->sval;
      return result;
    default: return not_supported("a bit string", node.location);
  }
}

Expression Printer::parameter(int number, std::int32_t location) {
  Expression result;
  result.sql.mark(location) << fmt::format("${}", number);
  auto index = static_cast<std::size_t>(number) - 1;
  if (index < context_.parameter_types.size()) result.type.oid = context_.parameter_types[index];
  if (result.type.oid == 705) result.type.oid = 0;  // Postgres's own "unknown"
  return result;
}

// The column `name` without a table, or the table `name` itself.
Checked<Expression> Printer::bare_column(const std::string& name, std::int32_t location, const Names& names) {
  Expression result;
  result.sql.mark(location);
  FoundColumn found = names.scope == nullptr ? FoundColumn{} : find_column(*names.scope, name);
  if (found.ambiguous && !found.maybe) {
    return refuse("42702", fmt::format("column reference \"{}\" is ambiguous", name), position(location));
  }
  if (found.relation != nullptr || found.maybe) {
    // Qualified, so that neither an output's name nor a macro's own sub-select catches it.
    bool qualified = found.relation != nullptr && !found.ambiguous && !found.merged && !found.relation->alias.empty();
    if (qualified) result.sql << quote_name(found.relation->alias) << ".";
    result.sql << quote_name(name);
    result.type = found.type;
    return result;
  }
  const Relation* relation = names.scope == nullptr ? nullptr : find_relation(*names.scope, name);
  if (relation != nullptr) {
    if (relation->scalar) {
      result.sql << quote_name(name) << "." << quote_name(relation->columns[0].name);
      result.type = relation->columns[0].type;
    } else {
      result.sql << quote_name(name);
      result.type = {oid::kRecord, -1};
    }
    return result;
  }
  return refuse("42703", fmt::format("column \"{}\" does not exist", name), position(location),
                column_hint(name, names.scope));
}

Checked<Expression> Printer::column(const PgQuery__ColumnRef& node, const Names& names) {
  std::vector<std::string> path;
  for (std::size_t i = 0; i < node.n_fields; ++i) {
    if (node.fields[i]->node_case == PG_QUERY__NODE__NODE_A_STAR) return not_supported("* here", node.location);
    path.emplace_back(string_of(node.fields[i]));
  }
  if (path.size() == 1) return bare_column(path[0], node.location, names);

  Expression result;
  result.sql.mark(node.location);
  // [[database.]schema.]table.column, or column.field of a struct.
  for (std::size_t table = 0; table + 1 < path.size() && table < 3 && names.scope != nullptr; ++table) {
    const Relation* relation = find_relation(*names.scope, path[table]);
    if (relation == nullptr) continue;
    const std::string& name = path[table + 1];
    const OutputColumn* found = find_column(*relation, name);
    if (found == nullptr && relation->catalog != 0 && name == "tableoid") {
      result.sql << fmt::format("CAST({} AS UINTEGER)", relation->catalog);
      result.type = {oid::kOid, -1};
      return result;
    }
    if (found == nullptr && !relation->open) {
      const Scope alone{.relations = {*relation}};
      return refuse("42703", fmt::format("column {}.{} does not exist", path[table], name), position(node.location),
                    column_hint(name, &alone));
    }
    if (found != nullptr) result.type = found->type;
    result.sql << quote_name(relation->alias) << "." << quote_name(name);
    for (std::size_t i = table + 2; i < path.size(); ++i) result.sql << "." << quote_name(path[i]), result.type = {};
    return result;
  }
  FoundColumn found = names.scope == nullptr ? FoundColumn{} : find_column(*names.scope, path[0]);
  if (found.relation == nullptr && !found.maybe) {
    const std::string& missing = path[path.size() - 2];
    return refuse("42P01", fmt::format("missing FROM-clause entry for table \"{}\"", missing), position(node.location),
                  alias_hint(missing, names.scope));
  }
  for (std::size_t i = 0; i < path.size(); ++i) result.sql << (i > 0 ? "." : "") << quote_name(path[i]);
  return result;
}

Checked<Expression> Printer::same_type(std::string_view function, Nodes nodes, const Names& names,
                                       std::int32_t location) {
  TARN_ASSIGN(std::vector<Expression> arguments, expressions(nodes, names));
  Expression result;
  for (const Expression& argument : arguments) result.type = common_type(result.type, argument.type);
  bool literals = std::ranges::all_of(arguments, [](const Expression& e) { return e.constant.has_value(); });
  if (literals) result.type = {oid::kText, -1};
  result.sql.mark(location) << function << "(" << fill("$*", arguments) << ")";
  return result;
}

Checked<Expression> Printer::case_expression(const PgQuery__CaseExpr& node, const Names& names) {
  Expression result;
  result.sql.mark(node.location) << "CASE";
  std::vector<Expression> values;
  Expression subject;
  if (node.arg != nullptr) {
    TARN_ASSIGN(subject, expression(node.arg, names));
    result.sql << " " << subject.sql;
  }
  bool literals = true;
  auto take = [&](Expression& value) {
    result.type = common_type(result.type, value.type);
    literals = literals && (value.constant || value.sql.text == "NULL");
  };
  for (std::size_t i = 0; i < node.n_args; ++i) {
    const PgQuery__CaseWhen& when = *node.args[i]->case_when;
    TARN_ASSIGN(Expression condition, expression(when.expr, names));
    TARN_ASSIGN(Expression value, expression(when.result, names));
    take(value);
    result.sql << " WHEN " << condition.sql << " THEN " << value.sql;
  }
  if (node.defresult != nullptr) {
    TARN_ASSIGN(Expression value, expression(node.defresult, names));
    take(value);
    result.sql << " ELSE " << value.sql;
  }
  if (literals) result.type = {oid::kText, -1};
  result.sql << " END";
  return result;
}

Checked<Expression> Printer::sublink(const PgQuery__SubLink& node, const Names& names) {
  TARN_ASSIGN(Query query, select(*node.subselect->select_stmt, names));
  Expression result;
  result.type = {oid::kBool, -1};
  result.sql.mark(node.location);
  Type first = query.columns.empty() ? Type{} : query.columns[0].type;
  switch (node.sub_link_type) {
    case PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK: result.sql << "EXISTS (" << query.sql << ")"; return result;
    case PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK:
      result.sql << "(" << query.sql << ")";
      result.type = first;
      return result;
    case PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK: {
      result.sql << "ARRAY(" << query.sql << ")";
      result.type = {array_of(first.oid), -1};
      return result;
    }
    case PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK:
    case PG_QUERY__SUB_LINK_TYPE__ALL_SUBLINK: break;
    default: return not_supported("this sub-query", node.location);
  }
  bool all = node.sub_link_type == PG_QUERY__SUB_LINK_TYPE__ALL_SUBLINK;
  TARN_ASSIGN(Expression left, expression(node.testexpr, names));
  std::string_view op = node.n_oper_name == 0 ? "=" : string_of(node.oper_name[node.n_oper_name - 1]);
  constexpr std::string_view kComparisons[] = {"=", "<>", "<", "<=", ">", ">="};
  if (std::ranges::find(kComparisons, op) == std::end(kComparisons))
    return not_supported("this operator with ANY or ALL", node.location);
  if (node.n_oper_name == 0) {
    result.sql << "(" << left.sql << " IN (" << query.sql << "))";
  } else {
    result.sql << "(" << left.sql << " " << op << (all ? " ALL (" : " ANY (") << query.sql << "))";
  }
  return result;
}

Checked<Expression> Printer::indirection(const PgQuery__AIndirection& node, const Names& names) {
  TARN_ASSIGN(Expression result, expression(node.arg, names));
  const TypeFacts* element = element_of(result.type.oid);
  result.sql = Piece("(") << result.sql << ")";
  result.constant.reset();
  result.type = {};
  for (std::size_t i = 0; i < node.n_indirection; ++i) {
    const PgQuery__Node* step = node.indirection[i];
    if (std::string_view field = string_of(step); !field.empty()) {
      result.sql << "." << quote_name(field);
      continue;
    }
    if (step->node_case != PG_QUERY__NODE__NODE_A_INDICES) return not_supported(".* of a value", -1);
    const auto& index = *step->a_indices;
    Expression low, high;
    if (index.lidx != nullptr) {
      TARN_ASSIGN(low, expression(index.lidx, names));
    }
    if (index.uidx != nullptr) {
      TARN_ASSIGN(high, expression(index.uidx, names));
    }
    result.sql << "[" << low.sql << (index.is_slice ? ":" : "") << high.sql << "]";
    if (element != nullptr && !index.is_slice && i == 0) result.type = {element->oid, -1};
  }
  return result;
}

Checked<Expression> Printer::value_function(const PgQuery__SQLValueFunction& node) {
  Expression result;
  result.sql.mark(node.location);
  auto is = [&](std::string_view sql, Oid type) {
    result.sql << sql;
    result.type = {type, -1};
    return result;
  };
  switch (node.op) {
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE: return is("current_date", oid::kDate);
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N: return is("now()", oid::kTimestamptz);
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N: return is("CAST(now() AS TIMESTAMP)", oid::kTimestamp);
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N:
      return is("CAST(CAST(now() AS TIMESTAMP) AS TIME)", oid::kTime);
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_ROLE:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_USER:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_USER:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_SESSION_USER: return is(quote_text(context_.user), oid::kName);
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_CATALOG: return is(quote_text(context_.database), oid::kName);
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA: return is(current_schema(), oid::kName);
    default: return not_supported("current_time", node.location);
  }
}

}  // namespace tarn::sql
