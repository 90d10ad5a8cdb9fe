// The select list, with the output names that Postgres would give (FigureColname in its parse_target.c).
#include <fmt/format.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>

#include "sql/printer.h"

namespace tarn::sql {
namespace {

constexpr std::string_view kNoName = "?column?";

struct Named {
  std::string_view name;
  int strength = 0;  // 0: none, 1: of a type or CASE, which something better replaces, 2: of a column or function
};

Named name_of(const PgQuery__Node* node, int depth = 0) {
  if (node == nullptr || depth > kNestingMax) return {};
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_COLUMN_REF: {
      const auto& ref = *node->column_ref;
      for (std::size_t i = ref.n_fields; i-- > 0;) {
        if (std::string_view name = string_of(ref.fields[i]); !name.empty()) return {name, 2};
      }
      return {};
    }
    case PG_QUERY__NODE__NODE_A_INDIRECTION: {
      const auto& path = *node->a_indirection;
      for (std::size_t i = path.n_indirection; i-- > 0;) {
        if (std::string_view name = string_of(path.indirection[i]); !name.empty()) return {name, 2};
      }
      return name_of(path.arg, depth + 1);
    }
    case PG_QUERY__NODE__NODE_FUNC_CALL:
      return {string_of(node->func_call->funcname[node->func_call->n_funcname - 1]), 2};
    case PG_QUERY__NODE__NODE_A_EXPR:
      return node->a_expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF ? Named{"nullif", 2} : Named{};
    case PG_QUERY__NODE__NODE_TYPE_CAST: {
      Named inner = name_of(node->type_cast->arg, depth + 1);
      const auto& type = *node->type_cast->type_name;
      return inner.strength > 1 ? inner : Named{string_of(type.names[type.n_names - 1]), 1};
    }
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE: return name_of(node->collate_clause->arg, depth + 1);
    case PG_QUERY__NODE__NODE_GROUPING_FUNC: return {"grouping", 2};
    case PG_QUERY__NODE__NODE_SUB_LINK: {
      const auto& link = *node->sub_link;
      if (link.sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK) return {"exists", 2};
      if (link.sub_link_type == PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK) return {"array", 2};
      if (link.sub_link_type != PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK) return {};
      const auto& select = *link.subselect->select_stmt;
      if (select.n_target_list == 0) return {};
      const auto& target = *select.target_list[0]->res_target;
      if (target.name != nullptr && *target.name != '\0') return {target.name, 2};
      return name_of(target.val, depth + 1);
    }
    case PG_QUERY__NODE__NODE_CASE_EXPR: {
      Named inner = name_of(node->case_expr->defresult, depth + 1);
      return inner.strength > 1 ? inner : Named{"case", 1};
    }
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR: return {"array", 2};
    case PG_QUERY__NODE__NODE_ROW_EXPR: return {"row", 2};
    case PG_QUERY__NODE__NODE_COALESCE_EXPR: return {"coalesce", 2};
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR:
      return {node->min_max_expr->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST ? "greatest" : "least", 2};
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION: {
      constexpr std::string_view kNames[] = {"",
                                             "",
                                             "current_date",
                                             "current_time",
                                             "current_time",
                                             "current_timestamp",
                                             "current_timestamp",
                                             "localtime",
                                             "localtime",
                                             "localtimestamp",
                                             "localtimestamp",
                                             "current_role",
                                             "current_user",
                                             "user",
                                             "session_user",
                                             "current_catalog",
                                             "current_schema"};
      static_assert(PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE == 1);
      auto op = static_cast<std::size_t>(node->sqlvalue_function->op) + 1;
      return op < std::size(kNames) ? Named{kNames[op], 2} : Named{};
    }
    default: return {};
  }
}

}  // namespace

std::string Printer::output_name(const PgQuery__Node* node) {
  Named named = name_of(node);
  return std::string(named.strength == 0 ? kNoName : named.name);
}

Checked<Printer::Target> Printer::target_list(Nodes targets, const Names& names, Literals literals, Exact exact) {
  Target list;
  for (const PgQuery__Node* node : targets) {
    TARN_ASSIGN(Target one, target(*node->res_target, names, literals, exact, list.columns.size()));
    list.sql << (list.sql.text.empty() ? "" : ", ") << one.sql;
    list.columns.insert(list.columns.end(), one.columns.begin(), one.columns.end());
    list.open |= one.open;
  }
  if (targets.empty()) list.sql << "NULL AS \"?column?\"";  // SELECT without columns: no such thing in DuckDB
  return list;
}

