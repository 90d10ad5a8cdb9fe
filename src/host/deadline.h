// A MonotonicTime of the real clock as poll's timeout. Used inside `host` only.
#pragma once

#include <algorithm>
#include <ctime>
#include <limits>
#include <optional>

#include "host/clock.h"

namespace tarn::host {

// Milliseconds from now, rounded up, so that poll never wakes early; -1 (for ever) without a deadline.
inline int poll_timeout_ms(std::optional<MonotonicTime> deadline) {
  if (!deadline) return -1;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  MonotonicTime present(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
  if (*deadline <= present) return 0;
  auto ms = std::chrono::ceil<std::chrono::milliseconds>(*deadline - present).count();
  return static_cast<int>(std::min<std::int64_t>(ms, std::numeric_limits<int>::max()));
}

}  // namespace tarn::host
