#include "doors/http/topic_rates.h"

#include <algorithm>

namespace tarn::doors::http {

std::optional<double> TopicRates::note(TopicId topic, std::int64_t records, host::MonotonicTime now) {
  std::deque<Sample>& samples = samples_[topic];
  // The oldest within the window, or else the last before it, so that a look after a while has a rate at once.
  while (samples.size() > 1 && samples.front().when + kRateWindow < now) samples.pop_front();
  if (samples.empty() || samples.back().when + kRateSampleMin <= now) samples.push_back({now, records});
  std::chrono::duration<double> passed = now - samples.front().when;
  if (passed < kRateSampleMin) return std::nullopt;
  return static_cast<double>(std::max<std::int64_t>(0, records - samples.front().records)) / passed.count();
}

void TopicRates::forget_unseen(host::MonotonicTime now) {
  std::erase_if(samples_, [&](const auto& entry) { return entry.second.back().when + kRateWindow < now; });
}

}  // namespace tarn::doors::http
