// /api/v1: topics and landing, for `tarn` commands and the console.
//
//   GET    /api/v1/topics          {"topics": [{"name", "id", "partitions", "records", "landed", "table", "reason"}]}
//   GET    /api/v1/topics/{name}   the same of one topic, with "config" and "ends" of each partition
//   POST   /api/v1/topics          {"name", "partitions": 1, "config": {}}
//   DELETE /api/v1/topics/{name}
//   POST   /api/v1/land            {"topics": [], "timeout_ms": 60000}: answers when they have landed
//
// Errors: {"error": {"message", "type", "code"}}.
#pragma once

#include <vector>

#include "doors/http/route.h"
#include "flow/land/lander.h"
#include "host/clock.h"
#include "log/log.h"

namespace tarn::doors::http {

// Borrowed; they outlive the routes.
std::vector<Route> api_routes(log::Log& log, flow::land::Lander& lander, host::Clock& clock);

}  // namespace tarn::doors::http
