#include "engine/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/column_types.h"
#include "engine/system_tables.h"

namespace tarn::engine {
namespace {

SqlResult<void> authorize_read(const access::Principal& principal, const catalog::TableName& table) {
  std::string full = catalog::to_string(table);
  return as_sql(access::authorize(principal, access::Action::kRead, {access::ResourceKind::kTable, full}));
}

catalog::TableName name_of(const sql::TableUse& use) { return {use.name_space, use.name}; }

SqlError gone(const catalog::TableName& name) {
  return {"42P01", fmt::format("relation \"{}\" does not exist", catalog::to_string(name)), {}, {}, 0};
}

std::vector<sql::ColumnInfo> column_infos(const table::Schema& schema) {
  std::vector<sql::ColumnInfo> columns;
  for (const table::Field& field : schema.fields) {
    ColumnType type = column_type(field.type);
    columns.push_back({field.name, type.oid, type.modifier});
  }
  return columns;
}

// Tables and views of one rewrite as `sql` asks for them; those the principal may not see are not there.
class Relations {
 public:
  explicit Relations(const PlanContext& context) : context_(context) {}

  const std::vector<sql::ColumnInfo>* table(std::string_view name_space, std::string_view name) {
    catalog::TableName key{std::string(name_space), std::string(name)};
    auto known = tables_.find(key);
    if (known != tables_.end()) return &known->second;
    const table::Schema* schema = find_system_table(name_space, name);
    std::shared_ptr<const catalog::TableState> table = schema == nullptr ? context_.state.find(key) : nullptr;
    if (table) schema = &table->metadata->schema();
    if (schema == nullptr) {
      if (context_.missing != nullptr && !context_.state.find_view(key)) context_.missing->push_back(std::move(key));
      return nullptr;
    }
    if (!may_see(key)) return nullptr;
    return &tables_.emplace(key, column_infos(*schema)).first->second;
  }

  sql::Checked<const sql::ViewInfo*> view(std::string_view name_space, std::string_view name) {
    catalog::TableName key{std::string(name_space), std::string(name)};
    auto known = views_.find(key);
    if (known != views_.end()) return &known->second;
    std::shared_ptr<const catalog::ViewState> view = context_.state.find_view(key);
    if (!view || !may_see(key)) return nullptr;
    TARN_ASSIGN(std::vector<sql::Parsed> parsed, sql::parse(view->sql()));
    if (parsed.size() != 1 || parsed[0].kind != sql::Kind::kSelect) {
      return fail_sql("XX001", fmt::format("the text of view \"{}\" is no single select", catalog::to_string(key)),
                      "Drop the view and make it anew.");
    }
    sql::ViewInfo info{std::move(parsed[0]), {}};
    for (const table::Field& field : view->columns()) info.columns.push_back(field.name);
    return &views_.emplace(std::move(key), std::move(info)).first->second;
  }

  std::vector<std::string> names(std::string_view name_space) const {
    std::vector<std::string> all;
    auto add = [&](const catalog::TableName& name) {
      if (may_see(name)) all.push_back(name.name);
    };
    for (const auto& table : context_.state.tables(name_space)) add(table->name);
    for (const auto& each : context_.state.views(name_space)) add(each->name);
    return all;
  }

 private:
  bool may_see(const catalog::TableName& name) const {
    std::string full = catalog::to_string(name);
    return access::authorize(context_.principal, access::Action::kDescribe, {access::ResourceKind::kTable, full})
        .has_value();
  }

