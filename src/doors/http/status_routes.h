// /healthz and /metrics.
#pragma once

#include <functional>
#include <vector>

#include "doors/http/route.h"
#include "log/groups_info.h"

namespace tarn::doors::http {

// /healthz is 200 while `health` finds nothing wrong, else 503 with what it says. /metrics is Prometheus' text format:
// the process's and those of `groups`, if there are any.
std::vector<Route> status_routes(std::function<Result<void>()> health, const log::GroupsInfo* groups);

}  // namespace tarn::doors::http
