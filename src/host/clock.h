// Time, behind an interface that tests can move by hand.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "base/id.h"

namespace tarn::host {

using Duration = std::chrono::nanoseconds;
// Monotonic since some start: for deadlines and measuring. Not comparable between processes.
using MonotonicTime = std::chrono::time_point<struct MonotonicClock, Duration>;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimestampMs wall_ms() = 0;                // may jump when the machine's clock is set
  virtual std::chrono::microseconds wall_us() = 0;  // since the Unix epoch
  virtual MonotonicTime now() = 0;
  // Blocks this thread until `when`. Fakes return at once after moving their time there.
  virtual void sleep_until(MonotonicTime when) = 0;
};

std::unique_ptr<Clock> real_clock();

// Stands still until told.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimestampMs wall) : start_us_(wall.value() * 1000) {}
  TimestampMs wall_ms() override { return TimestampMs(wall_us().count() / 1000); }
  std::chrono::microseconds wall_us() override {
    return start_us_ + std::chrono::duration_cast<std::chrono::microseconds>(passed_.load());
  }
  MonotonicTime now() override { return MonotonicTime(passed_.load()); }
  void sleep_until(MonotonicTime when) override {
    if (when > now()) advance(when - now());
  }
  void advance(Duration by) { passed_ = passed_.load() + by; }

 private:
  const std::chrono::microseconds start_us_;
  std::atomic<Duration> passed_{Duration(0)};  // advanced by one thread, read by any
};

}  // namespace tarn::host
