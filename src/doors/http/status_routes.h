// /healthz and /metrics.
#pragma once

#include <functional>
#include <vector>

#include "doors/http/route.h"

namespace tarn::doors::http {

// /healthz is 200 when `ready` says so, else 503. /metrics is Prometheus' text format.
std::vector<Route> status_routes(std::function<bool()> ready);

}  // namespace tarn::doors::http
