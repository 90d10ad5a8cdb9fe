// The Iceberg REST catalog (apache/iceberg, open-api/rest-catalog-open-api.yaml) over ours, read-only for now.
//
// Served, with and without a {prefix}: config, namespaces (list, load, HEAD), tables (list, load, HEAD), metrics
// reports. Whatever would write answers 406 UnsupportedOperationException, the specification's word for it: a status of
// 5xx would make clients take a refused commit for one of unknown outcome. Other reads answer 404.
//
// A prefix is `branch|warehouse`, `warehouse` or `branch`; there is the branch `main` and the warehouse `tarn`. Any
// warehouse name is taken at config, since clients send what they were once configured with.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "doors/http/route.h"

namespace tarn::doors::http {

// `catalog` outlives the routes.
std::vector<Route> iceberg_routes(const catalog::Catalog& catalog);

}  // namespace tarn::doors::http
