#include "worker/sql/catalog.h"

#include <fmt/format.h>

#include "sql/pg_catalog.h"
#include "sql/types.h"
#include "worker/duckdb_types.h"
#include "worker/sql/catalog_macros.h"
#include "worker/sql/catalog_rows.h"

namespace tarn::worker::sql {

Result<void> CatalogTables::make() {
  TARN_ASSIGN(Connection connection, database_.connect());
  return connection.run(plain_macros());
}

Result<void> CatalogTables::make_tables(Connection& connection) {
  std::string sql;
  for (const tarn::sql::CatalogTable& table : tarn::sql::catalog_tables()) {
    std::string columns;
    for (const tarn::sql::OutputColumn& column : table.columns) {
      columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", quote_identifier(column.name),
                             tarn::sql::duck_type(column.type).value_or("VARCHAR"));
    }
    sql += fmt::format("CREATE TABLE {}.{} ({});\n", tarn::sql::kCatalogSchema, table.duck_name, columns);
  }
  TARN_TRY(connection.run(sql + catalog_macros()));
  tables_made_ = true;
  return {};
}

Result<void> CatalogTables::begin(Connection& connection, const std::shared_ptr<const engine::CatalogImage>& image) {
  std::lock_guard lock(mutex_);
  if (shown_ != image) {
    TARN_TRY(show(*image));
    shown_ = image;
  }
  TARN_TRY(connection.begin());
  return connection.run(fmt::format("SELECT 1 FROM {}.pg_am", tarn::sql::kCatalogSchema));  // the first read fixes it
}

// Replaces the rows, in one transaction; makes the tables the first time.
Result<void> CatalogTables::show(const engine::CatalogImage& image) {
  TARN_ASSIGN(Connection connection, database_.connect());
  if (!tables_made_) TARN_TRY(make_tables(connection));
  TARN_TRY(connection.run("BEGIN"));
  Result<void> filled = fill_catalog(connection, image);
  if (!filled) {
    (void)connection.run("ROLLBACK");
    return filled;
  }
  return connection.run("COMMIT");
}

}  // namespace tarn::worker::sql
