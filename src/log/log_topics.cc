#include <fmt/format.h>

#include <future>

#include "log/log_impl.h"

namespace tarn::log {
namespace {

std::unexpected<Error> no_topic(TopicId id) {
  return fail(Code::kNotFound, fmt::format("no topic has the id {}", id.to_base64()));
}

Result<TopicConfig> parse_with_context(const Topic& topic) {
  Result<TopicConfig> config = parse_topic_config(topic.configs);
  if (!config) return std::unexpected(std::move(config).error().with_context("topic " + topic.name));
  return config;
}

}  // namespace

std::shared_ptr<const TopicTable> LogImpl::topics() const {
  std::shared_lock lock(state_mutex_);
  return registry_.table();
}

std::vector<Topic> LogImpl::deleted_topics() const {
  std::shared_lock lock(state_mutex_);
  return registry_.all_deleted();
}

// Appends a record to the log's own partition, waits until it is durable, applies it.
Result<void> LogImpl::record(ByteView value) {
  wire::kafka::RecordBatchBuilder builder;
  builder.add(host_.clock.wall_ms(), std::nullopt, value);
  TARN_ASSIGN(Buffer batch, builder.build({}));
  if (auto refused = cannot_take(batch)) return fail(Code::kUnavailable, refused->message);
  std::promise<AppendResult> durable;
  AppendDone done = [&](AppendResult result) { durable.set_value(std::move(result)); };
  auto at_once = partitions_.at(kMetaPartition)->append(batch, host_.clock.wall_ms(), *wal_, done);
  AppendResult result = at_once ? std::move(*at_once) : durable.get_future().get();
  if (result.status == AppendStatus::kDiskFull) return fail(Code::kUnavailable, result.message);
  if (result.status != AppendStatus::kOk) return fail(Code::kIo, result.message);
  std::unique_lock lock(state_mutex_);
  TARN_TRY(registry_.apply(value));
  registry_.publish();
  return {};
}

void LogImpl::topics_changed() {
  if (listener_) listener_->on_topics_changed();
}

std::vector<std::shared_ptr<Partition>> LogImpl::partitions_of(const Topic& topic) const {
  std::shared_lock lock(state_mutex_);
  std::vector<std::shared_ptr<Partition>> all;
  for (std::int32_t i = 0; i < topic.partitions; ++i) {
    auto found = partitions_.find({topic.id, PartitionId(i)});
    if (found != partitions_.end()) all.push_back(found->second);
  }
  return all;
}

Result<Topic> LogImpl::create_topic(const TopicSpec& spec) {
  std::lock_guard lock(topics_mutex_);
  TARN_TRY(check_topic_name(spec.name));
  if (spec.partitions < 1) {
    return fail(Code::kInvalidArgument,
                fmt::format("topic {} needs at least 1 partition, not {}", spec.name, spec.partitions));
  }
  {
    std::shared_lock state_lock(state_mutex_);
    if (registry_.live(spec.name)) return fail(Code::kAlreadyExists, fmt::format("topic {} exists", spec.name));
    if (spec.partitions > kPartitionsPerTopicMax || registry_.partitions() + spec.partitions > kPartitionsMax) {
      return fail(
          Code::kLimit,
          fmt::format("topic {} with {} partitions: at most {} a topic and {} in all (now {}, those of "
                      "deleted topics not landed yet among them)",
                      spec.name, spec.partitions, kPartitionsPerTopicMax, kPartitionsMax, registry_.partitions()));
    }
  }
  Topic topic{host_.random.uuid(), spec.name, spec.partitions, spec.configs, {}};
  TARN_ASSIGN(topic.config, parse_with_context(topic));
  TARN_TRY(record(topic_record(topic)));
  {
    std::unique_lock state_lock(state_mutex_);
    auto config = std::make_shared<const TopicConfig>(topic.config);
    for (std::int32_t i = 0; i < topic.partitions; ++i) {
      TopicPartition id{topic.id, PartitionId(i)};
      partitions_[id] = std::make_shared<Partition>(cache_, id, partition_folder(folder_, id), config);
    }
  }
  topics_changed();
  return topic;
}

Result<void> LogImpl::delete_topic(TopicId id) {
  std::lock_guard lock(topics_mutex_);
  std::shared_ptr<const Topic> topic;
  {
    std::shared_lock state_lock(state_mutex_);
    topic = registry_.live(id);
  }
  if (!topic) return no_topic(id);
  TARN_TRY(record(deleted_record(id)));
  for (const auto& partition : partitions_of(*topic)) {
    partition->close();
    watches_.moved(*partition, true);
  }
  groups_->topic_deleted(id);
  topics_changed();
  return {};
}

Result<void> LogImpl::forget_topic(TopicId id) {
  std::lock_guard lock(topics_mutex_);
  std::shared_ptr<const Topic> topic;
  {
    std::shared_lock state_lock(state_mutex_);
    topic = registry_.deleted(id);
  }
  if (!topic) return no_topic(id);
  TARN_TRY(record(forgotten_record(id)));
  std::lock_guard no_checkpoint(checkpoint_mutex_);
  for (const auto& partition : partitions_of(*topic)) {
    partition->forget();
    std::unique_lock state_lock(state_mutex_);
    partitions_.erase(partition->id());
  }
  return host_.files.remove_dirs(fmt::format("{}/topics/{}", folder_, id.to_string()));
}

Result<Topic> LogImpl::alter_topic(TopicId id, const std::map<std::string, std::optional<std::string>>& changes) {
  std::lock_guard lock(topics_mutex_);
  std::shared_ptr<const Topic> before;
  {
    std::shared_lock state_lock(state_mutex_);
    before = registry_.live(id);
  }
  if (!before) return no_topic(id);
  Topic topic = *before;
  for (const auto& [name, value] : changes) {
    if (value) {
      topic.configs[name] = *value;
    } else {
      topic.configs.erase(name);
    }
  }
  TARN_ASSIGN(topic.config, parse_with_context(topic));
  if (topic.config.fsync != before->config.fsync) return change_fsync(std::move(topic));
  return set_topic(std::move(topic));
}

Result<Topic> LogImpl::set_topic(Topic topic) {
  TARN_TRY(record(topic_record(topic)));
  auto config = std::make_shared<const TopicConfig>(topic.config);
  for (const auto& partition : partitions_of(topic)) partition->set_config(config);
  topics_changed();
  return topic;
}

// Recovery finds the partitions whole up to the checkpoint in either mode, so the modes never mix behind it.
Result<Topic> LogImpl::change_fsync(Topic topic) {
  std::vector<std::shared_ptr<Partition>> partitions = partitions_of(topic);
  for (const auto& partition : partitions) partition->pause();
  Result<void> ready = wal_->flush();
  if (ready) ready = write_checkpoint(false);
  Result<Topic> changed = ready ? set_topic(std::move(topic)) : std::unexpected(std::move(ready).error());
  for (const auto& partition : partitions) partition->resume();
  return changed;
}

Result<ProducerIdAndEpoch> LogImpl::new_producer_id() {
  std::lock_guard lock(ids_mutex_);
  if (next_producer_id_ == producer_ids_end_) {
    std::lock_guard topics_lock(topics_mutex_);
    TARN_TRY(record(producer_ids_record(producer_ids_end_ + kProducerIdBlock)));
    producer_ids_end_ += kProducerIdBlock;
  }
  return ProducerIdAndEpoch{ProducerId(next_producer_id_++), ProducerEpoch(0)};
}

// ---- what the groups' partition needs

void LogImpl::wait_for_room() { wal_->wait_for_room(); }

std::optional<AppendResult> LogImpl::append_groups(ByteView batch, AppendDone& done) {
  if (auto refused = cannot_take(batch)) return refused;
  return groups_partition_->append(batch, host_.clock.wall_ms(), *wal_, done);
}

Offset LogImpl::groups_end() const { return groups_partition_->next(); }

std::optional<Offset> LogImpl::end_of(const TopicPartition& id) const {
  auto partition = find(id);
  if (!partition || (*partition)->closed()) return std::nullopt;
  return (*partition)->high_watermark();
}

bool LogImpl::is_live(TopicId topic) const {
  std::shared_lock lock(state_mutex_);
  return registry_.live(topic) != nullptr;
}

}  // namespace tarn::log
