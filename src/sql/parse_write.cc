#include "sql/parse_write.h"

#include <pg_query/pg_query.pb-c.h>

namespace tarn::sql {
namespace {

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }
bool said(const char* text) { return text != nullptr && *text != '\0'; }

RelationName relation_name(const Source& source, const PgQuery__RangeVar& node) {
  return {text_of(node.catalogname), text_of(node.schemaname), text_of(node.relname), source.position(node.location)};
}

bool is_permanent(const PgQuery__RangeVar& node) { return !said(node.relpersistence) || *node.relpersistence == 'p'; }

void classify_create_table(const Source& source, const PgQuery__CreateTableAsStmt& node, const InnerStatement& inner,
                           Parsed& statement) {
  const PgQuery__IntoClause& into = *node.into;
  if (node.objtype != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) return unsupported(statement, "CREATE MATERIALIZED VIEW");
  if (!is_permanent(*into.rel)) return unsupported(statement, "CREATE TEMPORARY or UNLOGGED TABLE");
  bool options = into.n_options > 0 || said(into.access_method) || said(into.table_space_name) ||
                 into.on_commit != PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_NOOP;
  if (options) return unsupported(statement, "CREATE TABLE AS with storage options");
  statement.kind = Kind::kCreateTable;
  statement.tag = "CREATE TABLE AS";
  statement.inner = inner(node.query);
  if (statement.inner->kind != Kind::kSelect) return unsupported(statement, "CREATE TABLE AS of this statement");
  Write& write = statement.write;
  write.target = relation_name(source, *into.rel);
  write.if_not_exists = node.if_not_exists;
  write.with_data = !into.skip_data;
  for (std::size_t i = 0; i < into.n_col_names; ++i) write.columns.push_back({.name = into.col_names[i]->string->sval});
}

void classify_create_view(const Source& source, const PgQuery__ViewStmt& node, std::string_view words,
                          const InnerStatement& inner, Parsed& statement) {
  if (!is_permanent(*node.view)) return unsupported(statement, "CREATE TEMPORARY VIEW");
  bool checked = node.with_check_option != PG_QUERY__VIEW_CHECK_OPTION__NO_CHECK_OPTION;
  if (node.n_options > 0 || checked) return unsupported(statement, "CREATE VIEW with options");
  statement.kind = Kind::kCreateView;
  statement.tag = "CREATE VIEW";
  statement.inner = inner(node.query);
  if (statement.inner->kind != Kind::kSelect) return unsupported(statement, "CREATE VIEW of this statement");
  Write& write = statement.write;
  write.target = relation_name(source, *node.view);
  write.or_replace = node.replace;
  write.select = words;
  for (std::size_t i = 0; i < node.n_aliases; ++i) write.columns.push_back({.name = node.aliases[i]->string->sval});
}

void classify_insert(const Source& source, const PgQuery__InsertStmt& node, const InnerStatement& inner,
                     Parsed& statement) {
  if (node.select_stmt == nullptr) return unsupported(statement, "INSERT ... DEFAULT VALUES");
  if (node.on_conflict_clause != nullptr) return unsupported(statement, "INSERT ... ON CONFLICT");
  if (node.n_returning_list > 0) return unsupported(statement, "INSERT ... RETURNING");
  if (node.with_clause != nullptr) return unsupported(statement, "WITH before INSERT");
  if (node.override > PG_QUERY__OVERRIDING_KIND__OVERRIDING_NOT_SET) return unsupported(statement, "OVERRIDING");
  statement.kind = Kind::kInsert;
  statement.tag = "INSERT";
  statement.inner = inner(node.select_stmt);
  if (statement.inner->kind != Kind::kSelect) return unsupported(statement, "INSERT of this statement");
  Write& write = statement.write;
  write.target = relation_name(source, *node.relation);
  for (std::size_t i = 0; i < node.n_cols; ++i) {
    const PgQuery__ResTarget& column = *node.cols[i]->res_target;
    if (column.n_indirection > 0) return unsupported(statement, "INSERT into a part of a column");
    write.columns.push_back({.name = column.name, .position = source.position(column.location)});
  }
}

void classify_drop(const PgQuery__DropStmt& node, Parsed& statement) {
  bool views = node.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW;
  if (!views && node.remove_type != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) return unsupported(statement, "DROP of this");
  statement.kind = Kind::kDrop;
  statement.tag = views ? "DROP VIEW" : "DROP TABLE";
  statement.drop = {.views = views,
                    .if_exists = node.missing_ok != 0,
                    .cascade = node.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE};
  for (std::size_t i = 0; i < node.n_objects; ++i) {
    const PgQuery__List& parts = *node.objects[i]->list;
    auto part = [&](std::size_t from_end) {
      return from_end < parts.n_items ? std::string(parts.items[parts.n_items - 1 - from_end]->string->sval)
                                      : std::string();
    };
    if (parts.n_items > 3) return unsupported(statement, "a name of more than three parts");
    statement.drop.names.push_back({part(2), part(1), part(0)});
  }
}

}  // namespace

bool classify_write(const Source& source, const PgQuery__Node* node, std::string_view words,
                    const InnerStatement& inner, Parsed& statement) {
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
      classify_create_table(source, *node->create_table_as_stmt, inner, statement);
      return true;
    case PG_QUERY__NODE__NODE_VIEW_STMT:
      classify_create_view(source, *node->view_stmt, words, inner, statement);
      return true;
    case PG_QUERY__NODE__NODE_INSERT_STMT: classify_insert(source, *node->insert_stmt, inner, statement); return true;
    case PG_QUERY__NODE__NODE_DROP_STMT: classify_drop(*node->drop_stmt, statement); return true;
    default: return false;
  }
}

}  // namespace tarn::sql
