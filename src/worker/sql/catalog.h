// pg_catalog and information_schema as tables and macros of our own in DuckDB's schema tarn_pg: Postgres 15's shapes
// (sql/pg_catalog.h), filled with what is constant once and with what main's catalog holds at each change.
//
// Oids: system objects have Postgres's own; namespaces and tables get theirs from a hash of their name, so that they stay
// from one start to the next.
#pragma once

#include "base/result.h"
#include "engine/sql_protocol.h"
#include "worker/sql/database.h"

namespace tarn::worker::sql {

// One thread.
class CatalogTables {
 public:
  explicit CatalogTables(Database& database) : database_(database) {}

  // Creates everything, empty but for constants. Errors: kInternal.
  Result<void> make();
  // Replaces what depends on the catalog, in one transaction. Errors: kInternal.
  Result<void> show(const engine::CatalogImage& image);

 private:
  Database& database_;
};

}  // namespace tarn::worker::sql
