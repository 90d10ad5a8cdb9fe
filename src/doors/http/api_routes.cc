#include "doors/http/api_routes.h"

#include <fmt/format.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "doors/http/error_answer.h"
#include "doors/http/request_bodies.h"
#include "host/metrics.h"

namespace tarn::doors::http {
namespace {

using Json = nlohmann::json;
using access::Action;
using access::ResourceKind;
using flow::land::TopicStatus;

class Api {
 public:
  Api(log::Log& log, flow::land::Lander& lander, host::Clock& clock) : log_(log), lander_(lander), clock_(clock) {}

  Result<Json> list(const Request& request) {
    Json topics = Json::array();
    for (const TopicStatus& topic : lander_.status())
      if (access::authorize(request.principal, Action::kDescribe, {ResourceKind::kTopic, topic.name}))
        topics.push_back(summary(topic));
    return Json{{"topics", topics}};
  }

  Result<Json> describe(const Request& request) {
    const std::string& name = request.bound.at("name");
    TARN_TRY(access::authorize(request.principal, Action::kDescribe, {ResourceKind::kTopic, name}));
    TARN_ASSIGN(log::Topic topic, find(name));
    for (const TopicStatus& status : lander_.status()) {
      if (status.id != topic.id) continue;
      Json json = summary(status);
      if (status.format) json["format"] = *status.format == catalog::BindingFormat::kBinary ? "binary" : "json";
      json["config"] = topic.configs;
      json["ends"] = Json::array();
      for (const auto& partition : status.partitions)
        json["ends"].push_back({{"partition", partition.partition.value()},
                                {"start", partition.log_start.value()},
                                {"end", partition.end.value()},
                                {"decoded", partition.decoded.value()},
                                {"landed", partition.landed.value()}});
      return json;
    }
    return fail(Code::kUnavailable, fmt::format("topic {} was made a moment ago; ask again", name));
  }

  Result<Json> create(const Request& request) {
    TARN_ASSIGN(log::TopicSpec spec, read_topic_body(request.body));
    TARN_TRY(access::authorize(request.principal, Action::kCreate, {ResourceKind::kTopic, spec.name}));
    TARN_ASSIGN(log::Topic topic, log_.create_topic(spec));
    return Json{{"name", topic.name}, {"id", topic.id.to_string()}};
  }

  Result<Json> remove(const Request& request) {
    const std::string& name = request.bound.at("name");
    TARN_TRY(access::authorize(request.principal, Action::kDrop, {ResourceKind::kTopic, name}));
    TARN_ASSIGN(log::Topic topic, find(name));
    TARN_TRY(log_.delete_topic(topic.id));
    return Json::object();
  }

  Result<Json> land(const Request& request) {
    TARN_ASSIGN(LandBody body, read_land_body(request.body));
    for (const std::string& topic : body.topics)
      TARN_TRY(access::authorize(request.principal, Action::kAlter, {ResourceKind::kTopic, topic}));
    if (body.topics.empty())
      TARN_TRY(access::authorize(request.principal, Action::kAlter, {ResourceKind::kCluster, ""}));
    count_waiter(1);
    Result<void> landed = lander_.land(body.topics, clock_.now() + body.timeout, request.gone);
    count_waiter(-1);
    if (!landed) return std::unexpected(landed.error());
    return Json::object();
  }

 private:
  Result<log::Topic> find(const std::string& name) {
    auto topics = log_.topics();
    if (const log::Topic* topic = topics->find(name)) return *topic;
    return fail(Code::kNotFound, fmt::format("no topic {}; `tarn topic list` shows them", name));
  }

  static Json summary(const TopicStatus& topic) {
    std::int64_t records = 0, landed = 0;
    for (const auto& partition : topic.partitions) {
      records += partition.end - partition.log_start;
      landed += partition.landed.value();
    }
    Json json{{"name", topic.name},
              {"id", topic.id.to_string()},
              {"partitions", topic.partitions.size()},
              {"records", records},
              {"landed", landed}};
    json["table"] = topic.table ? Json(to_string(*topic.table)) : Json();
    json["reason"] = topic.reason ? Json(*topic.reason) : Json();
    return json;
  }

  void count_waiter(int more) { waiters_shown_.set(land_waiters_ += more); }

  log::Log& log_;
  flow::land::Lander& lander_;
  host::Clock& clock_;
  std::atomic<int> land_waiters_ = 0;
  host::Gauge waiters_shown_{"tarn_land_waiters_count", "Callers that wait for landing"};
};

}  // namespace

std::vector<Route> api_routes(log::Log& log, flow::land::Lander& lander, host::Clock& clock) {
  auto api = std::make_shared<Api>(log, lander, clock);
  auto route = [&](std::string method, std::string pattern, Result<Json> (Api::*handle)(const Request&),
                   Takes takes = Takes::kAMoment) {
    auto answer = [api, handle](const Request& request) -> Answer {
      Result<Json> result = (api.get()->*handle)(request);
      if (!result) return error_answer(result.error());
      return {.body = result->dump(-1, ' ', false, Json::error_handler_t::replace)};
    };
    return Route{std::move(method), std::move(pattern), answer, takes};
  };
  return {route("GET", "/api/v1/topics", &Api::list), route("POST", "/api/v1/topics", &Api::create),
          route("GET", "/api/v1/topics/{name}", &Api::describe), route("DELETE", "/api/v1/topics/{name}", &Api::remove),
          route("POST", "/api/v1/land", &Api::land, Takes::kAWhile)};
}

}  // namespace tarn::doors::http
