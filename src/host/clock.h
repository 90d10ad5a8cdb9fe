// Time, behind an interface that tests can move by hand.
#pragma once

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
  virtual TimestampMs wall_ms() = 0;              // may jump when the machine's clock is set
  virtual std::chrono::microseconds wall_us() = 0;  // since the Unix epoch
  virtual MonotonicTime now() = 0;
  // Blocks this thread until `when`. Fakes return at once after moving their time there.
  virtual void sleep_until(MonotonicTime when) = 0;
};

std::unique_ptr<Clock> real_clock();

// Stands still until told.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimestampMs wall) : wall_us_(wall.value() * 1000) {}
  TimestampMs wall_ms() override { return TimestampMs(wall_us_.count() / 1000); }
  std::chrono::microseconds wall_us() override { return wall_us_; }
  MonotonicTime now() override { return now_; }
  void sleep_until(MonotonicTime when) override { if (when > now_) advance(when - now_); }
  void advance(Duration by) { now_ += by; wall_us_ += std::chrono::duration_cast<std::chrono::microseconds>(by); }

 private:
  std::chrono::microseconds wall_us_;
  MonotonicTime now_{};
};

}  // namespace tarn::host
