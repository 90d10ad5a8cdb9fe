// /healthz and /metrics.
#pragma once

#include <functional>
#include <vector>

#include "doors/http/route.h"

namespace tarn::doors::http {

// /healthz is 200 while `health` finds nothing wrong, else 503 with what it says. /metrics is Prometheus' text format.
std::vector<Route> status_routes(std::function<Result<void>()> health);

}  // namespace tarn::doors::http