  const PlanContext& context_;
  std::map<catalog::TableName, std::vector<sql::ColumnInfo>> tables_;
  std::map<catalog::TableName, sql::ViewInfo> views_;
};

Statement base_statement(const Plan& plan, const std::vector<Oid>& parameter_types, const Settings& settings) {
  Statement statement;
  statement.sql = plan.rewritten.sql;
  statement.parameter_types = parameter_types;
  statement.parameter_types.resize(static_cast<std::size_t>(plan.rewritten.parameters));
  statement.time_zone = settings.time_zone();
  statement.extra_float_digits = settings.extra_float_digits();
  statement.reads_catalog = plan.rewritten.reads_catalog;
  for (const sql::ColumnType& column : plan.rewritten.columns)
    statement.columns.push_back({column.type, column.modifier, column.digits});
  return statement;
}

ScanTable system_scan(const sql::TableUse& use, const table::Schema& schema) {
  ScanTable scan;
  scan.scan_name = use.scan_name;
  scan.schema = schema;
  return scan;
}

void add_system_rows(std::vector<std::shared_ptr<const tail::Chunk>> chunks, ScanTable scan, ViewedStatement& viewed) {
  if (!chunks.empty()) scan.chunk_schemas = {scan.schema};
  for (auto& chunk : chunks) {
    scan.chunk_rows.push_back(chunk->rows);
    scan.chunk_schema_ids.push_back(scan.schema.id);
    viewed.descriptors.push_back(chunk->file.get());
    viewed.system_chunks.push_back(std::move(chunk));
  }
  viewed.statement.tables.push_back(std::move(scan));
}

ScanTable base_scan(const sql::TableUse& use, const catalog::TableState& table) {
  ScanTable scan;
  scan.scan_name = use.scan_name;
  scan.uuid = table.uuid;
  scan.snapshot_id = table.metadata->current_snapshot_id.value_or(SnapshotId(-1)).value();
  scan.schema = table.metadata->schema();
  return scan;
}

void add_chunk(ScanTable& scan, const tail::Chunk& chunk, const table::TableMetadata& metadata) {
  scan.chunk_rows.push_back(chunk.rows);
  scan.chunk_schema_ids.push_back(chunk.schema);
  bool known = std::ranges::any_of(scan.chunk_schemas, [&](const table::Schema& s) { return s.id == chunk.schema; });
  const table::Schema* schema = metadata.schema(chunk.schema);
  if (!known && schema != nullptr) scan.chunk_schemas.push_back(*schema);
}

}  // namespace

SqlResult<Plan> make_plan(const sql::Parsed& statement, const PlanContext& context) {
  TARN_TRY(as_sql(
      access::authorize(context.principal, access::Action::kRead, {access::ResourceKind::kStatement, statement.tag})));
  Relations relations(context);
  sql::Context rewrite_context;
  rewrite_context.user = context.principal.name;
  rewrite_context.database = context.database;
  rewrite_context.search_path =
      context.purpose.search_path.value_or(context.settings.search_path(context.principal.name));
  rewrite_context.backend_pid = context.process_id;
  rewrite_context.table = [&](std::string_view name_space, std::string_view name) {
    return relations.table(name_space, name);
  };
  rewrite_context.view = [&](std::string_view name_space, std::string_view name) {
    return relations.view(name_space, name);
  };
  rewrite_context.relations = [&](std::string_view name_space) { return relations.names(name_space); };
  rewrite_context.name_spaces = context.state.namespaces();
  rewrite_context.name_spaces.emplace_back(kSystemSchema);
  rewrite_context.setting = [&](std::string_view name) { return context.settings.find(name); };
  rewrite_context.parameter_types = context.parameter_types;
  rewrite_context.stored = context.purpose.stored;
  rewrite_context.assigned = context.purpose.assigned;
  Plan plan;
  TARN_ASSIGN(plan.rewritten, sql::rewrite(statement, rewrite_context));
  plan.catalog_version = context.state.version();
  plan.settings_version = context.settings.version();
  TARN_TRY(authorize_tables(context.principal, plan));
  return plan;
}

SqlResult<void> authorize_tables(const access::Principal& principal, const Plan& plan) {
  for (const sql::TableUse& use : plan.rewritten.tables) TARN_TRY(authorize_read(principal, name_of(use)));
  for (const sql::ViewUse& use : plan.rewritten.views) TARN_TRY(authorize_read(principal, {use.name_space, use.name}));
  return {};
}

SqlResult<Statement> describe_statement(const Plan& plan, const std::vector<Oid>& parameter_types,
                                        const Settings& settings, const catalog::State& state) {
  Statement statement = base_statement(plan, parameter_types, settings);
  for (const sql::TableUse& use : plan.rewritten.tables) {
    if (const table::Schema* schema = find_system_table(use.name_space, use.name)) {
      statement.tables.push_back(system_scan(use, *schema));
      continue;
    }
    std::shared_ptr<const catalog::TableState> table = state.find(name_of(use));
    if (!table) return std::unexpected(gone(name_of(use)));
    statement.tables.push_back(base_scan(use, *table));
  }
  return statement;
}

SqlResult<ViewedStatement> view_statement(const Plan& plan, const std::vector<Oid>& parameter_types,
                                          const Settings& settings, const View& view, catalog::Catalog& catalog) {
  ViewedStatement viewed{base_statement(plan, parameter_types, settings), {}, {}};
  for (const sql::TableUse& use : plan.rewritten.tables) {
    if (const table::Schema* schema = find_system_table(use.name_space, use.name)) {
      TARN_ASSIGN(auto chunks, as_sql(system_rows(catalog, use.name)));
      add_system_rows(std::move(chunks), system_scan(use, *schema), viewed);
      continue;
    }
    Result<TableView> rows = view.table(name_of(use));
    if (!rows && rows.error().code == Code::kNotFound) return std::unexpected(gone(name_of(use)));
    if (!rows) return std::unexpected(to_sql_error(rows.error()));
    ScanTable scan = base_scan(use, *rows->table);
    for (const table::DataFile& file : *rows->files) scan.files.push_back(table::from_uri(file.file_path));
    for (const auto& chunk : rows->chunks) {
      if (chunk->rows == 0) continue;
      add_chunk(scan, *chunk, *rows->table->metadata);
      viewed.descriptors.push_back(chunk->file.get());
    }
    viewed.statement.tables.push_back(std::move(scan));
  }
  return viewed;
}

}  // namespace tarn::engine
