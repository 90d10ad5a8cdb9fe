// What topics/*.yaml would change at the next start, told by the platform that runs, for `tarn up --plan`.
//
//   GET /api/v1/plan    {"project": "/x/my-platform", "changes": [{"topic", "lines": []}]}
//
// The files are read as they are now. Errors: {"error": {"message", "type", "code"}}, 400 for files that can't be read
// and for changes that a start would refuse.
#pragma once

#include "catalog/catalog.h"
#include "doors/http/route.h"
#include "log/log.h"

namespace tarn::app {

// Borrowed; they outlive the route. `project` is absolute.
doors::http::Route plan_route(host::Files& files, const log::Log& log, const catalog::Catalog& catalog,
                              const std::string& project);

}  // namespace tarn::app
