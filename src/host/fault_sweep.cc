#include "host/fault_sweep.h"

#include <cstdio>
#include <cstdlib>

#include "base/assert.h"

namespace tarn::host {

void FaultPoint::arm(FaultyFiles& files) const {
  if (lasting)
    files.inject_from(files.calls() + call, fault);
  else
    files.inject(files.calls() + call, fault);
}

std::string FaultPoint::text() const {
  return std::string(fault_name(fault)) + (lasting ? " from call " : " at call ") + std::to_string(call) + ", seed " +
         std::to_string(seed);
}

// One fault at one call after the other. True while the body gets that far.
static bool run_point(const FaultPoint& point, SweepCount& count,
                      const std::function<void(FaultyFiles&, const FaultPoint&)>& body) {
  FaultyFiles files(point.seed * kSweepCallsMax + point.call);
  body(files, point);
  ++count.runs;
  if (files.faults_met() > 0) ++count.faults_met;
  return files.armed_call_reached();
}

SweepCount sweep_faults(const char* name, const SweepOptions& options,
                        const std::function<void(FaultyFiles&, const FaultPoint&)>& body) {
  SweepCount count;
  for (Fault fault : options.faults) {
    for (std::uint64_t seed = 0; seed < options.seeds; ++seed) {
      FaultPoint point{fault, 0, options.lasting, seed};
      for (; run_point(point, count, body); point.call += options.stride) TARN_ASSERT(point.call < kSweepCallsMax);
    }
  }
  std::printf("sweep %s: %llu runs, a fault met in %llu\n", name, static_cast<unsigned long long>(count.runs),
              static_cast<unsigned long long>(count.faults_met));
  return count;
}

void for_each_seed(std::uint64_t count, const std::function<void(std::uint64_t)>& body) {
  if (const char* only = std::getenv("TARN_SEED")) return body(std::strtoull(only, nullptr, 10));
  for (std::uint64_t seed = 0; seed < count; ++seed) body(seed);
}

}  // namespace tarn::host
