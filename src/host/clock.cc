#include "host/clock.h"

#include <cerrno>
#include <ctime>

namespace tarn::host {
namespace {

std::chrono::nanoseconds read_clock(clockid_t id) {
  timespec time{};
  ::clock_gettime(id, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

class RealClock final : public Clock {
 public:
  TimestampMs wall_ms() override { return TimestampMs(wall_us().count() / 1000); }
  std::chrono::microseconds wall_us() override {
    return std::chrono::duration_cast<std::chrono::microseconds>(read_clock(CLOCK_REALTIME));
  }
  MonotonicTime now() override { return MonotonicTime(read_clock(CLOCK_MONOTONIC)); }
  void sleep_until(MonotonicTime when) override {
    std::int64_t ns = when.time_since_epoch().count();
    timespec until{ns / 1'000'000'000, ns % 1'000'000'000};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
  }
};

}  // namespace

std::unique_ptr<Clock> real_clock() { return std::make_unique<RealClock>(); }

}  // namespace tarn::host
