// FROM: names to scans, pg_catalog's tables and common table expressions; sub-selects, functions, joins.
#include <fmt/format.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>

#include "sql/pg_catalog.h"
#include "sql/printer.h"

namespace tarn::sql {
namespace {

std::string_view text_of(const char* text) { return text == nullptr ? std::string_view() : std::string_view(text); }

std::string_view join_words(PgQuery__JoinType type) {
  switch (type) {
    case PG_QUERY__JOIN_TYPE__JOIN_LEFT: return " LEFT JOIN ";
    case PG_QUERY__JOIN_TYPE__JOIN_RIGHT: return " RIGHT JOIN ";
    case PG_QUERY__JOIN_TYPE__JOIN_FULL: return " FULL JOIN ";
    default: return " JOIN ";
  }
}

bool is_constant(const PgQuery__Node* node, int wraps_left = 4) {
  if (node->node_case == PG_QUERY__NODE__NODE_A_CONST) return true;
  if (wraps_left == 0) return false;
  if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) return is_constant(node->type_cast->arg, wraps_left - 1);
  bool sign = node->node_case == PG_QUERY__NODE__NODE_A_EXPR && node->a_expr->lexpr == nullptr;
  return sign && is_constant(node->a_expr->rexpr, wraps_left - 1);
}

bool is_constant_call(const PgQuery__FuncCall& function) {
  return std::all_of(function.args, function.args + function.n_args,
                     [](const PgQuery__Node* node) { return is_constant(node); });
}

std::vector<std::string> common_columns(const std::vector<Relation>& left, const std::vector<Relation>& right) {
  std::vector<std::string> names;
  for (const Relation& from : left) {
    for (const OutputColumn& column : from.columns) {
      for (const Relation& other : right) {
        if (find_column(other, column.name) != nullptr) names.push_back(column.name);
      }
    }
  }
  return names;
}

}  // namespace

std::string Printer::scan_name(std::string_view name_space, std::string_view name) {
  for (const TableUse& use : printed_.tables) {
    if (use.name_space == name_space && use.name == name) return use.scan_name;
  }
  printed_.tables.push_back(
      {std::string(name_space), std::string(name), fmt::format("{}{}", kScanPrefix, printed_.tables.size())});
  return printed_.tables.back().scan_name;
}

Checked<Printer::From> Printer::from_clause(Nodes items, const Names& outer) {
  From from;
  Scope scope{.relations = {}, .outer = outer.scope};  // LATERAL items see those before them
  for (const PgQuery__Node* item : items) {
    TARN_ASSIGN(From one, from_item(item, {&scope, outer.tables}));
    from.sql << (from.sql.text.empty() ? "" : ", ") << one.sql;
    for (Relation& relation : one.relations) {
      bool taken = std::ranges::find(scope.relations, relation.alias, &Relation::alias) != scope.relations.end();
      if (taken) return refuse("42712", fmt::format("table name \"{}\" specified more than once", relation.alias));
      scope.relations.push_back(std::move(relation));
    }
  }
  from.relations = std::move(scope.relations);
  return from;
}

Checked<Printer::From> Printer::from_item(const PgQuery__Node* node, const Names& names) {
  if (++printed_.nodes > kNodesMax) return refuse("54001", "query is too complex");
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR: return range_var(*node->range_var, names);
    case PG_QUERY__NODE__NODE_RANGE_SUBSELECT: return subselect(*node->range_subselect, names);
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION: return range_function(*node->range_function, names);
    case PG_QUERY__NODE__NODE_JOIN_EXPR: return join(*node->join_expr, names);
    case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE:
      return not_supported("TABLESAMPLE", node->range_table_sample->location);
    default: return not_supported("this in FROM", -1);
  }
}

Checked<void> Printer::alias_columns(const PgQuery__Alias* alias, Relation& relation, Piece& sql) {
  if (alias == nullptr || alias->n_colnames == 0) return {};
  if (!relation.open && alias->n_colnames > relation.columns.size()) {
    return refuse("42P10", fmt::format("table \"{}\" has {} columns available but {} columns specified", relation.alias,
                                       relation.columns.size(), alias->n_colnames));
  }
  sql << "(";
  for (std::size_t i = 0; i < alias->n_colnames; ++i) {
    std::string_view name = string_of(alias->colnames[i]);
    if (i < relation.columns.size()) relation.columns[i].name = name;
    sql << (i > 0 ? ", " : "") << quote_name(name);
  }
  sql << ")";
  return {};
}

