// pg_catalog and information_schema as tables and macros of our own in DuckDB's schema tarn_pg: Postgres 15's shapes
// (sql/pg_catalog.h), filled with what is constant and with what main's catalog holds, anew at each change.
//
// Oids: system objects have Postgres's own; namespaces and tables get theirs from a hash of their name, so that they
// stay from one start to the next.
#pragma once

#include "base/result.h"
#include "engine/sql_protocol.h"
#include "worker/sql/database.h"

namespace tarn::worker::sql {

// One thread.
class CatalogTables {
 public:
  explicit CatalogTables(Database& database) : database_(database) {}

  // The macros that any statement may use. Errors: kInternal.
  Result<void> make();
  // Replaces the rows, in one transaction; makes the tables the first time. Errors: kInternal.
  Result<void> show(const engine::CatalogImage& image);

 private:
  Result<void> make_tables(Connection& connection);

  Database& database_;
  bool tables_made_ = false;
};

}  // namespace tarn::worker::sql
