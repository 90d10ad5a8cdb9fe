// One run, from its plan to its end. Inside of runs.cc.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "flow/publish/check.h"
#include "flow/publish/runs.h"
#include "flow/publish/schedule.h"

namespace tarn::flow::publish {

class Run {
 public:
  Run(host::Clock& clock, catalog::Catalog& catalog, Workshop& workshop, const model::Plan& plan, const Tell& tell,
      std::stop_token gone);
  End go();

 private:
  // Each gives an End if the run ends there.
  std::optional<End> prepare();  // checks and lands
  std::optional<End> begin();    // history and branch
  Result<void> make_namespaces();
  Result<void> put_all();

  void work();  // of each thread: nodes until none is left
  std::optional<std::size_t> next(std::vector<catalog::RunNode>& news);
  std::vector<std::size_t> end(std::size_t node, RunNodeState state);  // what is skipped by it
  catalog::RunNode perform(std::size_t node, catalog::RunNode record, NodeDetail& detail);
  void build(const model::PlanNode& node, catalog::RunNode& record, NodeDetail& detail);
  void ask(const model::PlanNode& node, catalog::RunNode& record, NodeDetail& detail);
  void node_failed(const model::PlanNode& node, const NodeError& error, catalog::RunNode& record, NodeDetail& detail);
  catalog::RunNode record(std::size_t node, RunNodeState state) const;
  void put(const std::vector<catalog::RunNode>& nodes);  // a history that can't be written ends the run

  End finish();
  End publish();
  void tell_left_over();
  End ended(std::string state, Exit exit, std::string message, std::size_t changed = 0) const;
  End ended(const Error& error) const;  // before there is a run
  std::string counts() const;           // "1 model and 2 tests failed, 3 skipped"
  void tell(const std::string& line);

  host::Clock& clock_;
  catalog::Catalog& catalog_;
  Workshop& workshop_;
  const model::Plan& plan_;
  const Tell& tell_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> gone_;  // hands the caller's stop on to ours
  const host::MonotonicTime began_;

  std::optional<catalog::RunId> id_;
  std::string branch_;
  std::vector<Unasked> unasked_;

  std::atomic<bool> platform_failed_ = false;  // a node failed, and not for what it says

  std::mutex mutex_;  // of what follows
  std::condition_variable_any changed_;
  Schedule schedule_;
  std::optional<Error> broken_;

  std::mutex tell_mutex_;
};

}  // namespace tarn::flow::publish