Checked<void> Printer::assign(Expression& value, std::size_t column) {
  if (depth_ != 1 || column >= context_.assigned.size()) return {};
  const ColumnInfo& to = context_.assigned[column];
  bool bare = value.constant || (value.type.oid == oid::kUnknown && value.sql.text.starts_with('$'));
  if (!bare || to.type == oid::kJson) return {};
  TARN_ASSIGN(value, cast(std::move(value), declared(to.type, to.type_modifier), -1));
  return {};
}

Checked<Printer::Target> Printer::target(const PgQuery__ResTarget& node, const Names& names, Literals literals,
                                         Exact exact, std::size_t column) {
  if (node.val->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
    const auto& ref = *node.val->column_ref;
    if (ref.n_fields > 0 && ref.fields[ref.n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR)
      return star(ref, names);
  }
  TARN_ASSIGN(Expression value, expression(node.val, names));
  TARN_TRY(assign(value, column));
  bool aliased = node.name != nullptr && *node.name != '\0';
  std::string name = aliased ? std::string(node.name) : output_name(node.val);
  bool open = value.constant || value.sql.text == "NULL";
  if (open && literals == Literals::kText) {
    value.sql = Piece("CAST(") << value.sql << " AS VARCHAR)";
    value.type = {oid::kText, -1};
  }
  Oid type = value.type.oid;
  bool named_oid =
      type == oid::kRegclass || type == oid::kRegtype || type == oid::kRegnamespace || type == oid::kRegrole;
  if (named_oid && depth_ == 1) value = to_text(std::move(value));  // the client sees names
  bool average = node.val->node_case == PG_QUERY__NODE__NODE_FUNC_CALL;
  std::string order_by;
  if (value.exact_text && (exact == Exact::kAll || (exact == Exact::kAverages && average))) {
    order_by = std::move(value.sql.text);
    value.sql = std::move(*value.exact_text);
  }
  Target target;
  target.sql << value.sql << " AS " << quote_name(name);
  target.columns.push_back({std::move(name), value.type, std::move(order_by)});
  return target;
}

Printer::Exact Printer::exactness(const PgQuery__SelectStmt& node) const {
  if (depth_ != 1 || context_.stored || node.n_distinct_clause > 0) return Exact::kNo;
  return node.n_group_clause > 0 ? Exact::kAverages : Exact::kAll;
}

Checked<Printer::Target> Printer::star(const PgQuery__ColumnRef& node, const Names& names) {
  Target target;
  target.sql.mark(node.location);
  if (names.scope == nullptr || names.scope->relations.empty()) {
    return refuse("42601", "SELECT * with no tables specified is not valid", position(node.location));
  }
  if (node.n_fields > 1) {
    std::string_view alias = string_of(node.fields[node.n_fields - 2]);
    const Relation* relation = find_relation(*names.scope, alias);
    if (relation == nullptr) {
      return refuse("42P01", fmt::format("missing FROM-clause entry for table \"{}\"", alias), position(node.location),
                    alias_hint(alias, names.scope));
    }
    target.sql << quote_name(alias) << ".*";
    target.columns = relation->columns;
    target.open = relation->open;
    return target;
  }
  // Spelt out where JOIN USING merged columns: those come first, in Postgres.
  const auto& relations = names.scope->relations;
  std::vector<std::string> merged;
  for (const Relation& relation : relations) {
    target.open |= relation.open;
    merged.insert(merged.end(), relation.merged.begin(), relation.merged.end());
  }
  auto add = [&](const Piece& sql, const OutputColumn& column) {
    target.sql << (target.columns.empty() ? "" : ", ") << sql;
    target.columns.push_back(column);
  };
  if (target.open || merged.empty()) {
    for (const Relation& relation : relations) {
      target.columns.insert(target.columns.end(), relation.columns.begin(), relation.columns.end());
    }
    target.sql << "*";
    return target;
  }
  std::vector<std::string_view> done;
  for (const std::string& name : merged) {
    if (std::find(done.begin(), done.end(), name) != done.end()) continue;
    done.push_back(name);
    FoundColumn found = find_column(*names.scope, name);
    add(Piece(quote_name(name)), {name, found.type});
  }
  for (const Relation& relation : relations) {
    for (const OutputColumn& column : relation.columns) {
      if (std::find(done.begin(), done.end(), column.name) != done.end()) continue;
      add(Piece(quote_name(relation.alias)) << "." << quote_name(column.name), column);
    }
  }
  return target;
}

}  // namespace tarn::sql