Checked<Printer::Meaning> Printer::meaning(std::string_view name_space, std::string_view name, const Names& names) {
  Meaning meaning;
  meaning.common = name_space.empty() && names.tables != nullptr ? names.tables->find(name) : nullptr;
  if (meaning.common != nullptr) return meaning;
  meaning.catalog = find_catalog_table(name_space.empty() ? "pg_catalog" : name_space, name);
  if (meaning.catalog != nullptr) return meaning;
  std::vector<std::string> candidates{std::string(name_space)};
  for (const std::string& candidate : name_space.empty() ? context_.search_path : candidates) {
    meaning.name_space = candidate;
    if ((meaning.columns = context_.table(candidate, name)) != nullptr) return meaning;
    if (context_.view) {
      TARN_ASSIGN(meaning.view, context_.view(candidate, name));
    }
    if (meaning.view != nullptr || (meaning.catalog = find_catalog_table(candidate, name)) != nullptr) return meaning;
  }
  return meaning;
}

// What a name that means nothing may have meant.
std::string Printer::relation_hint(std::string_view name_space, std::string_view name, const Names& names) const {
  std::vector<std::string> known;
  auto add = [&](std::string_view from, bool qualified) {
    if (!context_.relations) return;
    for (const std::string& each : context_.relations(from))
      known.push_back(qualified ? fmt::format("{}.{}", from, each) : each);
  };
  if (name_space.empty()) {
    for (const CommonTables* at = names.tables; at != nullptr; at = at->outer)
      for (const CommonTable& table : at->tables) known.push_back(table.name);
    for (const std::string& searched : context_.search_path) add(searched, false);
  } else {
    for (const std::string& each : context_.name_spaces) add(each, true);
  }
  return sql::relation_hint(name_space.empty() ? std::string(name) : fmt::format("{}.{}", name_space, name), known);
}

Checked<Printer::From> Printer::range_var(const PgQuery__RangeVar& node, const Names& names) {
  std::string_view database = text_of(node.catalogname), name_space = text_of(node.schemaname), name = node.relname;
  if (!database.empty() && database != context_.database && database != kDatabase) {
    return refuse(
        "0A000", fmt::format("cross-database references are not implemented: \"{}.{}.{}\"", database, name_space, name),
        position(node.location), "A session reads its own branch; connect to the other one for its tables.");
  }
  From from;
  Relation relation{.alias = std::string(node.alias != nullptr ? std::string_view(node.alias->aliasname) : name)};
  from.sql.mark(node.location);
  TARN_ASSIGN(Meaning meant, meaning(name_space, name, names));
  if (meant.common != nullptr) {
    relation.columns = meant.common->columns;
    relation.open = meant.common->open;
    from.sql << quote_name(name);
  } else if (meant.catalog != nullptr) {
    relation.columns = meant.catalog->columns;
    relation.catalog = meant.catalog->oid;
    printed_.reads_catalog = true;
    from.sql << kCatalogSchema << "." << quote_name(meant.catalog->duck_name);
  } else if (meant.columns != nullptr) {
    for (const ColumnInfo& column : *meant.columns)
      relation.columns.push_back({column.name, declared(column.type, column.type_modifier)});
    from.sql << scan_name(meant.name_space, name);
  } else if (meant.view != nullptr) {
    TARN_ASSIGN(const Printed::View* printed, view({meant.name_space, std::string(name)}, *meant.view, node.location));
    relation.columns = printed->columns;
    from.sql << printed->name;
  } else {
    std::string full = name_space.empty() ? std::string(name) : fmt::format("{}.{}", name_space, name);
    return refuse("42P01", fmt::format("relation \"{}\" does not exist", full), position(node.location),
                  relation_hint(name_space, name, names));
  }
  from.sql << " AS " << quote_name(relation.alias);
  TARN_TRY(alias_columns(node.alias, relation, from.sql));
  from.relations.push_back(std::move(relation));
  return from;
}

