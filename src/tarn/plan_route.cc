#include "tarn/plan_route.h"

#include <nlohmann/json.hpp>

#include "doors/http/error_answer.h"
#include "tarn/topic_plan.h"

namespace tarn::app {
namespace {

using Json = nlohmann::json;

Result<Json> plan(host::Files& files, const log::Log& log, const catalog::Catalog& catalog,
                  const std::string& project) {
  TARN_ASSIGN(Config config, load_config(files, project, {}));
  TARN_ASSIGN(std::vector<TopicChange> changes, plan_topics(log, *catalog.state(), config));
  Json all = Json::array();
  for (const TopicChange& change : changes) all.push_back({{"topic", change.topic}, {"lines", change.lines}});
  return Json{{"project", project}, {"changes", all}};
}

}  // namespace

doors::http::Route plan_route(host::Files& files, const log::Log& log, const catalog::Catalog& catalog,
                              const std::string& project) {
  auto handle = [&files, &log, &catalog, project](const doors::http::Request& request) -> doors::http::Answer {
    auto allowed =
        access::authorize(request.principal, access::Action::kDescribe, {access::ResourceKind::kCluster, ""});
    if (!allowed) return doors::http::error_answer(allowed.error());
    auto planned = plan(files, log, catalog, project);
    if (!planned) return doors::http::error_answer(planned.error());
    return {.body = planned->dump(-1, ' ', false, Json::error_handler_t::replace)};
  };
  return {"GET", "/api/v1/plan", handle};
}

}  // namespace tarn::app
