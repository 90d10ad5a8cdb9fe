#include "worker/sql/catalog.h"
namespace tarn::worker::sql {
Result<void> CatalogTables::make() { return {}; }
Result<void> CatalogTables::show(const engine::CatalogImage&) { (void)database_; return {}; }
}  // namespace tarn::worker::sql
