#include "doors/http/runs_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <nlohmann/json.hpp>

#include "doors/http/error_answer.h"
#include "flow/publish/sessions.h"

namespace tarn::doors::http {
namespace {

using Json = nlohmann::ordered_json;
using access::Action;
using access::ResourceKind;

template <class T>
Json number_or_null(const std::optional<T>& value) {
  if (!value) return nullptr;
  if constexpr (requires { value->value(); })
    return value->value();
  else
    return *value;
}

Json json_of(const catalog::Run& run) {
  return {{"id", run.id.value()},
          {"project", run.project},
          {"branch", catalog::branch_of(run.id)},
          {"state", catalog::to_string(run.state)},
          {"started", run.started.value()},
          {"finished", number_or_null(run.finished)},
          {"message", run.message},
          {"base", number_or_null(run.base)},
          {"published", number_or_null(run.published)},
          {"changed", run.changed}};
}

Json json_of(const catalog::RunNode& node) {
  Json sample = node.sample_json.empty() ? Json() : Json::parse(node.sample_json, nullptr, false);
  return {{"name", node.name},
          {"kind", catalog::to_string(node.kind)},
          {"materialized", node.materialized},
          {"state", catalog::to_string(node.state)},
          {"started", number_or_null(node.started)},
          {"finished", number_or_null(node.finished)},
          {"rows", number_or_null(node.rows)},
          {"failures", number_or_null(node.failures)},
          {"message", node.message},
          {"file", node.file},
          {"sql", node.compiled_sql},
          {"sample", sample.is_discarded() ? Json() : sample}};
}

std::string text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::optional<std::int64_t> whole_number(const std::string& digits) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

class RunsApi {
 public:
  RunsApi(const engine::Platform& platform, flow::land::Lander& lander, flow::publish::Runs& runs)
      : platform_(platform), lander_(lander), runs_(runs) {}

  Result<Answer> start(const Request& request) {
    TARN_ASSIGN(flow::model::Plan parsed, parse(request.body));
    for (const auto& node : parsed.nodes)
      if (node.kind == flow::model::NodeKind::kModel)
        TARN_TRY(access::authorize(request.principal, Action::kWrite,
                                   {ResourceKind::kTable, flow::model::to_string(node.relation)}));
    auto plan = std::make_shared<const flow::model::Plan>(std::move(parsed));
    Answer answer{.content_type = "application/x-ndjson"};
    answer.stream = [this, plan, principal = request.principal](Stream& stream) {
      flow::publish::Sessions sessions(platform_, lander_, principal);
      runs_.run(*plan, sessions, [&](const std::string& line) { return stream.write(line); }, stream.gone());
    };
    return answer;
  }

  Result<Answer> list(const Request& request) {
    TARN_TRY(access::authorize(request.principal, Action::kDescribe, {ResourceKind::kCluster, ""}));
    std::size_t limit = kRunsShown;
    if (auto asked = request.query.find("limit"); asked != request.query.end()) {
      auto number = whole_number(asked->second);
      if (!number) return fail(Code::kInvalidArgument, "`limit` is a number of runs");
      limit = std::min(static_cast<std::size_t>(*number), catalog::kRunsMax);
    }
    TARN_ASSIGN(auto runs, platform_.catalog.runs(limit));
    Json all = Json::array();
    for (const catalog::Run& run : runs) all.push_back(json_of(run));
    return Answer{.body = text({{"runs", all}})};
  }

  Result<Answer> show(const Request& request) {
    TARN_TRY(access::authorize(request.principal, Action::kDescribe, {ResourceKind::kCluster, ""}));
    auto id = whole_number(request.bound.at("id"));
    if (!id) return fail(Code::kNotFound, fmt::format("no run {}; a run's id is a number", request.bound.at("id")));
    TARN_ASSIGN(catalog::Run run, platform_.catalog.run(catalog::RunId(*id)));
    Json json = json_of(run);
    json["nodes"] = Json::array();
    for (const catalog::RunNode& node : run.nodes) json["nodes"].push_back(json_of(node));
    return Answer{.body = text(json)};
  }

 private:
  // One at a time: as a tree of JSON a plan takes many times its size.
  Result<flow::model::Plan> parse(const std::string& body) {
    std::lock_guard lock(parsing_);
    return flow::model::parse_plan(body);
  }

  engine::Platform platform_;
  flow::land::Lander& lander_;
  flow::publish::Runs& runs_;
  std::mutex parsing_;
};

}  // namespace

std::vector<Route> runs_routes(const engine::Platform& platform, flow::land::Lander& lander,
                               flow::publish::Runs& runs) {
  auto api = std::make_shared<RunsApi>(platform, lander, runs);
  auto route = [&](std::string method, std::string pattern, Result<Answer> (RunsApi::*handle)(const Request&),
                   Takes takes = Takes::kAMoment, Bytes body_max = kSmallBody) {
    return Route{std::move(method), std::move(pattern),
                 [api, handle](const Request& request) -> Answer {
                   Result<Answer> result = (api.get()->*handle)(request);
                   return result ? std::move(*result) : error_answer(result.error());
                 },
                 takes, body_max};
  };
  return {route("POST", "/api/v1/runs", &RunsApi::start, Takes::kAWhile, Bytes(flow::model::kPlanBytesMax)),
          route("GET", "/api/v1/runs", &RunsApi::list), route("GET", "/api/v1/runs/{id}", &RunsApi::show)};
}

}  // namespace tarn::doors::http
