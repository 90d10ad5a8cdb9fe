// Commands that talk to a running platform: topics and landing over its /api, statements over its Postgres door.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/files.h"
#include "tarn/commands.h"
#include "tarn/data_folder.h"
#include "tarn/http_client.h"
#include "tarn/sql_client.h"
#include "tarn/text_table.h"

namespace tarn::app {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kAnswerWaitMax = 30s;

// A name as one path segment of a URL (RFC 3986).
std::string escape(std::string_view name) {
  std::string text;
  for (char c : name) {
    bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~';
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

Result<Json> call(const Endpoints& platform, const std::string& method, const std::string& target, const Json& body,
                  std::chrono::seconds wait = kAnswerWaitMax) {
  TARN_ASSIGN(HttpAnswer answer, http_request(platform.http, method, target, body.is_null() ? "" : body.dump(), wait));
  Json json = Json::parse(answer.body, nullptr, false);
  if (answer.status < 300) return json.is_discarded() ? Json() : json;
  if (json.is_object() && json.contains("error") && json["error"].is_object())
    return fail(Code::kInvalidArgument, json["error"].value("message", "refused without a reason"));
  return fail(Code::kInternal, fmt::format("{} {} answered {}", method, target, answer.status));
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "-" : value.dump();
}

// `tarn topic describe` shows the whole.
std::string one_line(std::string text) {
  constexpr std::size_t kBytesMax = 100;
  std::size_t end = std::min(text.find('\n'), kBytesMax);
  if (end >= text.size()) return text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not in the middle of a character
  return text.substr(0, end) + "...";
}

Result<void> list_topics(const Endpoints& platform) {
  TARN_ASSIGN(Json answer, call(platform, "GET", "/api/v1/topics", {}));
  TextTable rows({"TOPIC", "PARTITIONS", "RECORDS", "LANDED", "TABLE"});
  for (const Json& topic : answer["topics"]) {
    std::string table = text_of(topic["table"]);
    if (!topic["reason"].is_null()) table += " (" + one_line(text_of(topic["reason"])) + ")";
    rows.add({text_of(topic["name"]), text_of(topic["partitions"]), text_of(topic["records"]), text_of(topic["landed"]),
              table});
  }
  rows.finish();
  return {};
}

Result<void> describe_topic(const Endpoints& platform, const std::string& name) {
  TARN_ASSIGN(Json topic, call(platform, "GET", "/api/v1/topics/" + escape(name), {}));
  fmt::print("topic   {}\nid      {}\ntable   {}\n", text_of(topic["name"]), text_of(topic["id"]),
             text_of(topic["table"]));
  if (topic.value("format", "json") == "binary")
    fmt::print(
        "format  binary: its first records were no JSON objects, so each value lands as bytes in the column `value`.\n"
        "        Should it be JSON: delete the topic, name its columns or another table in topics/{}.yaml, start "
        "again.\n",
        text_of(topic["name"]));
  if (!topic["reason"].is_null()) fmt::print("landing {}\n", text_of(topic["reason"]));
  for (const auto& [key, value] : topic["config"].items()) fmt::print("config  {}={}\n", key, text_of(value));
  TextTable rows({"PARTITION", "START", "END", "DECODED", "LANDED"});
  for (const Json& partition : topic["ends"])
    rows.add({text_of(partition["partition"]), text_of(partition["start"]), text_of(partition["end"]),
              text_of(partition["decoded"]), text_of(partition["landed"])});
  rows.finish();
  return {};
}

Result<void> create_topic(const Endpoints& platform, const TopicCreateCommand& command) {
  Json config = Json::object();
  for (const std::string& entry : command.config) {
    std::size_t equals = entry.find('=');
    if (equals == std::string::npos)
      return fail(Code::kInvalidArgument, fmt::format("--config `{}`: say NAME=VALUE", entry));
    config[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  Json body{{"name", command.topic}, {"partitions", command.partitions}, {"config", config}};
  TARN_TRY(call(platform, "POST", "/api/v1/topics", body));
  fmt::print("created {} with {} partition{}\n", command.topic, command.partitions, command.partitions == 1 ? "" : "s");
  return {};
}

Result<void> delete_topic(const Endpoints& platform, const std::string& name) {
  TARN_TRY(call(platform, "DELETE", "/api/v1/topics/" + escape(name), {}));
  fmt::print("deleted {}; its table stays\n", name);
  return {};
}

Result<void> land(const Endpoints& platform, const LandCommand& command) {
  Json body{{"topics", command.topics}, {"timeout_ms", command.timeout_s * 1000}};
  TARN_TRY(call(platform, "POST", "/api/v1/land", body, std::chrono::seconds(command.timeout_s + 5)));
  fmt::print("landed\n");
  return {};
}

struct Run {
  const Endpoints& platform;
  Result<void> operator()(const SqlCommand& command) const { return run_sql(platform.pg, command.statement); }
  Result<void> operator()(const TopicListCommand&) const { return list_topics(platform); }
  Result<void> operator()(const TopicCreateCommand& command) const { return create_topic(platform, command); }
  Result<void> operator()(const TopicDescribeCommand& command) const { return describe_topic(platform, command.topic); }
  Result<void> operator()(const TopicDeleteCommand& command) const { return delete_topic(platform, command.topic); }
  Result<void> operator()(const LandCommand& command) const { return land(platform, command); }
  Result<void> operator()(const auto&) const { return fail(Code::kInternal, "not a client's command"); }
};

Result<void> run(const CommandLine& line) {
  auto files = host::real_files();
  TARN_ASSIGN(std::string data, data_folder(*files, line.project, line.data));
  TARN_ASSIGN(Endpoints platform, find_running(*files, data));
  return std::visit(Run{platform}, line.command);
}

}  // namespace

int run_client(const CommandLine& line) {
  auto done = run(line);
  if (done) return 0;
  fmt::print(stderr, "tarn: {}\n", done.error().message);
  return 1;
}

}  // namespace tarn::app
