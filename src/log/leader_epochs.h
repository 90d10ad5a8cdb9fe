// Which leader epoch began at which offset. One node has one leader: a new epoch opens only where a start may have lost
// acked records of a fsync=never partition, or left a gap.
#pragma once

#include <vector>

#include "base/codec.h"
#include "base/id.h"

namespace tarn::log {

inline constexpr std::size_t kLeaderEpochsKept = 1000;  // per partition; the oldest go

// Not thread-safe.
class LeaderEpochs {
 public:
  LeaderEpoch latest() const { return entries_.back().epoch; }

  void begin(LeaderEpoch epoch, Offset start) {
    while (!entries_.empty() && entries_.back().start >= start) entries_.pop_back();  // nothing was written in it
    entries_.push_back({epoch, start});
    if (entries_.size() > kLeaderEpochsKept) entries_.erase(entries_.begin());
  }

  // The epoch in which `offset` was, or will be, given out.
  LeaderEpoch at(Offset offset) const {
    std::size_t after = entries_.size();
    while (after > 1 && entries_[after - 1].start > offset) --after;
    return entries_[after - 1].epoch;
  }

  // KIP-101, as Kafka's LeaderEpochFileCache.endOffsetFor: the end of the largest epoch at or below `epoch`.
  std::pair<LeaderEpoch, Offset> end_of(LeaderEpoch epoch, Offset log_end) const {
    if (epoch == latest()) return {epoch, log_end};
    if (epoch > latest() || epoch.value() < 0) return {LeaderEpoch(-1), Offset(-1)};
    std::size_t after = 0;
    while (entries_[after].epoch <= epoch) ++after;
    return {after == 0 ? epoch : entries_[after - 1].epoch, entries_[after].start};
  }

  void put(Encoder& out) const {
    out.put(static_cast<std::uint32_t>(entries_.size()));
    for (const Entry& entry : entries_) {
      out.put(entry.epoch);
      out.put(entry.start);
    }
  }
  static LeaderEpochs get(Decoder& in) {
    LeaderEpochs epochs;
    epochs.entries_.clear();
    std::uint32_t count = in.get_count(12);
    for (std::uint32_t i = 0; i < count; ++i) {
      auto epoch = in.get_id<LeaderEpoch>();
      epochs.entries_.push_back({epoch, in.get_id<Offset>()});
    }
    if (epochs.entries_.empty()) in.mark_bad();
    return epochs;
  }

 private:
  struct Entry {
    LeaderEpoch epoch;
    Offset start;
  };
  std::vector<Entry> entries_{{LeaderEpoch(0), Offset(0)}};
};

}  // namespace tarn::log
