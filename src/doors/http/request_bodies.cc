#include "doors/http/request_bodies.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "wire/json/parse.h"

namespace tarn::doors::http {
namespace {

using Json = nlohmann::json;

// An object with no other keys than these.
Result<Json> object_of(std::string_view body, const std::vector<std::string>& keys) {
  TARN_ASSIGN(Json json, wire::json::parse(body));
  if (!json.is_object()) return fail(Code::kInvalidArgument, "the body is not a JSON object");
  for (const auto& [key, value] : json.items())
    if (std::ranges::find(keys, key) == keys.end())
      return fail(Code::kInvalidArgument,
                  fmt::format("there is no `{}` here; known are {}", key, fmt::join(keys, ", ")));
  return json;
}

Result<std::string> text_of(const Json& value, std::string_view key) {
  if (value.is_string()) return value.get<std::string>();
  return fail(Code::kInvalidArgument, fmt::format("`{}` must be text", key));
}

Result<int> number_of(const Json& value, std::string_view key) {
  constexpr auto kMax = std::numeric_limits<int>::max();
  if (value.is_number_integer()) {
    std::int64_t number = value.get<std::int64_t>();
    if (number >= 0 && number <= kMax) return static_cast<int>(number);
  }
  return fail(Code::kInvalidArgument, fmt::format("`{}` must be a whole number from 0 to {}", key, kMax));
}

}  // namespace

Result<log::TopicSpec> read_topic_body(std::string_view body) {
  TARN_ASSIGN(Json json, object_of(body, {"name", "partitions", "config"}));
  log::TopicSpec spec;
  TARN_ASSIGN(spec.name, text_of(json.value("name", Json()), "name"));
  TARN_ASSIGN(spec.partitions, number_of(json.value("partitions", Json(1)), "partitions"));
  Json config = json.value("config", Json::object());
  if (!config.is_object()) return fail(Code::kInvalidArgument, "`config` must be an object of texts");
  for (const auto& [key, value] : config.items()) {
    TARN_ASSIGN(spec.configs[key], text_of(value, "config." + key));
  }
  return spec;
}

Result<LandBody> read_land_body(std::string_view body) {
  TARN_ASSIGN(Json json, object_of(body, {"topics", "timeout_ms"}));
  LandBody land;
  Json topics = json.value("topics", Json::array());
  if (!topics.is_array()) return fail(Code::kInvalidArgument, "`topics` must be a list of names");
  for (const Json& topic : topics) {
    TARN_ASSIGN(std::string name, text_of(topic, "topics"));
    land.topics.push_back(std::move(name));
  }
  TARN_ASSIGN(int timeout_ms, number_of(json.value("timeout_ms", Json(60'000)), "timeout_ms"));
  land.timeout = std::chrono::milliseconds(std::clamp(timeout_ms, 1, kLandTimeoutMsMax));
  return land;
}

}  // namespace tarn::doors::http
