// INSERT: rows of a select appended to a table that no topic lands in.
#include <fmt/format.h>

#include <algorithm>

#include "engine/column_types.h"
#include "engine/session_state.h"
#include "engine/system_tables.h"
#include "engine/write_rules.h"

namespace tarn::engine {

// The rows of an INSERT as its table's columns.
SqlResult<std::shared_ptr<Session::Prepared>> Session::prepare_insert(const sql::Parsed& statement,
                                                                      const catalog::State& state) const {
  const sql::Write& write = statement.write;
  TARN_ASSIGN(catalog::TableName name, name_of(write.target, state));
  if (find_system_table(name.name_space, name.name) != nullptr)
    return fail_at(write.target, "42501", fmt::format("permission denied for table {}", name.name),
                   "System schemas are read-only.");
  if (state.find_view(name))
    return fail_at(write.target, "55000", fmt::format("cannot insert into view \"{}\"", name.name));
  std::shared_ptr<const catalog::TableState> table = state.find(name);
  if (!table) return fail_at(write.target, "42P01", fmt::format("relation \"{}\" does not exist", write.target.name));
  TARN_TRY(check_not_landed(state, *table, "insert into"));
  std::string full = catalog::to_string(name);
  TARN_TRY(as_sql(access::authorize(principal_, access::Action::kWrite, {access::ResourceKind::kTable, full})));
  auto prepared = std::make_shared<Prepared>();
  prepared->statement = statement.inner;
  prepared->purpose.stored = true;
  const table::Schema& schema = table->metadata->schema();
  auto add = [&](const table::Field& field) {
    ColumnType type = column_type(field.type);
    prepared->purpose.assigned.push_back({field.name, type.oid, type.modifier});
  };
  if (write.columns.empty()) std::ranges::for_each(schema.fields, add);
  for (const sql::RelationName& column : write.columns) {
    const table::Field* field = schema.find(column.name);
    if (field == nullptr)
      return fail_at(column, "42703",
                     fmt::format("column \"{}\" of relation \"{}\" does not exist", column.name, name.name));
    bool again = std::ranges::find(prepared->purpose.assigned, column.name, &sql::ColumnInfo::name) !=
                 prepared->purpose.assigned.end();
    if (again) return fail_at(column, "42701", fmt::format("column \"{}\" specified more than once", column.name));
    add(*field);
  }
  return prepared;
}

SqlResult<void> Session::run_insert(const Portal& portal, Client& client) {
  const sql::Parsed& statement = *portal.prepared->statement;
  TARN_ASSIGN(std::shared_ptr<const catalog::State> now, state());
  TARN_ASSIGN(std::shared_ptr<Prepared> select, prepare_insert(statement, *now));
  select->parameter_types = portal.prepared->parameter_types;
  TARN_ASSIGN(catalog::TableName name, name_of(statement.write.target, *now));
  TableUuid uuid = now->find(name)->uuid;
  std::shared_ptr<const catalog::TableState> table;
  ChooseTarget choose = [&](const Described& described, const catalog::State& seen) -> SqlResult<Target> {
    const std::vector<sql::ColumnInfo>& columns = select->purpose.assigned;
    table = seen.find(uuid);
    if (!table) return fail_sql("42P01", fmt::format("relation \"{}\" does not exist", name.name));
    if (described.fields.size() > columns.size())
      return fail_sql("42601", "INSERT has more expressions than target columns");
    if (described.fields.size() < columns.size() && !statement.write.columns.empty())
      return fail_sql("42601", "INSERT has more target columns than expressions");
    Target target{uuid, table->metadata->location, {}, {}};
    const std::vector<sql::ColumnType>& given = select->plan->rewritten.columns;
    for (std::size_t i = 0; i < described.fields.size(); ++i) {
      const table::Field* field = table->metadata->schema().find(columns[i].name);
      if (field == nullptr) return fail_sql("40001", "the table's columns changed meanwhile", "Run it again.");
      TARN_TRY(check_assigned(columns[i], i < given.size() ? given[i].type : described.columns[i].type));
      target.schema.fields.push_back(*field);
    }
    return target;
  };
  TARN_ASSIGN(Written written, store(*select, portal.parameters, choose, true, client));
  if (written.file) {
    // Unless the columns are other ones by now: the file has their ids.
    catalog::Commit commit{.branch = ref_.branch};
    const table::Schema& schema = table->metadata->schema();
    commit.schemas.push_back({.table = uuid, .base = schema.id, .fields = schema.fields});
    commit.appends.push_back({.table = uuid, .files = {*written.file}, .summary = {}});
    TARN_TRY(this->commit(commit, written));
  }
  client.complete(fmt::format("INSERT 0 {}", written.rows()));
  return {};
}

SqlResult<std::vector<Oid>> Session::write_parameters(const Prepared& prepared) {
  const sql::Parsed& statement = *prepared.statement;
  TARN_ASSIGN(std::shared_ptr<const catalog::State> now, state());
  auto select = std::make_shared<Prepared>();
  select->statement = statement.inner;
  if (statement.kind == sql::Kind::kInsert) {
    TARN_ASSIGN(select, prepare_insert(statement, *now));
  }
  select->parameter_types = prepared.parameter_types;
  TARN_ASSIGN(const Described* described, this->described(*select));
  return described->parameter_types;
}

}  // namespace tarn::engine
