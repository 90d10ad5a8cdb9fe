// What pg_catalog and information_schema show, from the catalog's state.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "engine/sql_protocol.h"

namespace tarn::engine {

CatalogImage make_catalog_image(const catalog::State& state, std::string database, std::vector<std::string> databases);

}  // namespace tarn::engine
