#include "doors/kafka/testing/memory_log.h"

#include <algorithm>

#include "wire/kafka/record_batch.h"

namespace tarn::doors::kafka::testing {
namespace {

using log::TopicPartition;

class Table final : public log::TopicTable {
 public:
  explicit Table(std::map<std::string, log::Topic> topics) : topics_(std::move(topics)) {}
  const log::Topic* find(std::string_view name) const override {
    auto found = topics_.find(std::string(name));
    return found == topics_.end() ? nullptr : &found->second;
  }
  const log::Topic* find(TopicId id) const override {
    for (const auto& [name, topic] : topics_) {
      if (topic.id == id) return &topic;
    }
    return nullptr;
  }
  std::vector<const log::Topic*> all() const override {
    std::vector<const log::Topic*> all;
    for (const auto& [name, topic] : topics_) all.push_back(&topic);
    return all;
  }

 private:
  std::map<std::string, log::Topic> topics_;
};

std::unexpected<Error> no_partition() { return fail(Code::kNotFound, "no such partition"); }

}  // namespace

void MemoryLog::hold_acks(bool hold) {
  std::vector<std::function<void()>> wake;
  std::deque<Held> acked;
  {
    std::lock_guard lock(mutex_);
    hold_ = hold;
    if (!hold) acked.swap(held_);
  }
  for (Held& held : acked) ack(std::move(held), wake);
  for (auto& call : wake) call();
}

void MemoryLog::refuse_with(std::optional<log::AppendStatus> status) {
  std::lock_guard lock(mutex_);
  refusal_ = status;
}

void MemoryLog::wait_for_held(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return held_.size() >= count; });
}

void MemoryLog::wait_for_watch() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !watches_.empty(); });
}

void MemoryLog::trim(const TopicPartition& partition, Offset log_start) {
  std::lock_guard lock(mutex_);
  partitions_.at(partition).log_start = log_start;
}

void MemoryLog::fail_admin(std::optional<Error> error) {
  std::lock_guard lock(mutex_);
  admin_error_ = std::move(error);
}

std::shared_ptr<const log::TopicTable> MemoryLog::topics() const {
  std::lock_guard lock(mutex_);
  return std::make_shared<Table>(by_name_);
}

Result<log::Topic> MemoryLog::create_topic(const log::TopicSpec& spec) {
  std::lock_guard lock(mutex_);
  if (admin_error_) return std::unexpected(*admin_error_);
  if (by_name_.contains(spec.name)) return fail(Code::kAlreadyExists, "topic " + spec.name + " exists");
  TARN_ASSIGN(auto config, log::parse_topic_config(spec.configs));
  log::Topic topic{{}, spec.name, spec.partitions, spec.configs, config};
  topic.id.bytes[0] = std::byte{0x70};
  topic.id.bytes[15] = static_cast<std::byte>(++last_id_);
  for (std::int32_t i = 0; i < spec.partitions; ++i) {
    partitions_[{topic.id, PartitionId(i)}].file =
        files_->open(folder_.file(topic.id.to_string() + "-" + std::to_string(i)), host::OpenMode::kCreateNew).value();
  }
  by_name_.emplace(topic.name, topic);
  return topic;
}

Result<void> MemoryLog::delete_topic(TopicId id) {
  std::vector<std::function<void()>> wake;
  {
    std::lock_guard lock(mutex_);
    if (admin_error_) return std::unexpected(*admin_error_);
    if (std::erase_if(by_name_, [&](const auto& entry) { return entry.second.id == id; }) == 0) {
      return fail(Code::kNotFound, "no such topic");
    }
    std::erase_if(partitions_, [&](const auto& entry) { return entry.first.topic == id; });
    take_due_watches(wake);
  }
  for (auto& call : wake) call();
  return {};
}

Result<log::Topic> MemoryLog::alter_topic(TopicId id,
                                          const std::map<std::string, std::optional<std::string>>& changes) {
  std::lock_guard lock(mutex_);
  if (admin_error_) return std::unexpected(*admin_error_);
  for (auto& [name, topic] : by_name_) {
    if (topic.id != id) continue;
    for (const auto& [key, value] : changes) {
      topic.configs.erase(key);
      if (value) topic.configs.emplace(key, *value);
    }
    return topic;
  }
  return fail(Code::kNotFound, "no such topic");
}

void MemoryLog::append(const TopicPartition& where, ByteView batch, AppendDone done) {
  std::vector<std::function<void()>> wake;
  log::AppendResult result;
  auto header = wire::kafka::check_batch(batch);
  std::unique_lock lock(mutex_);
  auto found = partitions_.find(where);
  if (refusal_) {
    result = {.status = *refusal_, .message = "refused by the test"};
  } else if (found == partitions_.end()) {
    result.status = log::AppendStatus::kUnknownTopic;
  } else if (!header) {
    result = {.status = log::AppendStatus::kCorrupt, .message = header.error().message};
  }
  if (result.status != log::AppendStatus::kOk) {
    lock.unlock();
    return done(std::move(result));
  }
  Partition& partition = found->second;
  Offset base = partition.batches.empty() ? Offset(0) : partition.batches.back().end;
  Buffer stored = to_buffer(batch);
  wire::kafka::set_base_offset(stored, base);
  wire::kafka::set_leader_epoch(stored, LeaderEpoch(0));
  (void)partition.file->write_at(stored, partition.size);
  Offset end = base + header->last_offset_delta + 1;
  partition.batches.push_back({base, end, header->max_timestamp, partition.size, Bytes(stored.size())});
  partition.size += Bytes(stored.size());
  result.base_offset = base;
  Held held{where, end, std::move(result), std::move(done)};
  if (hold_) {
    held_.push_back(std::move(held));
    changed_.notify_all();
    return;
  }
  lock.unlock();
  ack(std::move(held), wake);
  for (auto& call : wake) call();
}

