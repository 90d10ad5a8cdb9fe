// The Iceberg REST catalog (apache/iceberg, open-api/rest-catalog-open-api.yaml) over ours, read-only for now.
//
// Served, with and without a {prefix}: config, namespaces (list, load, HEAD), tables and views (list, load, HEAD),
// metrics reports. Whatever would write answers 406 UnsupportedOperationException, the specification's word for it: a
// status of 5xx would make clients take a refused commit for one of unknown outcome. Other reads answer 404.
//
// A prefix is `branch|warehouse` or `branch@version|warehouse` (URL-encoded: %7C, %40, %2F), or either part of it; the
// warehouse is `tarn`. Without one, main is read as it is. Any plain warehouse name is taken at config, since clients
// send what they were once configured with; one with a bar in it is looked up, and comes back as the prefix to use.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "doors/http/route.h"

namespace tarn::doors::http {

// `catalog` outlives the routes.
std::vector<Route> iceberg_routes(const catalog::Catalog& catalog);

}  // namespace tarn::doors::http
