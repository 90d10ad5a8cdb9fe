#include "doors/http/status_routes.h"

#include "doors/http/error_answer.h"
#include "doors/http/group_metrics.h"
#include "host/metrics.h"

namespace tarn::doors::http {

std::vector<Route> status_routes(std::function<Result<void>()> health, const log::GroupsInfo* groups) {
  auto healthz = [health = std::move(health)](const Request& request) -> Answer {
    auto allowed =
        access::authorize(request.principal, access::Action::kDescribe, {access::ResourceKind::kCluster, ""});
    if (!allowed) return error_answer(allowed.error());
    if (auto healthy = health(); !healthy)
      return {.status = 503, .body = healthy.error().message + "\n", .content_type = "text/plain"};
    return {.body = "ok\n", .content_type = "text/plain"};
  };
  auto metrics = [groups](const Request& request) -> Answer {
    auto allowed = access::authorize(request.principal, access::Action::kRead, {access::ResourceKind::kMetrics, ""});
    if (!allowed) return error_answer(allowed.error());
    return {.body = host::metrics_text() + (groups ? group_metrics(*groups) : ""),
            .content_type = "text/plain; version=0.0.4"};
  };
  return {{"GET", "/healthz", healthz}, {"HEAD", "/healthz", healthz}, {"GET", "/metrics", metrics}};
}

}  // namespace tarn::doors::http
