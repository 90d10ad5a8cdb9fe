#include "doors/http/index_routes.h"

#include <nlohmann/json.hpp>

#include "doors/http/error_answer.h"

namespace tarn::doors::http {

extern const char* const kOpenApi;  // made of openapi.json by CMakeLists.txt

std::vector<Route> index_routes(const std::vector<Route>& all) {
  using Json = nlohmann::ordered_json;
  auto index = std::make_shared<std::string>();
  auto serve = [](std::string path, auto text) {
    return Route{"GET", std::move(path), [text](const Request& request) -> Answer {
                   auto allowed = access::authorize(request.principal, access::Action::kDescribe,
                                                    {access::ResourceKind::kCluster, ""});
                   if (!allowed) return error_answer(allowed.error());
                   return {.body = text()};
                 }};
  };
  std::vector<Route> added = {serve("/api", [index] { return *index; }),
                              serve("/api/openapi.json", [] { return std::string(kOpenApi); })};
  Json routes = Json::array();
  auto list = [&](const std::vector<Route>& some) {
    for (const Route& route : some)
      if (route.pattern.starts_with("/api")) routes.push_back({{"method", route.method}, {"path", route.pattern}});
  };
  list(all);
  list(added);
  *index = Json{{"routes", routes}, {"description", "/api/openapi.json"}}.dump();
  return added;
}

}  // namespace tarn::doors::http
