// For lines that outsiders cause: at most one in a while, which says how many were left out since the one before.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "host/clock.h"

namespace tarn::host {

// Thread-safe.
class LogLimit {
 public:
  explicit LogLimit(Clock& clock, Duration every = std::chrono::seconds(1)) : clock_(clock), every_(every) {}

  // Whether a line may be written now: how many were left out before it. nullopt: this one is left out.
  std::optional<std::uint64_t> take() {
    std::lock_guard lock(mutex_);
    MonotonicTime now = clock_.now();
    if (next_ && now < *next_) {
      ++left_out_;
      return std::nullopt;
    }
    next_ = now + every_;
    return std::exchange(left_out_, 0);
  }

 private:
  Clock& clock_;
  const Duration every_;
  std::mutex mutex_;
  std::optional<MonotonicTime> next_;
  std::uint64_t left_out_ = 0;
};

}  // namespace tarn::host
