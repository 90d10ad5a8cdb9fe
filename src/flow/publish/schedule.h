// Which node of a plan may run next. Models run once those they depend on are built; tests once every model has ended,
// so that a failed run's branch is whole. What depends on a failed model is skipped, and so are the tests that read it.
//
//   waiting ──▶ running ──▶ ok, warn, failed
//      └──────▶ skipped
//
// Not thread-safe.
#pragma once

#include <optional>
#include <vector>

#include "catalog/runs.h"
#include "flow/model/plan.h"

namespace tarn::flow::publish {

using catalog::RunNodeState;

class Schedule {
 public:
  explicit Schedule(const model::Plan& plan);

  // The next node, now running; nullopt if none may run yet, or ever.
  std::optional<std::size_t> next();
  // Ends a node that runs: ok, warn or failed. Gives the nodes that are skipped by it.
  std::vector<std::size_t> end(std::size_t node, RunNodeState state);
  // A waiting test that can't be asked.
  void skip(std::size_t node);

  bool finished() const { return ended_ == states_.size(); }
  RunNodeState state(std::size_t node) const { return states_[node]; }

 private:
  const model::Plan& plan_;
  std::vector<RunNodeState> states_;
  std::vector<std::size_t> waits_for_;               // of each model: how many it depends on are not built yet
  std::vector<std::vector<std::size_t>> needed_by_;  // models and tests that read a model
  std::size_t ended_ = 0, models_ = 0, models_ended_ = 0;
};

}  // namespace tarn::flow::publish
