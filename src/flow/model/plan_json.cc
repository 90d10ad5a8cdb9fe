#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "flow/model/plan.h"
#include "wire/json/parse.h"

namespace tarn::flow::model {
namespace {

using Json = nlohmann::json;

Json json_of(const PlanNode& node) {
  Json json{{"name", node.name}, {"kind", to_string(node.kind)}, {"sql", node.sql}, {"file", node.file},
            {"line", node.line}, {"depends_on", node.depends_on}};
  if (!node.lines.empty() && node.lines.size() <= kPlanNodesMax) json["lines"] = node.lines;
  if (node.kind == NodeKind::kModel) {
    json["materialized"] = to_string(node.materialized);
    json["schema"] = node.relation.schema;
    json["relation"] = node.relation.name;
    return json;
  }
  json["severity"] = node.severity == Severity::kWarn ? "warn" : "error";
  json["warn_if"] = to_string(node.warn_if);
  json["error_if"] = to_string(node.error_if);
  json["limit"] = node.limit ? Json(*node.limit) : Json();
  return json;
}

// Reads what main is sent; a wrong shape ends in one error that names the place.
class Reader {
 public:
  Result<Plan> read(std::string_view text) {
    if (text.size() > kPlanBytesMax)
      return fail(Code::kLimit, fmt::format("a plan of {} bytes, more than {}", text.size(), kPlanBytesMax));
    TARN_ASSIGN(Json json, wire::json::parse(text));
    if (!json.is_object()) return fail(Code::kInvalidArgument, "the plan is not a JSON object");
    Plan plan;
    plan.project = this->text(json, "project", kPlanNameMax);
    if (auto whole = json.find("whole"); whole != json.end() && whole->is_boolean()) plan.whole = whole->get<bool>();
    for (const Json& node : list(json, "nodes")) plan.nodes.push_back(read_node(node));
    for (const Json& use : list(json, "sources")) plan.sources.push_back(read_source(use));
    for (const Json& use : list(json, "existing")) plan.existing.push_back(read_existing(use));
    if (!wrong_.empty()) return fail(Code::kInvalidArgument, "the plan: " + wrong_);
    TARN_TRY(check_order(plan));
    return plan;
  }

 private:
  void wrong(std::string message) {
    if (wrong_.empty()) wrong_ = std::move(message);
  }

  const Json& list(const Json& json, const char* key) {
    static const Json kNone = Json::array();
    auto found = json.find(key);
    if (found == json.end() || !found->is_array() || found->size() > kPlanNodesMax) {
      wrong(fmt::format("`{}` must be a list of at most {}", key, kPlanNodesMax));
      return kNone;
    }
    return *found;
  }

  std::string text(const Json& json, const char* key, std::size_t bytes_max) {
    auto found = json.is_object() ? json.find(key) : json.end();
    if (!json.is_object() || found == json.end() || !found->is_string() ||
        found->get_ref<const std::string&>().size() > bytes_max) {
      wrong(fmt::format("`{}` must be text of at most {} bytes", key, bytes_max));
      return {};
    }
    return found->get<std::string>();
  }

  std::string choice(const Json& json, const char* key, std::initializer_list<const char*> words) {
    std::string word = text(json, key, kPlanNameMax);
    if (std::ranges::find(words, word) == words.end())
      wrong(fmt::format("`{}` must be one of {}", key, fmt::join(words, ", ")));
    return word;
  }

  std::int64_t number(const Json& json, const char* key) {
    auto found = json.is_object() ? json.find(key) : json.end();
    if (!json.is_object() || found == json.end() || !found->is_number_integer()) {
      wrong(fmt::format("`{}` must be a whole number", key));
      return 0;
    }
    return found->get<std::int64_t>();
  }

  int line(const Json& json) {
    std::int64_t given = number(json, "line");
    if (given < 0 || given > kLineMax) wrong(fmt::format("`line` must be from 0 to {}", kLineMax));
    return static_cast<int>(given);
  }

  Relation relation(const Json& json) {
    return {text(json, "schema", kPlanNameMax), text(json, "relation", kPlanNameMax)};
  }

  Bound bound(const Json& json, const char* key) {
    auto parsed = parse_bound(text(json, key, kPlanNameMax));
    if (!parsed) wrong(fmt::format("`{}` must be like `> 10`", key));
    return parsed.value_or(Bound());
  }

