// What the log keeps for consumer groups: committed offsets, and a state that only the coordinator understands.
//
// Records of an internal partition (all-zero topic id, partition 1), so they go through the same write-ahead log as
// batches: what a Done was told is durable never goes back, whatever crashes. The records are absolute, the last one
// counts; now and then all that is alive is written again and the log start moves there, so disk and start stay bounded
// by what is alive. Format: group_table.h, docs/formats/log.md.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/topic.h"

namespace tarn::log {

inline constexpr std::size_t kOffsetMetadataBytesMax = 4096;  // Kafka's offset.metadata.max.bytes; callers check it
inline constexpr Bytes kGroupsBytesMax = 64_MiB;              // of all groups in memory: some 400,000 offsets

struct OffsetCommit {
  TopicPartition partition;
  Offset offset;
  LeaderEpoch leader_epoch{-1};
  std::string metadata;
};

struct CommittedOffset {
  Offset offset;
  LeaderEpoch leader_epoch{-1};
  std::string metadata;
  TimestampMs committed_at;
  Offset log_end;  // the partition's when it was committed
};

using GroupOffsets = std::map<TopicPartition, CommittedOffset>;

// Thread-safe. What is read is durable. Writes answer by `done`, once: when durable, or refused, maybe before the call
// returns, maybe on the log's thread; they are durable in the order of the calls. They block while too much is in the
// air. Errors: kUnavailable (disk full, stopping: come again), kLimit (kGroupsBytesMax, or one record too large), kIo.
class GroupStore {
 public:
  using Done = std::move_only_function<void(Result<void>)>;

  virtual ~GroupStore() = default;
  // Offsets of partitions that do not exist are left out: they go with their topic.
  virtual void commit(const std::string& group, std::vector<OffsetCommit> offsets, Done done) = 0;
  virtual void keep_state(const std::string& group, Buffer state, Done done) = 0;
  virtual void remove_offsets(const std::string& group, std::vector<TopicPartition> partitions, Done done) = 0;
  virtual void remove(const std::string& group, Done done) = 0;  // offsets and state

  virtual GroupOffsets offsets(const std::string& group) const = 0;  // empty if there is no such group
  virtual bool contains(const std::string& group) const = 0;
  virtual std::vector<std::string> names() const = 0;                      // of all with anything kept, in order
  virtual std::vector<std::pair<std::string, Buffer>> states() const = 0;  // (name, state) of those with one
  // Grows when a committed offset, a state, or which groups there are, becomes another. Counted since the start.
  virtual std::uint64_t changes() const = 0;
};

}  // namespace tarn::log
