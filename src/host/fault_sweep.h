// Tests that try every fault at every call, and every seed, and print what would let you repeat a failure.
//
//   TEST_CASE("what was acknowledged survives") {
//     sweep_faults("append", {}, [](FaultyFiles& files, const FaultPoint& point) {
//       INFO(point.text());
//       Store store = must(Store::open(files));       // set-up: no fault yet
//       point.arm(files);                             // calls count from here
//       auto acked = append_until_error(store);
//       point.disarm(files);                          // or keep it armed, to break the recovery too
//       files.restart();                              // new life; un-synced data is as the fault left it
//       CHECK(read_all(files) == acked);
//     });
//   }
//
// The body is called with call 0, 1, 2, ... of each fault, until one run makes fewer calls than that. A recovery with
// the fault still armed may fail or crash itself: restart and recover again.
//
// Environment: TARN_SEED=n runs for_each_seed with that seed only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/faulty_files.h"

namespace tarn::host {

struct FaultPoint {
  Fault fault;
  std::uint64_t call;  // after arm()
  bool lasting;        // from that call on, not just once
  std::uint64_t seed;

  void arm(FaultyFiles& files) const;
  void disarm(FaultyFiles& files) const { files.clear_faults(); }
  // "kill at call 17, seed 3": goes into the test's output.
  std::string text() const;
};

struct SweepOptions {
  std::vector<Fault> faults = {Fault::kIo, Fault::kDiskFull, Fault::kTear, Fault::kKill, Fault::kPowerLoss};
  bool lasting = false;
  std::uint64_t seeds = 1;   // runs for each fault and call, each with another seed
  std::uint64_t stride = 1;  // every stride-th call only, where all take too long
};

inline constexpr std::uint64_t kSweepCallsMax = 1'000'000;  // a body that never ends by itself is a bug of the test

struct SweepCount {
  std::uint64_t runs = 0;
  std::uint64_t faults_met = 0;  // runs whose fault a call met
};

// Prints the counts as one line "sweep <name>: ...".
SweepCount sweep_faults(const char* name, const SweepOptions& options,
                        const std::function<void(FaultyFiles& files, const FaultPoint& point)>& body);

void for_each_seed(std::uint64_t count, const std::function<void(std::uint64_t seed)>& body);

}  // namespace tarn::host
