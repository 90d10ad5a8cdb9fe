// Runs: a plan built on a branch of its own, audited there, published whole or not at all.
//
//   check ─▶ land the sources' topics ─▶ check ─▶ branch run/<id> ─▶ models, two at a time ─▶ tests ─▶ publish
//
// Readers of main see nothing of it until the publish, which moves all tables and views in one commit and ends the run
// in the history with it. Whatever fails before leaves main as it was and keeps the branch for a look. A run reads
// files only: sources as they had landed when its branch was made.
//
// Several runs may go on at once; of two that build the same tables, the later one to publish is refused (kConflict).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "catalog/catalog.h"
#include "flow/model/plan.h"
#include "flow/publish/events.h"
#include "flow/publish/workshop.h"
#include "host/host.h"

namespace tarn::flow::publish {

inline constexpr int kRunsAtOnce = 4;                  // of a platform; more are refused
inline constexpr std::size_t kPublishedRunsRead = 20;  // the last ones, for what deleted models left
inline constexpr int kNodesAtOnce = 2;                 // of a run

// Takes one line of events.h; from one thread at a time. May block: the run waits. False: nobody listens any more, and
// the run is cancelled.
using Tell = std::function<bool(const std::string& line)>;

// Thread-safe. Borrows everything; the owner outlives it and calls no run() when it goes.
class Runs {
 public:
  Runs(host::Clock& clock, catalog::Catalog& catalog) : clock_(clock), catalog_(catalog) {}

  // To its end, on this thread and one more. What went wrong is in the End, which is the last line told, too.
  End run(const model::Plan& plan, Workshop& workshop, const Tell& tell, std::stop_token gone);

 private:
  host::Clock& clock_;
  catalog::Catalog& catalog_;
  std::atomic<int> running_ = 0;
};

}  // namespace tarn::flow::publish
