// How fast topics grow, from the ends that whoever looks at them brings along: nothing runs while nobody looks.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "base/uuid.h"
#include "host/clock.h"

namespace tarn::doors::http {

inline constexpr std::chrono::seconds kRateWindow{10};           // a rate is the mean over about so long
inline constexpr std::chrono::milliseconds kRateSampleMin{500};  // samples of a topic are further apart

// Not thread-safe.
class TopicRates {
 public:
  // Notes that the topic's ends are `records` in sum at `now`. Records a second since the oldest sample of the window;
  // nullopt until one is old enough.
  std::optional<double> note(TopicId topic, std::int64_t records, host::MonotonicTime now);
  // Forgets topics that nobody noted for longer than the window.
  void forget_unseen(host::MonotonicTime now);

 private:
  struct Sample {
    host::MonotonicTime when;
    std::int64_t records;
  };
  std::map<TopicId, std::deque<Sample>> samples_;
};

}  // namespace tarn::doors::http
