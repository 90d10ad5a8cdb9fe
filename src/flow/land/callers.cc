// What statements and commands ask of landing: how far it is, and to wait until it is further.
#include <fmt/format.h>

#include <algorithm>

#include "flow/land/lander_impl.h"
#include "flow/land/rules.h"

namespace tarn::flow::land {

using namespace std::chrono_literals;

// ---- called by statements

// A table is visible a moment before its binding is: its properties say whose records to wait for.
std::optional<TopicId> LanderImpl::topic_of_new_table(TableUuid uuid) const {
  auto state = catalog_.state();
  auto made_for = [&](TableUuid table, std::string_view property) -> std::optional<Uuid> {
    auto found = state->find(table);
    if (!found) return std::nullopt;
    auto entry = found->metadata->properties.find(std::string(property));
    return entry == found->metadata->properties.end() ? std::nullopt : Uuid::parse(entry->second);
  };
  return made_for(made_for(uuid, kDeadLettersProperty).value_or(uuid), kTopicProperty);
}

engine::Freshness::Waited LanderImpl::wait_decoded(const std::vector<TableUuid>& tables, host::MonotonicTime deadline) {
  std::vector<TopicId> being_bound;
  for (TableUuid table : tables)
    if (auto topic = topic_of_new_table(table)) being_bound.push_back(*topic);
  std::vector<log::TopicPartition> partitions;
  {
    std::lock_guard lock(published_mutex_);
    auto reads = [&](TableUuid table) { return !table.is_zero() && std::ranges::find(tables, table) != tables.end(); };
    for (const auto& [id, topic] : published_) {
      bool bound_next = std::ranges::find(being_bound, id) != being_bound.end();
      if (!reads(topic.table_uuid) && !reads(topic.dlq_uuid) && !bound_next) continue;
      for (std::size_t i = 0; i < topic.decoded.size(); ++i)
        partitions.push_back({id, PartitionId(static_cast<std::int32_t>(i))});
    }
  }
  // The ends are read without our lock: the log asks us for landed_end() under its own.
  std::vector<std::pair<log::TopicPartition, Offset>> targets;
  for (const log::TopicPartition& partition : partitions)
    if (auto ends = log_->ends(partition)) targets.emplace_back(partition, ends->high_watermark);

  Waited waited;
  auto measure = [&] {
    waited = {};
    for (const auto& [partition, target] : targets) {
      auto topic = published_.find(partition.topic);
      if (topic == published_.end()) continue;
      auto index = static_cast<std::size_t>(partition.partition.value());
      waited.records_missing += std::max<std::int64_t>(0, target - topic->second.decoded[index]);
      waited.recovering |= topic->second.decoded[index] < topic->second.recovered[index];
      if (topic->second.decoded[index] < target && topic->second.reason) waited.held_up_by = *topic->second.reason;
    }
    return waited.records_missing == 0;
  };
  std::unique_lock lock(published_mutex_);
  while (!measure() && !stopped_) {
    auto left = deadline - host_.clock.now();
    if (left <= 0ns || decoded_moved_.wait_for(lock, left) == std::cv_status::timeout) {
      measure();
      break;
    }
  }
  return waited;
}

bool LanderImpl::wait_bound(const std::vector<catalog::TableName>& tables, host::MonotonicTime deadline) {
  std::vector<std::pair<TopicId, std::int32_t>> unbound;
  {
    std::lock_guard lock(published_mutex_);
    for (const auto& [id, topic] : published_)
      if (topic.table_uuid.is_zero() && !topic.reason && !topic.deleted &&
          std::ranges::find(tables, table_name(topic.name)) != tables.end())
        unbound.emplace_back(id, static_cast<std::int32_t>(topic.decoded.size()));
  }
  std::erase_if(unbound, [&](const auto& topic) {
    for (std::int32_t i = 0; i < topic.second; ++i)
      if (auto ends = log_->ends({topic.first, PartitionId(i)}); ends && ends->high_watermark > ends->log_start)
        return false;
    return true;
  });
  if (unbound.empty()) return false;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, partitions] : unbound) inbox_.bind_now.insert(id);
    wake_.notify_one();
  }
  auto all_bound = [&] {
    return std::ranges::all_of(unbound, [&](const auto& topic) {
      auto entry = published_.find(topic.first);
      return entry == published_.end() || entry->second.reason || !entry->second.table_uuid.is_zero();
    });
  };
  std::unique_lock lock(published_mutex_);
  while (!all_bound() && !stopped_) {
    auto left = deadline - host_.clock.now();
    if (left <= 0ns || decoded_moved_.wait_for(lock, left) == std::cv_status::timeout) break;
  }
  return true;
}

// ---- called by commands

