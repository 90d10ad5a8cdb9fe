// For tests: plans in few words.
#pragma once

#include <string>
#include <vector>

#include "flow/model/plan.h"

namespace tarn::flow::publish {

inline model::PlanNode view(const std::string& name, std::vector<std::string> needs = {}) {
  return {.name = name,
          .relation = {"public", name},
          .sql = "select\n" + name,
          .file = "models/" + name + ".sql",
          .line = 1,
          .lines = {1, 4},
          .depends_on = std::move(needs)};
}

inline model::PlanNode check(const std::string& name, std::vector<std::string> reads = {},
                             model::Severity severity = model::Severity::kError) {
  return {.name = name,
          .kind = model::NodeKind::kTest,
          .sql = "select " + name,
          .file = "models/schema.yml",
          .line = 7,
          .depends_on = std::move(reads),
          .severity = severity};
}

inline model::Plan plan_of(std::vector<model::PlanNode> nodes) {
  return {.project = "shop", .nodes = std::move(nodes)};
}

}  // namespace tarn::flow::publish
