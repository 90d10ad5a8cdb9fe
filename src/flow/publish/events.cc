#include "flow/publish/events.h"

#include <nlohmann/json.hpp>

namespace tarn::flow::publish {
namespace {

using Json = nlohmann::ordered_json;

std::string line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string landing_event(const std::vector<std::string>& topics) {
  return line({{"event", "landing"}, {"topics", topics}});
}

std::string run_event(catalog::RunId run, std::size_t nodes) {
  return line({{"event", "run"}, {"run", run.value()}, {"branch", catalog::branch_of(run)}, {"nodes", nodes}});
}

std::string node_event(const catalog::RunNode& node, const NodeDetail& detail) {
  Json json{{"event", "node"}, {"node", node.name}, {"kind", catalog::to_string(node.kind)}};
  if (!node.materialized.empty()) json["materialized"] = node.materialized;
  json["state"] = catalog::to_string(node.state);
  if (node.state == catalog::RunNodeState::kRunning) return line(json);
  json["ms"] = detail.ms;
  if (node.rows) json["rows"] = *node.rows;
  if (node.failures) json["failures"] = *node.failures;
  if (!node.sample_json.empty()) {
    Json sample = Json::parse(node.sample_json, nullptr, false);
    if (!sample.is_discarded()) json["sample"] = std::move(sample);
  }
  if (!node.message.empty()) json["message"] = node.message;
  json["file"] = node.file;
  if (detail.line > 0) json["line"] = detail.line;
  return line(json);
}

std::string publishing_event() { return line({{"event", "publishing"}}); }

std::string note_event(const std::string& message) { return line({{"event", "note"}, {"message", message}}); }

std::string end_event(const End& end) {
  Json json{{"event", "end"}, {"state", end.state}, {"exit", static_cast<int>(end.exit)}, {"message", end.message}};
  if (end.run) json["run"] = end.run->value();
  json["ms"] = end.ms;
  json["changed"] = end.changed;
  return line(json);
}

}  // namespace tarn::flow::publish
