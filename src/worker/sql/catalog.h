// pg_catalog and information_schema as tables and macros of our own in DuckDB's schema tarn_pg: Postgres 15's shapes
// (sql/pg_catalog.h), filled with what is constant and with what main's catalog holds, anew at each change.
//
// Oids: system objects have Postgres's own; namespaces and tables get theirs from a hash of their name, so that they
// stay from one start to the next.
#pragma once

#include <memory>
#include <mutex>

#include "base/result.h"
#include "engine/sql_protocol.h"
#include "worker/sql/database.h"

namespace tarn::worker::sql {

// Sessions on several branches share the tables: a statement reads them in a transaction that began while they showed
// what its own session is to see. Thread-safe but for make().
class CatalogTables {
 public:
  explicit CatalogTables(Database& database) : database_(database) {}

  // The macros that any statement may use. Errors: kInternal.
  Result<void> make();
  // Begins a transaction on `connection` in which the tables show `image`. Errors: kInternal.
  Result<void> begin(Connection& connection, const std::shared_ptr<const engine::CatalogImage>& image);

 private:
  Result<void> make_tables(Connection& connection);
  Result<void> show(const engine::CatalogImage& image);

  Database& database_;
  std::mutex mutex_;
  bool tables_made_ = false;
  std::shared_ptr<const engine::CatalogImage> shown_;
};

}  // namespace tarn::worker::sql
