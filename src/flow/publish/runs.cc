#include "flow/publish/runs.h"

#include <fmt/format.h>

#include "flow/publish/run.h"
#include "host/logging.h"
#include "host/metrics.h"

namespace tarn::flow::publish {

static_assert(model::kPlanNodesMax == catalog::kRunNodesMax);

End Runs::run(const model::Plan& plan, Workshop& workshop, const Tell& tell, std::stop_token gone) {
  struct Seat {
    std::atomic<int>& running;
    int number = ++running;
    ~Seat() { --running; }
  } seat{running_};
  End end;
  if (seat.number > kRunsAtOnce) {
    end = {.state = "refused",
           .exit = Exit::kPlatform,
           .message = fmt::format("{} runs are going on already; wait for one to end", kRunsAtOnce)};
  } else {
    end = Run(clock_, catalog_, workshop, plan, tell, gone).go();
  }
  host::log_info(
      "flow/publish", "run_ended",
      {{"run", end.run ? end.run->value() : 0}, {"state", end.state}, {"ms", end.ms}, {"message", end.message}});
  host::Counter("tarn_publish_runs_total", "Runs that ended", {{"state", end.state}}).add();
  tell(end_event(end));
  return end;
}

}  // namespace tarn::flow::publish
