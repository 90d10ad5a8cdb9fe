// /api: what there is.
//
//   GET /api               {"routes": [{"method", "path"}], "description": "/api/openapi.json"}: what this program
//   serves
//                          below /api, from its own table
//   GET /api/openapi.json  the same described, by hand (openapi.json); tests/web/check_api holds the two together
#pragma once

#include <vector>

#include "doors/http/route.h"

namespace tarn::doors::http {

// For the routes of `all` whose pattern begins with /api, and these two.
std::vector<Route> index_routes(const std::vector<Route>& all);

}  // namespace tarn::doors::http
