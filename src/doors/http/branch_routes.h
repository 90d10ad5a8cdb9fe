// /api/v1/branches: what runs leave beside main.
//
//   GET    /api/v1/branches              {"branches": [{"name", "base", "at", "created", "expires"}]}, main among them;
//                                        base and at are catalog versions, times are ms since 1970, main never expires
//   GET    /api/v1/branches/{name}/diff  {"branch", "changes": [{"name", "kind", "is_view", "appends", "conflict",
//                                        "rows", "rows_before"}]}: kind is added, changed or dropped; conflict says why
//                                        main could not take it, null if it could; rows of tables, null where none are
//   DELETE /api/v1/branches/{name}
//
// `{name}` is one part of the path: run%2F7. Errors: {"error": {"message", "type", "code"}}.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "doors/http/route.h"

namespace tarn::doors::http {

// Borrowed; it outlives the routes.
std::vector<Route> branch_routes(catalog::Catalog& catalog);

}  // namespace tarn::doors::http
