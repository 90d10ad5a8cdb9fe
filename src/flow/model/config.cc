#include "flow/model/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "jinja/containers.h"

namespace tarn::flow::model {
namespace {

using jinja::Value;

constexpr std::string_view kDefaultSchema = "public";

std::string printed(const Value& value) { return jinja::to_text(value).value_or(std::string(value.type_name())); }

std::vector<Value> as_list(const Value& value) {
  if (const auto* items = value.items()) return *items;
  if (value.is_none()) return {};
  return {value};
}

Value merged(const Value& older, const Value& newer) {
  std::vector<std::pair<std::string, Value>> entries;
  for (const Value* each : {&older, &newer})
    for (const auto& [key, value] : each->dict()->entries) entries.emplace_back(printed(key), value);
  return Value::dict(std::move(entries));
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Bound bound(const Config& config, std::string_view key, Findings& findings) {
  std::string text = config.text(key, "!= 0", findings);
  if (auto parsed = parse_bound(text)) return *parsed;
  findings.problems.add(config.place(key),
                        fmt::format("`{}` compares the failing rows with a number, like `> 10`, not `{}`", key, text));
  return {};
}

}  // namespace

void Config::set(const std::string& key, const Value& value, const Place& place) {
  places_[key] = place;
  Value& present = values_[key];
  if (key == "tags") {
    std::vector<Value> all = as_list(present);
    for (const Value& tag : as_list(value)) all.push_back(tag);
    present = Value::list(std::move(all));
  } else if (key == "meta" && present.dict() && value.dict()) {
    present = merged(present, value);
  } else {
    present = value;
  }
}

Place Config::place(std::string_view key) const {
  auto found = places_.find(key);
  return found == places_.end() ? Place() : found->second;
}

std::string Config::text(std::string_view key, std::string usual, Findings& findings) const {
  auto found = values_.find(key);
  if (found == values_.end() || found->second.is_none()) return usual;
  if (const std::string* text = found->second.string()) return *text;
  findings.problems.add(place(key), fmt::format("`{}` takes text, not {}", key, printed(found->second)));
  return usual;
}

bool Config::flag(std::string_view key, bool usual, Findings& findings) const {
  auto found = values_.find(key);
  if (found == values_.end() || found->second.is_none()) return usual;
  if (const bool* flag = found->second.boolean()) return *flag;
  if (const std::string* text = found->second.string(); text && (lower(*text) == "true" || lower(*text) == "false"))
    return lower(*text) == "true";  // a rendered text in a .yml
  findings.problems.add(place(key), fmt::format("`{}` takes true or false, not {}", key, printed(found->second)));
  return usual;
}

std::vector<std::string> Config::tags() const {
  std::vector<std::string> all;
  auto found = values_.find("tags");
  if (found != values_.end())
    for (const Value& tag : as_list(found->second)) all.push_back(printed(tag));
  return all;
}

std::string schema_name(const std::string& custom) {
  return custom.empty() ? std::string(kDefaultSchema) : fmt::format("{}_{}", kDefaultSchema, custom);
}

ModelConfig model_config(const Config& config, const ModelFile& model, Findings& findings) {
  ModelConfig result;
  result.enabled = config.flag("enabled", true, findings);
  result.tags = config.tags();
  std::string materialized = config.text("materialized", "view", findings);
  if (materialized == "table") {
    result.materialized = Materialized::kTable;
  } else if (materialized != "view") {
    findings.problems.add(config.place("materialized"),
                          fmt::format("materialized='{}' is not supported; a model is a `view` or a `table`, which is "
                                      "rebuilt whole each time",
                                      materialized));
  }
  std::string database = config.text("database", "tarn", findings);
  if (database != "tarn")
    findings.problems.add(config.place("database"),
                          fmt::format("there is one database, `tarn`; leave `{}` out", database));
  result.relation = {schema_name(config.text("schema", "", findings)), config.text("alias", model.name, findings)};
  if (auto why = why_not(result.relation))
    findings.problems.add(config.place("alias").line ? config.place("alias") : Place{model.file, 1},
                          *why + "; rename the model, or give it another `alias` or `schema`");
  return result;
}

TestConfig test_config(const Config& config, Findings& findings) {
  TestConfig result;
  result.enabled = config.flag("enabled", true, findings);
  result.tags = config.tags();
  std::string severity = lower(config.text("severity", "error", findings));
  if (severity == "warn")
    result.severity = Severity::kWarn;
  else if (severity != "error")
    findings.problems.add(config.place("severity"), fmt::format("`severity` is warn or error, not `{}`", severity));
  result.warn_if = bound(config, "warn_if", findings);
  result.error_if = bound(config, "error_if", findings);
  result.where = config.text("where", "", findings);
  if (auto limit = config.values().find("limit"); limit != config.values().end() && !limit->second.is_none()) {
    if (const std::int64_t* rows = limit->second.integer(); rows && *rows >= 0)
      result.limit = *rows;
    else
      findings.problems.add(config.place("limit"), "`limit` takes a number of rows");
  }
  if (lower(config.text("fail_calc", "count(*)", findings)) != "count(*)")
    findings.problems.add(config.place("fail_calc"), "`fail_calc` is not supported: failing rows are counted");
  return result;
}

}  // namespace tarn::flow::model