Result<void> LanderImpl::land(const std::vector<std::string>& names, host::MonotonicTime deadline,
                              std::stop_token gone) {
  auto barrier = std::make_shared<Barrier>();
  auto topics = log_->topics();
  auto add = [&](const log::Topic& topic) {
    for (std::int32_t i = 0; i < topic.partitions; ++i) {
      log::TopicPartition partition{topic.id, PartitionId(i)};
      if (auto ends = log_->ends(partition)) barrier->targets[partition] = ends->high_watermark;
    }
  };
  for (const std::string& name : names) {
    const log::Topic* topic = topics->find(name);
    if (!topic) return fail(Code::kNotFound, fmt::format("no topic {}; `tarn topic list` shows them", name));
    if (auto why = why_not_landed(*topic, options_.skip))
      return fail(Code::kInvalidArgument, fmt::format("topic {} does not land: {}", name, *why));
    add(*topic);
  }
  if (names.empty())
    for (const log::Topic* topic : topics->all())
      if (!why_not_landed(*topic, options_.skip)) add(*topic);
  {
    std::stop_callback wake_up(gone, [&] {
      std::lock_guard lock(mutex_);
      barrier->changed.notify_all();
    });
    std::unique_lock lock(mutex_);
    inbox_.barriers.push_back(barrier);
    wake_.notify_one();
    while (!barrier->done && !stopping_ && !gone.stop_requested()) {
      auto left = deadline - host_.clock.now();
      if (left <= 0ns) break;
      barrier->changed.wait_for(lock, left);
    }
    if (barrier->done) return {};
    if (stopping_) return fail(Code::kUnavailable, "Tarn is stopping; land again after its start");
    std::erase(inbox_.barriers, barrier);
    barrier->done = true;  // nobody waits any more: our thread drops it
    if (gone.stop_requested()) return fail(Code::kCancelled, "the caller hung up");
  }
  std::string behind;
  for (const TopicStatus& topic : status())
    for (const PartitionStatus& partition : topic.partitions) {
      auto target = barrier->targets.find({topic.id, partition.partition});
      if (target == barrier->targets.end() || partition.landed >= target->second) continue;
      behind += fmt::format("{}{} partition {} landed {} of {}{}{}", behind.empty() ? "" : "; ", topic.name,
                            partition.partition.value(), partition.landed.value(), target->second.value(),
                            topic.reason ? ": " : "", topic.reason.value_or(""));
    }
  return fail(Code::kTimeout, "not all landed in time: " + behind);
}

bool LanderImpl::lands(const std::string& name) const {
  auto topics = log_->topics();
  const log::Topic* topic = topics->find(name);
  return topic && !why_not_landed(*topic, options_.skip);
}

std::vector<TopicStatus> LanderImpl::status() const {
  std::vector<TopicStatus> all;
  {
    std::lock_guard lock(published_mutex_);
    for (const auto& [id, topic] : published_) {
      if (topic.deleted) continue;
      TopicStatus status{.name = topic.name, .id = id, .table = topic.table, .reason = topic.reason};
      if (!topic.table_uuid.is_zero()) status.format = topic.format;
      for (std::size_t i = 0; i < topic.decoded.size(); ++i)
        status.partitions.push_back(
            {PartitionId(static_cast<std::int32_t>(i)), Offset(0), Offset(0), topic.decoded[i], topic.landed[i]});
      all.push_back(std::move(status));
    }
  }
  for (TopicStatus& topic : all)
    for (PartitionStatus& partition : topic.partitions)
      if (auto ends = log_->ends({topic.id, partition.partition}))
        partition.log_start = ends->log_start, partition.end = ends->high_watermark;
  std::ranges::sort(all, {}, &TopicStatus::name);
  return all;
}

// ---- barriers, on the landing thread

bool LanderImpl::reached(const Barrier& barrier) {
  return std::ranges::all_of(barrier.targets, [&](const auto& entry) {
    const auto& [id, target] = entry;
    TopicWork* topic = find(id.topic);
    if (!topic) return true;  // deleted meanwhile, and all of it landed
    const PartitionWork& partition = topic->partitions[static_cast<std::size_t>(id.partition.value())];
    if (partition.landed >= target) return true;
    return !topic->binding && partition.decoded >= target;  // tombstones alone: there is nothing to land
  });
}

bool LanderImpl::barrier_wants(const log::TopicPartition& partition) const {
  return std::ranges::any_of(barriers_, [&](const auto& barrier) { return barrier->targets.contains(partition); });
}

void LanderImpl::check_barriers() {
  if (barriers_.empty()) return;
  std::erase_if(barriers_, [&](const std::shared_ptr<Barrier>& barrier) {
    bool ended = reached(*barrier);
    std::lock_guard lock(mutex_);
    if (ended) barrier->done = true, barrier->changed.notify_all();
    return barrier->done;
  });
}

}  // namespace tarn::flow::land
