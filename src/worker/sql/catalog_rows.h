// The rows of pg_catalog and information_schema for one image of the catalog.
#pragma once

#include "base/result.h"
#include "engine/sql_protocol.h"
#include "worker/sql/database.h"

namespace tarn::worker::sql {

// Replaces all rows; inside the connection's transaction. Errors: kInternal.
Result<void> fill_catalog(Connection& connection, const engine::CatalogImage& image);

}  // namespace tarn::worker::sql