Checked<Printer::From> Printer::subselect(const PgQuery__RangeSubselect& node, const Names& names) {
  const Scope* before = node.lateral ? names.scope : names.scope->outer;
  TARN_ASSIGN(Query query, select(*node.subquery->select_stmt, {before, names.tables}));
  From from;
  Relation relation{.alias = node.alias->aliasname, .columns = std::move(query.columns), .open = query.open};
  from.sql << (node.lateral ? "LATERAL (" : "(") << query.sql << ") AS " << quote_name(relation.alias);
  TARN_TRY(alias_columns(node.alias, relation, from.sql));
  from.relations.push_back(std::move(relation));
  return from;
}

Checked<Printer::From> Printer::range_function(const PgQuery__RangeFunction& node, const Names& names) {
  if (node.is_rowsfrom || node.n_functions != 1 || node.n_coldeflist > 0)
    return not_supported("ROWS FROM or a column list", -1);
  const PgQuery__Node* called = node.functions[0]->list->items[0];
  if (called->node_case != PG_QUERY__NODE__NODE_FUNC_CALL) return not_supported("this function in FROM", -1);
  const PgQuery__FuncCall& function = *called->func_call;
  if (node.ordinality) return not_supported("WITH ORDINALITY", function.location);
  TARN_ASSIGN(Expression value, call(function, names));
  std::string_view name = string_of(function.funcname[function.n_funcname - 1]);
  From from;
  Relation relation{.alias = std::string(node.alias != nullptr ? std::string_view(node.alias->aliasname) : name)};
  relation.scalar = true;
  std::string_view column = node.alias != nullptr && node.alias->n_colnames > 0 ? string_of(node.alias->colnames[0])
                                                                                : std::string_view(relation.alias);
  relation.columns.push_back({std::string(column), value.type});
  if (name == "generate_series" && is_constant_call(function)) {  // a stream, where the value would be one long list
    TARN_ASSIGN(std::vector<Expression> bounds, expressions(Nodes(function.args, function.n_args), names));
    TARN_TRY(settle_series(bounds));
    bool narrow = value.type.oid == oid::kInt4;
    from.sql << "(SELECT " << (narrow ? "CAST(generate_series AS INTEGER)" : "generate_series") << " AS "
             << quote_name(column) << " FROM generate_series(" << fill("$*", bounds) << ")) AS "
             << quote_name(relation.alias);
  } else {
    from.sql << "(SELECT " << value.sql << " AS " << quote_name(column) << ") AS " << quote_name(relation.alias);
  }
  from.relations.push_back(std::move(relation));
  return from;
}

Checked<Printer::From> Printer::join(const PgQuery__JoinExpr& node, const Names& names) {
  if (++depth_ > kNestingMax) return refuse("54001", fmt::format("query is nested deeper than {} levels", kNestingMax));
  TARN_ASSIGN(From left, from_item(node.larg, names));
  Scope left_scope{.relations = left.relations, .outer = names.scope};
  TARN_ASSIGN(From right, from_item(node.rarg, {&left_scope, names.tables}));
  --depth_;
  if (node.alias != nullptr || node.join_using_alias != nullptr) return not_supported("an alias of a join", -1);
  std::vector<std::string> shared;
  if (node.is_natural) shared = common_columns(left.relations, right.relations);
  for (std::size_t i = 0; i < node.n_using_clause; ++i) shared.emplace_back(string_of(node.using_clause[i]));
  From from;
  from.sql << left.sql;
  bool cross = node.jointype == PG_QUERY__JOIN_TYPE__JOIN_INNER && node.quals == nullptr && shared.empty();
  from.sql << (cross ? " CROSS JOIN " : join_words(node.jointype));
  bool nested = node.rarg->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR;
  nested ? from.sql << "(" << right.sql << ")" : from.sql << right.sql;
  from.relations = std::move(left.relations);
  for (Relation& relation : right.relations) {
    for (const std::string& name : shared) {
      if (find_column(relation, name) != nullptr) relation.merged.push_back(name);
    }
    from.relations.push_back(std::move(relation));
  }
  if (!shared.empty()) {
    from.sql << " USING (";
    for (std::size_t i = 0; i < shared.size(); ++i) from.sql << (i > 0 ? ", " : "") << quote_name(shared[i]);
    from.sql << ")";
  } else if (node.quals != nullptr) {
    Scope scope{.relations = from.relations, .outer = names.scope};
    TARN_ASSIGN(Expression condition, expression(node.quals, {&scope, names.tables}));
    from.sql << " ON " << condition.sql;
  } else if (!cross) {
    from.sql << " ON true";
  }
  return from;
}

}  // namespace tarn::sql
