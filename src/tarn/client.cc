// Commands that talk to a running platform: topics and landing over its /api, statements over its Postgres door.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "catalog/runs.h"
#include "host/host.h"
#include "shell/shell.h"
#include "tarn/commands.h"
#include "tarn/data_folder.h"
#include "tarn/http_client.h"
#include "tarn/text_table.h"
#include "tarn/topic_plan.h"

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

// "2026-11-21 14:55", in UTC.
std::string time_text(const Json& ms) {
  if (!ms.is_number_integer() || ms == 0) return "-";
  std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(ms.get<std::int64_t>())};
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}-{:02}-{:02} {:02}:{:02}", int(date.year()), unsigned(date.month()), unsigned(date.day()),
                     clock.hours().count(), clock.minutes().count());
}

Result<void> list_branches(const Endpoints& platform) {
  TARN_ASSIGN(Json answer, call(platform, "GET", "/api/v1/branches", {}));
  TextTable rows({"BRANCH", "BASE", "AT", "CREATED (UTC)", "EXPIRES"});
  for (const Json& branch : answer["branches"])
    rows.add({text_of(branch["name"]), text_of(branch["base"]), text_of(branch["at"]), time_text(branch["created"]),
              time_text(branch["expires"])});
  rows.finish();
  return {};
}

Result<void> diff_branch(const Endpoints& platform, const std::string& name) {
  TARN_ASSIGN(Json answer, call(platform, "GET", "/api/v1/branches/" + escape(name) + "/diff", {}));
  if (answer["changes"].empty()) {
    fmt::print("{} has changed nothing\n", name);
    return {};
  }
  TextTable rows({"CHANGE", "NAME", "KIND", "ROWS BEFORE", "ROWS"});
  std::string conflicts;
  for (const Json& change : answer["changes"]) {
    rows.add({change.value("appends", false) ? "appended" : text_of(change["kind"]), text_of(change["name"]),
              change.value("is_view", false) ? "view" : "table", text_of(change["rows_before"]),
              text_of(change["rows"])});
    if (!change["conflict"].is_null())
      conflicts += fmt::format("conflict with main: {}: {}\n", text_of(change["name"]), text_of(change["conflict"]));
  }
  rows.finish();
  fmt::print("{}", conflicts);
  return {};
}

Result<void> drop_branch(const Endpoints& platform, const std::string& name) {
  TARN_TRY(call(platform, "DELETE", "/api/v1/branches/" + escape(name), {}));
  fmt::print("dropped {}\n", name);
  return {};
}

Result<void> drop_failed(const Endpoints& platform) {
  TARN_ASSIGN(Json answer, call(platform, "GET", fmt::format("/api/v1/runs?limit={}", catalog::kRunsMax), {}));
  std::set<std::string> failed;
  for (const Json& run : answer["runs"])
    if (run["state"] != "running" && run["state"] != "published") failed.insert(text_of(run["branch"]));
  TARN_ASSIGN(answer, call(platform, "GET", "/api/v1/branches", {}));
  std::size_t dropped = 0;
  for (const Json& branch : answer["branches"]) {
    std::string name = text_of(branch["name"]);
    if (!failed.contains(name)) continue;
    TARN_TRY(drop_branch(platform, name));
    ++dropped;
  }
  if (dropped == 0) fmt::print("no failed run has a branch\n");
  return {};
}

struct Run {
  const Endpoints& platform;
  Result<void> operator()(const TopicListCommand&) const { return list_topics(platform); }
  Result<void> operator()(const TopicCreateCommand& command) const { return create_topic(platform, command); }
  Result<void> operator()(const TopicDescribeCommand& command) const { return describe_topic(platform, command.topic); }
  Result<void> operator()(const TopicDeleteCommand& command) const { return delete_topic(platform, command.topic); }
  Result<void> operator()(const LandCommand& command) const { return land(platform, command); }
  Result<void> operator()(const BranchListCommand&) const { return list_branches(platform); }
  Result<void> operator()(const BranchDiffCommand& command) const { return diff_branch(platform, command.branch); }
  Result<void> operator()(const BranchDropCommand& command) const {
    return command.failed ? drop_failed(platform) : drop_branch(platform, command.branch);
  }
  Result<void> operator()(const auto&) const { return fail(Code::kInternal, "not a client's command"); }
};

Result<void> run(const CommandLine& line) {
  auto files = host::real_files();
  TARN_ASSIGN(std::string data, data_folder(*files, project_folder(*files, line.project), line.data));
  TARN_ASSIGN(Endpoints platform, find_running(*files, data));
  return std::visit(Run{platform}, line.command);
}

}  // namespace

Result<void> show_plan(const Endpoints& platform, const std::string& project) {
  TARN_ASSIGN(Json plan, call(platform, "GET", "/api/v1/plan", {}));
  if (plan["project"] != project)
    return fail(Code::kUnavailable,
                fmt::format("the Tarn that runs there (pid {}) serves the project {}; plan that one, or stop it first",
                            platform.pid, text_of(plan["project"])));
  for (const Json& change : plan["changes"])
    fmt::print("{}\n", to_string(TopicChange{.topic = change["topic"], .lines = change["lines"]}));
  if (plan["changes"].empty()) fmt::print("no topic changes\n");
  return {};
}

int run_sql(const CommandLine& line, const SqlCommand& command) {
  auto files = host::real_files();
  auto clock = host::real_clock();
  auto random = host::real_random();
  auto locate = [&]() -> Result<std::pair<std::string, std::uint16_t>> {
    TARN_ASSIGN(std::string data, data_folder(*files, project_folder(*files, line.project), line.data));
    TARN_ASSIGN(Endpoints platform, find_running(*files, data));
    TARN_ASSIGN(Address door, parse_address(platform.pg, "the platform's Postgres door"));
    return std::pair(door.host, static_cast<std::uint16_t>(door.port));
  };
  shell::Options options{.format = command.csv    ? shell::Format::kCsv
                                   : command.json ? shell::Format::kJson
                                                  : shell::Format::kAligned,
                         .branch = command.branch};
  for (const auto& [is_file, text] : command.sources) options.sources.push_back({.is_file = is_file, .text = text});
  return shell::run({*files, *clock, *random}, locate, options);
}

int run_client(const CommandLine& line) {
  auto done = run(line);
  if (done) return 0;
  fmt::print(stderr, "tarn: {}\n", done.error().message);
  return 1;
}

}  // namespace tarn::app