void MemoryLog::ack(Held held, std::vector<std::function<void()>>& wake) {
  {
    std::lock_guard lock(mutex_);
    auto found = partitions_.find(held.where);
    if (found != partitions_.end()) found->second.high_watermark = std::max(found->second.high_watermark, held.end);
    take_due_watches(wake);
  }
  held.done(std::move(held.result));
}

Result<log::ProducerIdAndEpoch> MemoryLog::new_producer_id() {
  std::lock_guard lock(mutex_);
  if (admin_error_) return std::unexpected(*admin_error_);
  return log::ProducerIdAndEpoch{ProducerId(static_cast<std::int64_t>(++last_id_)), ProducerEpoch(0)};
}

Result<log::PartitionEnds> MemoryLog::ends(const TopicPartition& where) const {
  std::lock_guard lock(mutex_);
  auto found = partitions_.find(where);
  if (found == partitions_.end()) return no_partition();
  const Partition& partition = found->second;
  return log::PartitionEnds{partition.log_start, partition.high_watermark, partition.high_watermark, LeaderEpoch(0)};
}

Result<log::SegmentRange> MemoryLog::read(const TopicPartition& where, Offset from, Bytes max) {
  std::lock_guard lock(mutex_);
  auto found = partitions_.find(where);
  if (found == partitions_.end()) return no_partition();
  const Partition& partition = found->second;
  if (from < partition.log_start || from > partition.high_watermark)
    return fail(Code::kInvalidArgument, "out of range");
  log::SegmentRange range;
  for (const Batch& batch : partition.batches) {
    if (batch.end <= from || batch.base >= partition.high_watermark) continue;
    if (!range.file) {
      range = {partition.file, batch.position, batch.size, batch.base};
    } else if (range.length < max) {
      range.length = std::min(range.length + batch.size, max);
    }
  }
  return range;
}

Result<std::optional<log::OffsetAndTimestamp>> MemoryLog::offset_for_time(const TopicPartition& where,
                                                                          TimestampMs when) {
  std::lock_guard lock(mutex_);
  for (const Batch& batch : partitions_.at(where).batches) {
    if (batch.max_timestamp >= when) return log::OffsetAndTimestamp{batch.base, batch.max_timestamp, LeaderEpoch(0)};
  }
  return std::nullopt;
}

Result<std::optional<log::OffsetAndTimestamp>> MemoryLog::max_timestamp(const TopicPartition& where) {
  std::lock_guard lock(mutex_);
  const auto& batches = partitions_.at(where).batches;
  auto newest = std::ranges::max_element(batches, {}, &Batch::max_timestamp);
  if (newest == batches.end()) return std::nullopt;
  return log::OffsetAndTimestamp{newest->base, newest->max_timestamp, LeaderEpoch(0)};
}

Result<std::pair<LeaderEpoch, Offset>> MemoryLog::offset_for_leader_epoch(const TopicPartition& where,
                                                                          LeaderEpoch epoch) {
  std::lock_guard lock(mutex_);
  auto found = partitions_.find(where);
  if (found == partitions_.end()) return no_partition();
  if (epoch.value() < 0) return std::pair(LeaderEpoch(-1), Offset(-1));
  return std::pair(LeaderEpoch(0), found->second.high_watermark);
}

std::uint64_t MemoryLog::watch(const std::vector<std::pair<TopicPartition, Offset>>& beyond,
                               std::function<void()> wake) {
  std::vector<std::function<void()>> due;
  std::uint64_t id = 0;
  {
    std::lock_guard lock(mutex_);
    id = ++last_id_;
    watches_[id] = {beyond, std::move(wake)};
    take_due_watches(due);
    changed_.notify_all();
  }
  for (auto& call : due) call();
  return id;
}

void MemoryLog::unwatch(std::uint64_t watch) {
  std::lock_guard lock(mutex_);
  watches_.erase(watch);
}

void MemoryLog::take_due_watches(std::vector<std::function<void()>>& wake) {
  std::erase_if(watches_, [&](auto& entry) {
    bool due = std::ranges::any_of(entry.second.beyond, [&](const auto& one) {
      auto found = partitions_.find(one.first);
      return found == partitions_.end() || found->second.high_watermark > one.second;
    });
    if (due) wake.push_back(std::move(entry.second.wake));
    return due;
  });
}

Result<Offset> MemoryLog::sync(const TopicPartition& where) {
  TARN_ASSIGN(auto found, ends(where));
  return found.high_watermark;
}

}  // namespace tarn::doors::kafka::testing
