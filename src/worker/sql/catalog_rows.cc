#include "worker/sql/catalog_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/column_types.h"
#include "sql/pg_catalog.h"
#include "sql/types.h"
#include "worker/sql/catalog_constants.h"
#include "worker/sql/catalog_filler.h"

namespace tarn::worker::sql {
namespace {

using tarn::sql::TypeFacts;

constexpr std::string_view kMainDatabase = "tarn";
constexpr Oid kMainDatabaseOid = 5;

// Stable and without collisions within one image.
class Oids {
 public:
  Oid of(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
    for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    Oid oid = kFirstOwnOid + static_cast<Oid>(hash % (0x7fffffffu - kFirstOwnOid));
    while (!taken_.insert(oid).second) ++oid;
    return oid;
  }

 private:
  std::set<Oid> taken_;
};

struct Attribute {
  std::string name;
  Oid type = 0;
  std::int32_t modifier = -1;
  bool not_null = false;
  std::string doc;
};

// A table or view, a system one or one of the lake.
struct Relation {
  Oid oid = 0, row_type = 0, name_space = 0;
  std::string name_space_name, name;
  char kind = 'r';
  std::int64_t rows = -1;
  std::string view;  // a view's text
  std::vector<Attribute> attributes;
};

struct Everything {
  std::string database;
  std::map<std::string, Oid> databases;
  std::map<std::string, Oid> name_spaces;
  std::vector<Relation> relations;
};

Everything gather(const engine::CatalogImage& image) {
  Everything all{.database = image.database, .databases = {}, .name_spaces = {}, .relations = {}};
  Oids oids;
  for (const std::string& name : image.databases)
    all.databases[name] = name == kMainDatabase ? kMainDatabaseOid : oids.of("database " + name);
  all.name_spaces = {{"pg_catalog", kPgCatalog},
                     {"public", kPublic},
                     {"information_schema", kInformationSchema},
                     {"pg_toast", kToast}};
  for (const std::string& name : image.namespaces) {
    if (!all.name_spaces.contains(name)) all.name_spaces[name] = oids.of("namespace " + name);
  }
  for (const tarn::sql::CatalogTable& table : tarn::sql::catalog_tables()) {
    Relation relation{.oid = table.oid,
                      .row_type = 0,
                      .name_space = all.name_spaces[table.name_space],
                      .name_space_name = table.name_space,
                      .name = table.name,
                      .kind = table.oid < kFirstViewOid ? 'r' : 'v'};
    for (const auto& column : table.columns)
      relation.attributes.push_back({column.name, column.type.oid, column.type.modifier, false, {}});
    all.relations.push_back(std::move(relation));
  }
  for (const engine::CatalogTable& table : image.tables) {
    std::string full = table.name_space + "." + table.name;
    Oid oid = oids.of(full), row_type = oids.of("type " + full);
    Relation relation{.oid = oid,
                      .row_type = row_type,
                      .name_space = all.name_spaces[table.name_space],
                      .name_space_name = table.name_space,
                      .name = table.name,
                      .kind = table.view.empty() ? 'r' : 'v',
                      .rows = table.rows,
                      .view = table.view};
    bool view = !table.view.empty();
    for (const table::Field& field : table.schema.fields) {
      engine::ColumnType type = view ? engine::view_column_type(field) : engine::column_type(field.type);
      relation.attributes.push_back({field.name, type.oid, type.modifier, field.required, view ? "" : field.doc});
    }
    all.relations.push_back(std::move(relation));
  }
  return all;
}

bool is_user(const Relation& relation) { return relation.oid >= kFirstOwnOid; }

char alignment(std::int16_t length) { return length == 1 ? 'c' : length == 2 ? 's' : length == 8 ? 'd' : 'i'; }
bool by_value(std::int16_t length) { return length == 1 || length == 2 || length == 4 || length == 8; }
Oid collation_of(Oid type) {
  if (type == tarn::sql::oid::kName) return kCCollation;
  return tarn::sql::is_text(type) && type != tarn::sql::oid::kChar ? kDefaultCollation : 0;
}
char storage_of(const TypeFacts* type) {
  if (type == nullptr || type->length < 0) return type != nullptr && type->oid == tarn::sql::oid::kNumeric ? 'm' : 'x';
  return 'p';
}

Result<void> fill_classes(Connection& connection, const Everything& all) {
  TARN_ASSIGN(CatalogFiller classes, CatalogFiller::begin(connection, "pg_class"));
  for (const Relation& r : all.relations) {
    classes.row({{"oid", r.oid},
                 {"relname", r.name},
                 {"relnamespace", r.name_space},
                 {"reltype", r.row_type},
                 {"relowner", kOwner},
                 {"relam", r.kind == 'r' ? kHeap : Oid{0}},
                 {"relfilenode", r.kind == 'r' ? r.oid : Oid{0}},
                 {"reltuples", static_cast<double>(r.rows)},
                 {"relpersistence", "p"},
                 {"relkind", r.kind},
                 {"relnatts", r.attributes.size()},
                 {"relispopulated", true},
                 {"relreplident", is_user(r) ? "d" : "n"}});
  }
  return classes.end();
}

Result<void> fill_attributes(Connection& connection, const Everything& all) {
  TARN_ASSIGN(CatalogFiller attributes, CatalogFiller::begin(connection, "pg_attribute"));
  for (const Relation& r : all.relations) {
    for (std::size_t i = 0; i < r.attributes.size(); ++i) {
      const Attribute& a = r.attributes[i];
      const TypeFacts* type = tarn::sql::find_type(a.type);
      std::int16_t length = type == nullptr ? std::int16_t{-1} : type->length;
      attributes.row({{"attrelid", r.oid},
                      {"attname", a.name},
                      {"atttypid", a.type},
                      {"attstattarget", -1},
                      {"attlen", length},
                      {"attnum", i + 1},
                      {"attndims", type == nullptr ? 1 : 0},
                      {"attcacheoff", -1},
                      {"atttypmod", a.modifier},
                      {"attbyval", by_value(length)},
                      {"attalign", alignment(length)},
                      {"attstorage", storage_of(type)},
                      {"attnotnull", a.not_null},
                      {"attislocal", true},
                      {"attcollation", collation_of(a.type)}});
    }
  }
  return attributes.end();
}

Result<void> fill_types(Connection& connection, const Everything& all) {
  TARN_ASSIGN(CatalogFiller types, CatalogFiller::begin(connection, "pg_type"));
  for (const TypeFacts& type : tarn::sql::all_types()) {
    types.row({{"oid", type.oid},
               {"typname", type.name},
               {"typnamespace", kPgCatalog},
               {"typowner", kOwner},
               {"typlen", type.length},
               {"typbyval", by_value(type.length)},
               {"typtype", type.category == 'P' || type.category == 'X' ? "p" : "b"},
               {"typcategory", type.category},
               {"typisdefined", true},
               {"typdelim", ","},
               {"typarray", type.array},
               {"typalign", alignment(type.length)},
               {"typstorage", storage_of(&type)},
               {"typtypmod", -1},
               {"typcollation", collation_of(type.oid)}});
    if (type.array == 0) continue;
    std::string name = "_" + std::string(type.name);
    types.row({{"oid", type.array},
               {"typname", name},
               {"typnamespace", kPgCatalog},
               {"typowner", kOwner},
               {"typlen", -1},
               {"typtype", "b"},
               {"typcategory", "A"},
               {"typisdefined", true},
               {"typdelim", ","},
               {"typelem", type.oid},
               {"typalign", "i"},
               {"typstorage", "x"},
               {"typtypmod", -1},
               {"typcollation", collation_of(type.oid)}});
  }
  for (const Relation& r : all.relations) {
    if (!is_user(r)) continue;
    types.row({{"oid", r.row_type},
               {"typname", r.name},
               {"typnamespace", r.name_space},
               {"typowner", kOwner},
               {"typlen", -1},
               {"typtype", "c"},
               {"typcategory", "C"},
               {"typisdefined", true},
               {"typdelim", ","},
               {"typrelid", r.oid},
               {"typalign", "d"},
               {"typstorage", "x"},
               {"typtypmod", -1}});
  }
  return types.end();
}

Result<void> fill_names(Connection& connection, const Everything& all) {
  TARN_ASSIGN(CatalogFiller name_spaces, CatalogFiller::begin(connection, "pg_namespace"));
  TARN_ASSIGN(CatalogFiller schemata, CatalogFiller::begin(connection, "information_schema.schemata"));
  for (const auto& [name, oid] : all.name_spaces) {
    name_spaces.row({{"oid", oid}, {"nspname", name}, {"nspowner", kOwner}});
    schemata.row({{"catalog_name", all.database}, {"schema_name", name}, {"schema_owner", kRole}});
  }
  TARN_TRY(name_spaces.end());
  TARN_TRY(schemata.end());
  TARN_ASSIGN(CatalogFiller databases, CatalogFiller::begin(connection, "pg_database"));
  for (const auto& [name, oid] : all.databases) {
    databases.row({{"oid", oid},
                   {"datname", name},
                   {"datdba", kOwner},
                   {"encoding", 6},
                   {"datlocprovider", "c"},
                   {"datallowconn", true},
                   {"datconnlimit", -1},
                   {"dattablespace", 1663},
                   {"datcollate", "C.UTF-8"},
                   {"datctype", "C.UTF-8"}});
  }
  return databases.end();
}

// A view's text is where pg_get_viewdef looks for it.
Result<void> fill_views(Connection& connection, const Everything& all) {
  TARN_ASSIGN(CatalogFiller rules, CatalogFiller::begin(connection, "pg_rewrite"));
  TARN_ASSIGN(CatalogFiller pg_views, CatalogFiller::begin(connection, "pg_views"));
  TARN_ASSIGN(CatalogFiller views, CatalogFiller::begin(connection, "information_schema.views"));
  for (const Relation& r : all.relations) {
    if (r.kind != 'v') continue;
    std::string text = r.view.empty() ? "" : r.view + ";";
    pg_views.row({{"schemaname", r.name_space_name},
                  {"viewname", r.name},
                  {"viewowner", kRole},
                  {"definition", text.empty() ? Cell(Null{}) : Cell(text)}});
    views.row({{"table_catalog", all.database},
               {"table_schema", r.name_space_name},
               {"table_name", r.name},
               {"view_definition", text.empty() ? Cell(Null{}) : Cell(text)},
               {"check_option", "NONE"},
               {"is_updatable", "NO"},
               {"is_insertable_into", "NO"},
               {"is_trigger_updatable", "NO"},
               {"is_trigger_deletable", "NO"},
               {"is_trigger_insertable_into", "NO"}});
    if (text.empty()) continue;
    rules.row({{"oid", r.row_type + 1},
               {"rulename", "_RETURN"},
               {"ev_class", r.oid},
               {"ev_type", "1"},
               {"ev_enabled", "O"},
               {"is_instead", true},
               {"ev_action", text}});
  }
  TARN_TRY(rules.end());
  TARN_TRY(pg_views.end());
  return views.end();
}

Result<void> fill_descriptions(Connection& connection, const Everything& all) {
  TARN_ASSIGN(CatalogFiller descriptions, CatalogFiller::begin(connection, "pg_description"));
  for (const Relation& r : all.relations) {
    for (std::size_t i = 0; i < r.attributes.size(); ++i) {
      if (r.attributes[i].doc.empty()) continue;
      descriptions.row(
          {{"objoid", r.oid}, {"classoid", kClassOid}, {"objsubid", i + 1}, {"description", r.attributes[i].doc}});
    }
  }
  return descriptions.end();
}

Result<void> fill_table_lists(Connection& connection, const Everything& all) {
  TARN_ASSIGN(CatalogFiller pg_tables, CatalogFiller::begin(connection, "pg_tables"));
  TARN_ASSIGN(CatalogFiller user_tables, CatalogFiller::begin(connection, "pg_stat_user_tables"));
  TARN_ASSIGN(CatalogFiller tables, CatalogFiller::begin(connection, "information_schema.tables"));
  for (const Relation& r : all.relations) {
    bool view = r.kind == 'v';
    if (!view) pg_tables.row({{"schemaname", r.name_space_name}, {"tablename", r.name}, {"tableowner", kRole}});
    tables.row({{"table_catalog", all.database},
                {"table_schema", r.name_space_name},
                {"table_name", r.name},
                {"table_type", view ? "VIEW" : "BASE TABLE"},
                {"is_insertable_into", "NO"},
                {"is_typed", "NO"}});
    if (is_user(r) && !view)
      user_tables.row({{"relid", r.oid},
                       {"schemaname", r.name_space_name},
                       {"relname", r.name},
                       {"n_live_tup", std::max<std::int64_t>(r.rows, 0)}});
  }
  TARN_TRY(pg_tables.end());
  TARN_TRY(user_tables.end());
  return tables.end();
}

Cell digits_or_null(bool known, std::int64_t value) { return known ? Cell(value) : Cell(Null{}); }

Result<void> fill_columns(Connection& connection, const Everything& all) {
  namespace oid = tarn::sql::oid;
  TARN_ASSIGN(CatalogFiller columns, CatalogFiller::begin(connection, "information_schema.columns"));
  for (const Relation& r : all.relations) {
    for (std::size_t i = 0; i < r.attributes.size(); ++i) {
      const Attribute& a = r.attributes[i];
      const TypeFacts* type = tarn::sql::find_type(a.type);
      bool numeric = a.type == oid::kNumeric && a.modifier >= 0, integer = tarn::sql::is_integer(a.type),
           real = tarn::sql::is_float(a.type);
      bool time = a.type == oid::kTime || a.type == oid::kTimestamp || a.type == oid::kTimestamptz;
      std::int64_t precision = numeric   ? tarn::sql::numeric_precision(a.modifier)
                               : integer ? (a.type == oid::kInt2   ? 16
                                            : a.type == oid::kInt4 ? 32
                                                                   : 64)
                                         : (a.type == oid::kFloat4 ? 24 : 53);
      std::int64_t scale = numeric ? tarn::sql::declared(a.type, a.modifier).scale : 0;
      columns.row({{"table_catalog", all.database},
                   {"table_schema", r.name_space_name},
                   {"table_name", r.name},
                   {"column_name", a.name},
                   {"ordinal_position", i + 1},
                   {"is_nullable", a.not_null ? "NO" : "YES"},
                   {"data_type", type == nullptr ? "ARRAY" : type->sql_name},
                   {"numeric_precision", digits_or_null(numeric || integer || real, precision)},
                   {"numeric_precision_radix", digits_or_null(numeric || integer || real, numeric ? 10 : 2)},
                   {"numeric_scale", digits_or_null(numeric || integer, scale)},
                   {"datetime_precision", digits_or_null(time, 6)},
                   {"udt_catalog", all.database},
                   {"udt_schema", "pg_catalog"},
                   {"udt_name", type == nullptr ? "" : type->name},
                   {"dtd_identifier", "1"},
                   {"is_self_referencing", "NO"},
                   {"is_identity", "NO"},
                   {"is_generated", "NEVER"},
                   {"is_updatable", "NO"}});
    }
  }
  return columns.end();
}

}  // namespace

Result<void> fill_catalog(Connection& connection, const engine::CatalogImage& image) {
  Everything all = gather(image);
  TARN_TRY(fill_constants(connection));
  TARN_TRY(fill_names(connection, all));
  TARN_TRY(fill_classes(connection, all));
  TARN_TRY(fill_attributes(connection, all));
  TARN_TRY(fill_types(connection, all));
  TARN_TRY(fill_descriptions(connection, all));
  TARN_TRY(fill_table_lists(connection, all));
  TARN_TRY(fill_views(connection, all));
  return fill_columns(connection, all);
}

}  // namespace tarn::worker::sql
