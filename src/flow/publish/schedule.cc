#include "flow/publish/schedule.h"

#include <map>

namespace tarn::flow::publish {

using model::NodeKind;

Schedule::Schedule(const model::Plan& plan)
    : plan_(plan),
      states_(plan.nodes.size(), RunNodeState::kWaiting),
      waits_for_(plan.nodes.size()),
      needed_by_(plan.nodes.size()) {
  std::map<std::string_view, std::size_t> models;
  for (std::size_t i = 0; i < plan.nodes.size(); ++i)
    if (plan.nodes[i].kind == NodeKind::kModel) models.emplace(plan.nodes[i].name, i);
  models_ = models.size();
  for (std::size_t i = 0; i < plan.nodes.size(); ++i)
    for (const std::string& name : plan.nodes[i].depends_on)
      if (auto needed = models.find(name); needed != models.end()) {
        ++waits_for_[i];
        needed_by_[needed->second].push_back(i);
      }
}

std::optional<std::size_t> Schedule::next() {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] != RunNodeState::kWaiting) continue;
    bool test = plan_.nodes[i].kind == NodeKind::kTest;
    if (test && models_ended_ < models_) return std::nullopt;  // models come first in a plan
    if (!test && waits_for_[i] > 0) continue;
    states_[i] = RunNodeState::kRunning;
    return i;
  }
  return std::nullopt;
}

std::vector<std::size_t> Schedule::end(std::size_t node, RunNodeState state) {
  states_[node] = state;
  ++ended_;
  if (plan_.nodes[node].kind != NodeKind::kModel) return {};
  ++models_ended_;
  std::vector<std::size_t> skipped;
  if (state != RunNodeState::kFailed) {
    for (std::size_t after : needed_by_[node]) --waits_for_[after];
    return skipped;
  }
  std::vector<std::size_t> broken{node};
  while (!broken.empty()) {
    std::size_t from = broken.back();
    broken.pop_back();
    for (std::size_t after : needed_by_[from]) {
      if (states_[after] != RunNodeState::kWaiting) continue;
      skip(after);
      skipped.push_back(after);
      broken.push_back(after);
    }
  }
  return skipped;
}

void Schedule::skip(std::size_t node) {
  states_[node] = RunNodeState::kSkipped;
  ++ended_;
  if (plan_.nodes[node].kind == NodeKind::kModel) ++models_ended_;
}

}  // namespace tarn::flow::publish
