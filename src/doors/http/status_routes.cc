#include "doors/http/status_routes.h"

#include "doors/http/error_answer.h"
#include "host/metrics.h"

namespace tarn::doors::http {

std::vector<Route> status_routes(std::function<bool()> ready) {
  auto health = [ready = std::move(ready)](const Request& request) -> Answer {
    auto allowed =
        access::authorize(request.principal, access::Action::kDescribe, {access::ResourceKind::kCluster, ""});
    if (!allowed) return error_answer(allowed.error());
    if (!ready()) return {.status = 503, .body = "starting\n", .content_type = "text/plain"};
    return {.body = "ok\n", .content_type = "text/plain"};
  };
  auto metrics = [](const Request& request) -> Answer {
    auto allowed = access::authorize(request.principal, access::Action::kRead, {access::ResourceKind::kMetrics, ""});
    if (!allowed) return error_answer(allowed.error());
    return {.body = host::metrics_text(), .content_type = "text/plain; version=0.0.4"};
  };
  return {{"GET", "/healthz", health}, {"HEAD", "/healthz", health}, {"GET", "/metrics", metrics}};
}

}  // namespace tarn::doors::http
