// SELECT and what it is made of: WITH, set operations, VALUES, GROUP BY, WINDOW, ORDER BY, LIMIT.
#include <fmt/format.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>

#include "sql/printer.h"

namespace tarn::sql {
namespace {

using Deeper = struct DepthGuard {
  explicit DepthGuard(int& depth) : depth_(depth) { ++depth_; }
  ~DepthGuard() { --depth_; }
  DepthGuard(const DepthGuard&) = delete;
  int& depth_;
};

bool has_tail(const PgQuery__SelectStmt& node) {
  return node.n_sort_clause > 0 || node.limit_count != nullptr || node.limit_offset != nullptr ||
         node.with_clause != nullptr;
}

void rename_columns(std::vector<OutputColumn>& columns, std::size_t count, PgQuery__Node* const* names) {
  for (std::size_t i = 0; i < count && i < columns.size(); ++i) columns[i].name = string_of(names[i]);
}

// x of a column reference that is only x.
std::string_view bare_name(const PgQuery__Node* node) {
  bool bare = node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF && node->column_ref->n_fields == 1;
  return bare ? string_of(node->column_ref->fields[0]) : std::string_view();
}

// The output that a key of ORDER BY names, or counts from 1; nullptr if it is an expression.
const OutputColumn* output_meant(const PgQuery__Node* key, const std::vector<OutputColumn>& outputs) {
  if (key->node_case == PG_QUERY__NODE__NODE_A_CONST && key->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
    auto index = static_cast<std::size_t>(key->a_const->ival->ival) - 1;
    return index < outputs.size() ? &outputs[index] : nullptr;
  }
  std::string_view name = bare_name(key);
  auto found = name.empty() ? outputs.end() : std::ranges::find(outputs, name, &OutputColumn::name);
  return found == outputs.end() ? nullptr : &*found;
}

Piece name_list(std::size_t count, PgQuery__Node* const* names) {
  Piece list("(");
  for (std::size_t i = 0; i < count; ++i) list << (i > 0 ? ", " : "") << quote_name(string_of(names[i]));
  return list << ")";
}

}  // namespace

Checked<Printer::Query> Printer::select(const PgQuery__SelectStmt& node, const Names& outer, Literals literals) {
  Deeper deeper(depth_);
  if (depth_ > kNestingMax) return refuse("54001", fmt::format("query is nested deeper than {} levels", kNestingMax));
  if (++printed_.nodes > kNodesMax) return refuse("54001", "query is too complex");
  CommonTables tables{.tables = {}, .outer = outer.tables};
  Query query;
  if (node.with_clause != nullptr) {
    TARN_ASSIGN(query.sql, with(*node.with_clause, outer, tables));
  }
  Names names{outer.scope, &tables};
  Checked<Query> body = node.op != PG_QUERY__SET_OPERATION__SETOP_NONE ? set_operation(node, names)
                        : node.n_values_lists > 0                      ? values(node, names)
                                                                       : select_body(node, names, literals);
  if (!body) return body;
  query.sql << body->sql;
  if (query.sql.text.size() > kPrintedBytesMax) return refuse("54001", "query is too complex");
  query.columns = std::move(body->columns);
  query.open = body->open;
  return query;
}

Checked<Piece> Printer::with(const PgQuery__WithClause& node, const Names& outer, CommonTables& tables) {
  Piece piece(node.recursive ? "WITH RECURSIVE " : "WITH ");
  for (std::size_t i = 0; i < node.n_ctes; ++i) {
    if (i > 0) piece << ", ";
    TARN_ASSIGN(Piece table, common_table(*node.ctes[i]->common_table_expr, node.recursive, outer, tables));
    piece << table;
  }
  return piece << " ";
}

Checked<Piece> Printer::common_table(const PgQuery__CommonTableExpr& node, bool recursive, const Names& outer,
                                     CommonTables& tables) {
  std::string_view name = node.ctename;
  if (name.starts_with("tarn_")) {
    return refuse("42939", fmt::format("names that begin with tarn_ are reserved: \"{}\"", name),
                  position(node.location));
  }
  if (node.ctequery->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
    return not_supported("WITH a statement that writes", node.location);
  if (node.search_clause != nullptr || node.cycle_clause != nullptr)
    return not_supported("SEARCH or CYCLE", node.location);
  const PgQuery__SelectStmt& select_node = *node.ctequery->select_stmt;
  Names names{outer.scope, &tables};
  if (recursive && select_node.op == PG_QUERY__SET_OPERATION__SETOP_UNION) {
    TARN_ASSIGN(Query first, select(*select_node.larg, names));  // tells the columns that the recursive part sees
    rename_columns(first.columns, node.n_aliascolnames, node.aliascolnames);
    tables.tables.push_back({std::string(name), std::move(first.columns), first.open});
  }
  std::size_t known = tables.tables.size();
  TARN_ASSIGN(Query query, select(select_node, names));
  rename_columns(query.columns, node.n_aliascolnames, node.aliascolnames);
  if (known > 0 && tables.tables.back().name == name) tables.tables.pop_back();
  tables.tables.push_back({std::string(name), std::move(query.columns), query.open});

  Piece piece(quote_name(name));
  if (node.n_aliascolnames > 0) piece << name_list(node.n_aliascolnames, node.aliascolnames);
  piece << " AS ";
  if (node.ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeAlways) piece << "MATERIALIZED ";
  if (node.ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeNever) piece << "NOT MATERIALIZED ";
  return piece << "(" << query.sql << ")";
}

Checked<Printer::Query> Printer::set_operation(const PgQuery__SelectStmt& node, const Names& outer) {
  TARN_ASSIGN(Query left, select(*node.larg, outer, Literals::kOpen));
  TARN_ASSIGN(Query right, select(*node.rarg, outer, Literals::kOpen));
  Query query;
  bool chain = node.larg->op == node.op && node.larg->all == node.all && !has_tail(*node.larg);
  chain ? query.sql << left.sql : query.sql << "(" << left.sql << ")";
  query.sql << (node.op == PG_QUERY__SET_OPERATION__SETOP_UNION       ? " UNION "
                : node.op == PG_QUERY__SET_OPERATION__SETOP_INTERSECT ? " INTERSECT "
                                                                      : " EXCEPT ");
  query.sql << (node.all ? "ALL (" : "(") << right.sql << ")";
  query.columns = std::move(left.columns);
  query.open = left.open || right.open;
  if (!query.open && query.columns.size() != right.columns.size()) {
    return refuse("42601", "each set operation's queries must have the same number of columns");
  }
  for (std::size_t i = 0; i < query.columns.size() && i < right.columns.size(); ++i) {
    query.columns[i].type = common_type(query.columns[i].type, right.columns[i].type);
  }
  Scope scope{.relations = {{.columns = query.columns, .open = query.open}}, .outer = outer.scope};
  TARN_ASSIGN(Piece end, tail(node, {&scope, outer.tables}));
  query.sql << end;
  return query;
}

Checked<Printer::Query> Printer::values(const PgQuery__SelectStmt& node, const Names& outer) {
  Query query;
  query.sql << "SELECT * FROM (VALUES ";
  for (std::size_t row = 0; row < node.n_values_lists; ++row) {
    const PgQuery__List& list = *node.values_lists[row]->list;
    if (row > 0 && list.n_items != query.columns.size())
      return refuse("42601", "VALUES lists must all be the same length");
    query.sql << (row > 0 ? ", (" : "(");
    for (std::size_t i = 0; i < list.n_items; ++i) {
      TARN_ASSIGN(Expression value, expression(list.items[i], outer));
      TARN_TRY(assign(value, i));
      if (row == 0) query.columns.push_back({fmt::format("column{}", i + 1), {}});
      query.columns[i].type = common_type(query.columns[i].type, value.type);
      query.sql << (i > 0 ? ", " : "") << value.sql;
    }
    query.sql << ")";
  }
  query.sql << ") AS \"*VALUES*\"(";
  for (std::size_t i = 0; i < query.columns.size(); ++i) {
    query.sql << (i > 0 ? ", " : "") << quote_name(query.columns[i].name);
  }
  query.sql << ")";
  Scope scope{.relations = {{.alias = "*VALUES*", .columns = query.columns}}, .outer = outer.scope};
  TARN_ASSIGN(Piece end, tail(node, {&scope, outer.tables}));
  query.sql << end;
  return query;
}

Checked<Printer::Query> Printer::select_body(const PgQuery__SelectStmt& node, const Names& outer, Literals literals) {
  TARN_ASSIGN(From from, from_clause(Nodes(node.from_clause, node.n_from_clause), outer));
  Scope scope{.relations = std::move(from.relations), .outer = outer.scope};
  Names names{&scope, outer.tables};
  TARN_ASSIGN(Target targets,
              target_list(Nodes(node.target_list, node.n_target_list), names, literals, exactness(node)));
  Query query;
  query.sql << "SELECT ";
  if (node.n_distinct_clause > 0) {
    query.sql << "DISTINCT ";
    if (node.distinct_clause[0]->node_case != PG_QUERY__NODE__NODE__NOT_SET) {
      TARN_ASSIGN(std::vector<Expression> keys,
                  expressions(Nodes(node.distinct_clause, node.n_distinct_clause), names));
      query.sql << "ON (" << fill("$*", keys) << ") ";
    }
  }
  query.sql << targets.sql;
  if (!from.sql.text.empty()) query.sql << " FROM " << from.sql;
  if (node.where_clause != nullptr) {
    TARN_ASSIGN(Expression condition, expression(node.where_clause, names));
    query.sql << " WHERE " << condition.sql;
  }
  TARN_ASSIGN(Piece groups, group_by(node, names));
  query.sql << groups;
  if (node.having_clause != nullptr) {
    TARN_ASSIGN(Expression condition, expression(node.having_clause, names));
    query.sql << " HAVING " << condition.sql;
  }
  TARN_ASSIGN(Piece windows, window_clause(Nodes(node.window_clause, node.n_window_clause), names));
  query.sql << windows;

  TARN_ASSIGN(Piece end, tail(node, names, &targets.columns));
  query.sql << end;
  query.columns = std::move(targets.columns);
  query.open = targets.open;
  return query;
}

Checked<Piece> Printer::group_by(const PgQuery__SelectStmt& node, const Names& names) {
  if (node.n_group_clause == 0) return Piece();
  Piece piece(" GROUP BY ");
  for (std::size_t i = 0; i < node.n_group_clause; ++i) {
    const PgQuery__Node* item = node.group_clause[i];
    if (i > 0) piece << ", ";
    if (item->node_case == PG_QUERY__NODE__NODE_GROUPING_SET) {
      TARN_ASSIGN(Piece set, grouping_set(*item->grouping_set, names));
      piece << set;
      continue;
    }
    std::string_view name = bare_name(item);
    if (!name.empty() && find_column(*names.scope, name).relation == nullptr) {  // an output's name
      piece.mark(item->column_ref->location) << quote_name(name);
      continue;
    }
    TARN_ASSIGN(Expression key, expression(item, names));
    piece << key.sql;
  }
  return piece;
}

Checked<Piece> Printer::grouping_set(const PgQuery__GroupingSet& node, const Names& names) {
  if (node.kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_EMPTY) return Piece("()");
  Piece piece(node.kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_ROLLUP ? "ROLLUP ("
              : node.kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_CUBE ? "CUBE ("
                                                                            : "GROUPING SETS (");
  for (std::size_t i = 0; i < node.n_content; ++i) {
    if (i > 0) piece << ", ";
    if (node.content[i]->node_case == PG_QUERY__NODE__NODE_GROUPING_SET) {
      if (++printed_.nodes > kNodesMax || depth_ + 1 > kNestingMax) return refuse("54001", "query is too complex");
      ++depth_;
      Checked<Piece> inner = grouping_set(*node.content[i]->grouping_set, names);
      --depth_;
      if (!inner) return inner;
      piece << *inner;
      continue;
    }
    TARN_ASSIGN(Expression key, expression(node.content[i], names));
    piece << key.sql;
  }
  return piece << ")";
}

Checked<Piece> Printer::window_clause(Nodes windows, const Names& names) {
  Piece piece;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const PgQuery__WindowDef& definition = *windows[i]->window_def;
    TARN_ASSIGN(Piece inner, window(definition, names, true));
    piece << (i > 0 ? ", " : " WINDOW ") << quote_name(definition.name) << " AS " << inner;
  }
  return piece;
}

Checked<Piece> Printer::order_by(Nodes sorts, const Names& names, std::string_view keyword,
                                 const std::vector<OutputColumn>* outputs) {
  Piece piece;
  for (std::size_t i = 0; i < sorts.size(); ++i) {
    const PgQuery__SortBy& sort = *sorts[i]->sort_by;
    if (sort.n_use_op > 0) return not_supported("ORDER BY ... USING", sort.location);
    const OutputColumn* output = outputs == nullptr ? nullptr : output_meant(sort.node, *outputs);
    Expression key;
    if (output != nullptr && !output->order_by.empty()) {
      key.sql << output->order_by;
    } else if (output != nullptr && !bare_name(sort.node).empty()) {
      key.sql << quote_name(output->name);
    } else {
      TARN_ASSIGN(key, expression(sort.node, names));
    }
    bool descending = sort.sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
    // Postgres sorts nulls as the largest value.
    bool nulls_first = sort.sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_DEFAULT
                           ? descending
                           : sort.sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST;
    piece << (i > 0 ? std::string_view(", ") : keyword) << key.sql << (descending ? " DESC" : " ASC")
          << (nulls_first ? " NULLS FIRST" : " NULLS LAST");
  }
  return piece;
}

Checked<Piece> Printer::tail(const PgQuery__SelectStmt& node, const Names& names,
                             const std::vector<OutputColumn>* outputs) {
  if (node.limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES) return not_supported("WITH TIES", -1);
  TARN_ASSIGN(Piece piece, order_by(Nodes(node.sort_clause, node.n_sort_clause), names, " ORDER BY ", outputs));
  bool limited = node.limit_count != nullptr && !(node.limit_count->node_case == PG_QUERY__NODE__NODE_A_CONST &&
                                                  node.limit_count->a_const->isnull);  // LIMIT ALL
  Names none{nullptr, names.tables};
  if (limited) {
    TARN_ASSIGN(Expression count, expression(node.limit_count, none));
    piece << " LIMIT " << count.sql;
  }
  if (node.limit_offset != nullptr) {
    TARN_ASSIGN(Expression count, expression(node.limit_offset, none));
    piece << " OFFSET " << count.sql;
  }
  return piece;
}

}  // namespace tarn::sql