  PlanNode read_node(const Json& json) {
    PlanNode node;
    node.name = text(json, "name", kPlanNameMax);
    node.kind = choice(json, "kind", {"model", "test"}) == "test" ? NodeKind::kTest : NodeKind::kModel;
    node.sql = text(json, "sql", kPlanSqlBytesMax);
    node.file = text(json, "file", kPathBytesMax);
    node.line = line(json);
    if (json.is_object())
      for (const Json& name : list(json, "depends_on")) {
        if (!name.is_string()) wrong("`depends_on` must be names");
        node.depends_on.push_back(name.is_string() ? name.get<std::string>() : "");
      }
    if (json.is_object() && json.contains("lines"))
      for (const Json& each : list(json, "lines")) {
        std::int64_t given = each.is_number_integer() ? each.get<std::int64_t>() : -1;
        if (given < 0 || given > kLineMax) wrong(fmt::format("`lines` must be whole numbers from 0 to {}", kLineMax));
        node.lines.push_back(static_cast<int>(given));
      }
    if (node.kind == NodeKind::kModel) {
      node.relation = relation(json);
      bool table = choice(json, "materialized", {"view", "table"}) == "table";
      node.materialized = table ? Materialized::kTable : Materialized::kView;
      return node;
    }
    node.severity = choice(json, "severity", {"warn", "error"}) == "warn" ? Severity::kWarn : Severity::kError;
    node.warn_if = bound(json, "warn_if");
    node.error_if = bound(json, "error_if");
    if (json.is_object() && json.contains("limit") && !json["limit"].is_null()) node.limit = number(json, "limit");
    if (node.limit && *node.limit < 0) wrong("`limit` must not be negative");
    return node;
  }

  SourceUse read_source(const Json& json) {
    return {.source = text(json, "source", kPlanNameMax),
            .table = text(json, "table", kTopicBytesMax),
            .topic = text(json, "topic", kTopicBytesMax),
            .relation = relation(json),
            .by = text(json, "by", kPlanNameMax),
            .file = text(json, "file", kPathBytesMax),
            .line = line(json)};
  }

  Existing read_existing(const Json& json) {
    return {.name = text(json, "name", kPlanNameMax),
            .relation = relation(json),
            .by = text(json, "by", kPlanNameMax),
            .file = text(json, "file", kPathBytesMax),
            .line = line(json)};
  }

  // Names stand once, relations too, models come after what they depend on and before tests.
  static Result<void> check_order(const Plan& plan) {
    std::set<std::string_view> names, built;
    std::set<Relation> relations;
    bool tests = false;
    std::set<std::string_view> models;
    for (const PlanNode& node : plan.nodes)
      if (node.kind == NodeKind::kModel) models.insert(node.name);
    for (const PlanNode& node : plan.nodes) {
      auto refuse = [&](std::string_view why) {
        return fail(Code::kInvalidArgument, fmt::format("the plan: node `{}` {}", node.name, why));
      };
      if (node.name.empty() || !names.insert(node.name).second) return refuse("stands twice or has no name");
      if (node.kind == NodeKind::kTest) {
        tests = true;
        continue;
      }
      if (tests) return refuse("is a model after a test");
      if (node.relation.schema.empty() || node.relation.name.empty() || !relations.insert(node.relation).second)
        return refuse("has the relation of another, or none");
      if (auto why = why_not(node.relation)) return refuse("cannot be built: " + *why);
      for (const std::string& needed : node.depends_on)
        if (models.contains(needed) && !built.contains(needed)) return refuse("comes before what it depends on");
      built.insert(node.name);
    }
    return {};
  }

  static constexpr std::size_t kPathBytesMax = 4096;
  static constexpr std::int64_t kLineMax = 1 << 24;
  static constexpr std::size_t kTopicBytesMax = 249;
  std::string wrong_;
};

}  // namespace

std::string to_json(const Plan& plan) {
  Json json{{"project", plan.project},
            {"whole", plan.whole},
            {"nodes", Json::array()},
            {"sources", Json::array()},
            {"existing", Json::array()}};
  for (const PlanNode& node : plan.nodes) json["nodes"].push_back(json_of(node));
  for (const SourceUse& use : plan.sources)
    json["sources"].push_back({{"source", use.source},
                               {"table", use.table},
                               {"topic", use.topic},
                               {"schema", use.relation.schema},
                               {"relation", use.relation.name},
                               {"by", use.by},
                               {"file", use.file},
                               {"line", use.line}});
  for (const Existing& use : plan.existing)
    json["existing"].push_back({{"name", use.name},
                                {"schema", use.relation.schema},
                                {"relation", use.relation.name},
                                {"by", use.by},
                                {"file", use.file},
                                {"line", use.line}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Plan> parse_plan(std::string_view json) { return Reader().read(json); }

}  // namespace tarn::flow::model
