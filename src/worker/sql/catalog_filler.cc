#include "worker/sql/catalog_filler.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/types.h"

namespace tarn::worker::sql {
namespace {

namespace oid = tarn::sql::oid;

Cell zero_of(tarn::sql::Oid type) {
  switch (type) {
    case oid::kBool: return false;
    case oid::kName:
    case oid::kChar: return "";
    case oid::kInt2:
    case oid::kInt4:
    case oid::kInt8:
    case oid::kOid:
    case oid::kFloat4:
    case oid::kFloat8:
    case oid::kRegproc:
    case 28: return 0;  // xid
    default: return Null{};
  }
}

}  // namespace

void Cell::append_to(duckdb_appender appender) const {
  struct Append {
    duckdb_appender appender;
    void operator()(bool value) const { duckdb_append_bool(appender, value); }
    void operator()(char value) const { duckdb_append_varchar_length(appender, &value, 1); }
    void operator()(double value) const { duckdb_append_double(appender, value); }
    void operator()(std::int64_t value) const { duckdb_append_int64(appender, value); }
    void operator()(std::string_view value) const {
      duckdb_append_varchar_length(appender, value.data(), value.size());
    }
    void operator()(Null) const { duckdb_append_null(appender); }
  };
  std::visit(Append{appender}, value_);
}

Result<CatalogFiller> CatalogFiller::begin(Connection& connection, std::string_view name) {
  std::size_t dot = name.find('.');
  std::string_view schema = dot == std::string_view::npos ? "pg_catalog" : name.substr(0, dot);
  const tarn::sql::CatalogTable* table =
      tarn::sql::find_catalog_table(schema, dot == std::string_view::npos ? name : name.substr(dot + 1));
  TARN_ASSERT(table != nullptr, "the worker fills tables that sql/pg_catalog.cc lists");
  TARN_TRY(connection.run(fmt::format("DELETE FROM {}.{}", tarn::sql::kCatalogSchema, table->duck_name)));
  CatalogFiller filler(*table);
  std::string schema_name(tarn::sql::kCatalogSchema);
  if (duckdb_appender_create(connection.handle(), schema_name.c_str(), table->duck_name.c_str(), &filler.appender_) !=
      DuckDBSuccess) {
    return fail(Code::kInternal, fmt::format("{}: {}", name, duckdb_appender_error(filler.appender_)));
  }
  return filler;
}

void CatalogFiller::row(std::initializer_list<std::pair<std::string_view, Cell>> cells) {
  std::size_t used = 0;
  for (const tarn::sql::OutputColumn& column : table_->columns) {
    auto given = std::ranges::find(cells, column.name, &std::pair<std::string_view, Cell>::first);
    used += given != cells.end();
    (given != cells.end() ? given->second : zero_of(column.type.oid)).append_to(appender_);
  }
  TARN_ASSERT(used == cells.size(), "every cell names a column of the table");
  duckdb_appender_end_row(appender_);
}

Result<void> CatalogFiller::end() {
  if (duckdb_appender_close(appender_) == DuckDBSuccess) return {};
  return fail(Code::kInternal, fmt::format("{}: {}", table_->name, duckdb_appender_error(appender_)));
}

}  // namespace tarn::worker::sql
