#include <algorithm>

#include "log/partition.h"

namespace tarn::log {

// As Kafka: by the newest timestamp of a segment, and by bytes as long as what stays is not below the bound.
Offset Partition::start_after_retention(TimestampMs now, std::optional<Offset> landed_end) const {
  std::lock_guard lock(mutex_);
  if (config_->compact_only || segments_.empty()) return log_start_;
  Offset may_go = landed_end ? std::min(*landed_end, high_watermark_) : high_watermark_;
  std::uint64_t total = 0;
  for (const auto& segment : segments_) total += segment->size();
  Offset start = log_start_;
  for (std::size_t i = 0; i + 1 < segments_.size(); ++i) {
    const SegmentState& state = segments_[i]->state();
    Offset end = segments_[i + 1]->base();
    TimestampMs newest = state.max_timestamp.value() >= 0 ? state.max_timestamp : state.first_timestamp;
    bool old = config_->retention_ms.count() >= 0 && now - newest > config_->retention_ms.count();
    bool large =
        config_->retention_bytes >= 0 && total - state.size >= static_cast<std::uint64_t>(config_->retention_bytes);
    if (end > may_go || (!old && !large)) break;
    total -= state.size;
    start = std::max(start, end);
  }
  return start;
}

void Partition::move_log_start(Offset start) {
  std::lock_guard lock(mutex_);
  log_start_ = std::max(log_start_, start);
  changed_ = true;
}

std::vector<std::shared_ptr<Segment>> Partition::drop_below(Offset start) {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Segment>> dropped;
  log_start_ = std::max(log_start_, start);
  changed_ = true;
  while (segments_.size() > 1 && segments_[1]->base() <= start) {
    dropped.push_back(std::move(segments_.front()));
    segments_.erase(segments_.begin());
  }
  return dropped;
}

std::uint64_t Partition::bytes_from(Offset offset) const {
  std::lock_guard lock(mutex_);
  std::uint64_t total = 0;
  if (offset >= next_) return total;
  for (std::size_t i = segments_.size(); i-- > 0;) {
    if (segments_[i]->base() <= offset) return total + segments_[i]->bytes_from(offset);
    total += segments_[i]->size();
  }
  return total;
}

}  // namespace tarn::log
