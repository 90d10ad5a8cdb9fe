#include "log/group_table.h"

#include <algorithm>

#include "base/codec.h"

namespace tarn::log {
namespace {

enum class RecordKind : std::uint8_t { kOffsets = 1, kRemoved = 2, kState = 3, kGone = 4 };

constexpr std::size_t kPartitionBytes = 20;  // in a record
constexpr std::size_t kOffsetBytes = 44;     // in a record, without its metadata
constexpr std::size_t kOffsetMemory = 160;   // a node of the map
constexpr std::size_t kGroupMemory = 200;

Encoder begin(RecordKind kind, std::string_view group) {
  Encoder out;
  out.put(static_cast<std::uint8_t>(kind));
  out.put(group);
  return out;
}

TopicPartition get_partition(Decoder& in) {
  TopicPartition partition;
  partition.topic = in.get_uuid();
  partition.partition = in.get_id<PartitionId>();
  return partition;
}

std::vector<GroupOffset> get_offsets(Decoder& in) {
  TimestampMs committed_at = in.get_id<TimestampMs>();
  std::vector<GroupOffset> offsets(in.get_count(kOffsetBytes));
  for (auto& [partition, committed] : offsets) {
    partition = get_partition(in);
    committed.offset = in.get_id<Offset>();
    committed.leader_epoch = in.get_id<LeaderEpoch>();
    committed.log_end = in.get_id<Offset>();
    committed.metadata = in.get_string();
    committed.committed_at = committed_at;
  }
  return offsets;
}

std::vector<TopicPartition> get_partitions(Decoder& in) {
  std::vector<TopicPartition> partitions(in.get_count(kPartitionBytes));
  for (TopicPartition& partition : partitions) partition = get_partition(in);
  return partitions;
}

}  // namespace

Buffer offsets_record(std::string_view group, std::span<const GroupOffset> offsets) {
  Encoder out = begin(RecordKind::kOffsets, group);
  out.put(offsets.empty() ? TimestampMs() : offsets.front().second.committed_at);
  out.put(static_cast<std::uint32_t>(offsets.size()));
  for (const auto& [partition, committed] : offsets) {
    out.put(partition.topic);
    out.put(partition.partition);
    out.put(committed.offset);
    out.put(committed.leader_epoch);
    out.put(committed.log_end);
    out.put(committed.metadata);
  }
  return out.take();
}

Buffer removed_offsets_record(std::string_view group, std::span<const TopicPartition> partitions) {
  Encoder out = begin(RecordKind::kRemoved, group);
  out.put(static_cast<std::uint32_t>(partitions.size()));
  for (const TopicPartition& partition : partitions) {
    out.put(partition.topic);
    out.put(partition.partition);
  }
  return out.take();
}

Buffer group_state_record(std::string_view group, ByteView state) {
  Encoder out = begin(RecordKind::kState, group);
  out.put(state);
  return out.take();
}

Buffer group_gone_record(std::string_view group) { return begin(RecordKind::kGone, group).take(); }

Result<void> GroupTable::apply(ByteView record) {
  Decoder in(record);
  auto kind = static_cast<RecordKind>(in.get<std::uint8_t>());
  std::string name = in.get_string();
  std::vector<GroupOffset> offsets;
  std::vector<TopicPartition> removed;
  ByteView state;
  switch (kind) {
    case RecordKind::kOffsets: offsets = get_offsets(in); break;
    case RecordKind::kRemoved: removed = get_partitions(in); break;
    case RecordKind::kState: state = in.get_view(); break;
    case RecordKind::kGone: break;
    default: in.mark_bad();
  }
  if (!in.ok() || !in.at_end()) return fail(Code::kCorruption, "a record of the consumer groups does not parse");
  if (kind == RecordKind::kOffsets) return take_offsets(name, offsets), Result<void>();
  auto found = groups_.find(name);
  if (kind == RecordKind::kState) {
    if (found == groups_.end()) {
      found = groups_.try_emplace(name).first;
      bytes_ += kGroupMemory + name.size();
    }
    bytes_ += state.size() - found->second.state.size();
    ++changes_;
    found->second.state = to_buffer(state);
  }
  if (found == groups_.end()) return {};
  for (const TopicPartition& partition : removed) remove_offset(found->second, partition);
  kind == RecordKind::kGone ? remove_group(found) : remove_if_empty(found);
  return {};
}

void GroupTable::take_offsets(const std::string& name, std::span<const GroupOffset> offsets) {
  if (offsets.empty()) return;
  auto [group, fresh] = groups_.try_emplace(name);
  if (fresh) bytes_ += kGroupMemory + name.size();
  for (const auto& [partition, committed] : offsets) {
    auto [at, added] = group->second.offsets.try_emplace(partition);
    if (added) bytes_ += kOffsetMemory;
    if (added || at->second.offset != committed.offset) ++changes_;
    bytes_ += committed.metadata.size() - at->second.metadata.size();
    at->second = committed;
  }
}

void GroupTable::remove_offset(Group& group, const TopicPartition& partition) {
  auto found = group.offsets.find(partition);
  if (found == group.offsets.end()) return;
  bytes_ -= kOffsetMemory + found->second.metadata.size();
  group.offsets.erase(found);
  ++changes_;
}

void GroupTable::remove_group(Groups::iterator group) {
  while (!group->second.offsets.empty()) remove_offset(group->second, group->second.offsets.begin()->first);
  bytes_ -= kGroupMemory + group->first.size() + group->second.state.size();
  groups_.erase(group);
  ++changes_;
}

void GroupTable::remove_if_empty(Groups::iterator group) {
  if (group->second.offsets.empty() && group->second.state.empty()) remove_group(group);
}

void GroupTable::drop_topics(const std::function<bool(TopicId)>& is_live) {
  for (auto group = groups_.begin(); group != groups_.end();) {
    auto next = std::next(group);
    std::vector<TopicPartition> dead;
    for (const auto& [partition, committed] : group->second.offsets) {
      if (!is_live(partition.topic)) dead.push_back(partition);
    }
    for (const TopicPartition& partition : dead) remove_offset(group->second, partition);
    remove_if_empty(group);
    group = next;
  }
}

const GroupTable::Group* GroupTable::find(std::string_view group) const {
  auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

void GroupTable::for_each_record(const std::function<void(Buffer record)>& take) const {
  std::vector<GroupOffset> run;
  for (const auto& [name, group] : groups_) {
    if (!group.state.empty()) take(group_state_record(name, group.state));
    auto flush = [&] {
      if (!run.empty()) take(offsets_record(name, run));
      run.clear();
    };
    for (const auto& [partition, committed] : group.offsets) {
      bool follows = run.empty() || run.front().second.committed_at == committed.committed_at;
      if (!follows || run.size() == kOffsetsPerRecord) flush();
      run.emplace_back(partition, committed);
    }
    flush();
  }
}

std::map<TopicPartition, Offset> GroupTable::committed_ends() const {
  std::map<TopicPartition, Offset> ends;
  for (const auto& [name, group] : groups_) {
    for (const auto& [partition, committed] : group.offsets) {
      Offset& end = ends[partition];
      end = std::max(end, std::min(committed.offset, committed.log_end));
    }
  }
  return ends;
}

}  // namespace tarn::log
