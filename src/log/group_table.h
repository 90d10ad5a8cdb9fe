// Groups: the fold of the records of the log's own partition 1.
//
//   record value:  u8 kind, string group, then
//     1 offsets   i64 committed_ms, u32 count, count × (16 topic, i32 partition, i64 offset, i32 leader_epoch,
//                                                       i64 log_end, string metadata)
//     2 removed   u32 count, count × (16 topic, i32 partition)     these offsets are no more
//     3 state     bytes                                            the coordinator's; replaces the one before
//     4 gone                                                       the group with all it had
//   little-endian; a string, or bytes, is u32 length and bytes
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <unordered_map>

#include "log/groups.h"

namespace tarn::log {

inline constexpr TopicPartition kGroupsPartition{.topic = {}, .partition = PartitionId(1)};
inline constexpr std::size_t kOffsetsPerRecord = 1000;  // of a snapshot

using GroupOffset = std::pair<TopicPartition, CommittedOffset>;  // all committed at one time

Buffer offsets_record(std::string_view group, std::span<const GroupOffset> offsets);
Buffer removed_offsets_record(std::string_view group, std::span<const TopicPartition> partitions);
Buffer group_state_record(std::string_view group, ByteView state);
Buffer group_gone_record(std::string_view group);

// Not thread-safe.
class GroupTable {
 public:
  struct Group {
    GroupOffsets offsets;
    Buffer state;
  };
  using Groups = std::map<std::string, Group, std::less<>>;

  Result<void> apply(ByteView record);  // kCorruption if it does not parse
  // Offsets of topics that `is_live` says no to are no more.
  void drop_topics(const std::function<bool(TopicId)>& is_live);

  const Groups& groups() const { return groups_; }
  const Group* find(std::string_view group) const;
  std::uint64_t changes() const { return changes_; }  // grows when another offset, state or group is there, or is not
  std::size_t bytes() const { return bytes_; }        // about what it takes in memory, and no less than its records
  // Records that make this table from an empty one.
  void for_each_record(const std::function<void(Buffer record)>& take) const;
  // Per partition, how far groups have committed, at most up to the log's end at that time.
  std::map<TopicPartition, Offset> committed_ends() const;

 private:
  void take_offsets(const std::string& name, std::span<const GroupOffset> offsets);
  void remove_offset(Group& group, const TopicPartition& partition);
  void remove_group(Groups::iterator group);
  void remove_if_empty(Groups::iterator group);

  Groups groups_;
  std::size_t bytes_ = 0;
  std::uint64_t changes_ = 0;
};

}  // namespace tarn::log
