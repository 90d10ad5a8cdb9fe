// Decode leases: ranges of offsets given to the worker, chunks taken back into the tail.
#include <fmt/format.h>

#include <algorithm>

#include "flow/land/lander_impl.h"
#include "flow/land/rules.h"
#include "host/logging.h"

namespace tarn::flow::land {
namespace {

PartitionWork& at(TopicWork& topic, PartitionId id) { return topic.partitions[static_cast<std::size_t>(id.value())]; }

catalog::BindingFormat binding_format(engine::LandFormat format) {
  return format == engine::LandFormat::kBinary ? catalog::BindingFormat::kBinary : catalog::BindingFormat::kJson;
}

// The schema that the DLQ table has or will get: creating it assigns the same ids.
table::Schema dead_letter_schema() {
  table::Schema schema{.fields = engine::dead_letter_fields()};
  FieldId last{0};
  table::assign_ids(schema, last);
  return schema;
}

}  // namespace

tail::Source LanderImpl::source_of(const TopicWork& topic, PartitionId id) const {
  return {.table = topic.binding->table, .source = topic.topic.id, .partition = id};
}

// Round robin over the partitions that are behind, from the one after the last served.
void LanderImpl::lease_all() {
  if (behind_.empty()) return;
  std::vector<log::TopicPartition> order(behind_.begin(), behind_.end());
  if (last_leased_) std::ranges::rotate(order, std::ranges::upper_bound(order, *last_leased_));
  for (const log::TopicPartition& id : order) {
    if (leases_.size() >= kLeasesMax) return;
    TopicWork* topic = find(id.topic);
    if (!topic || topic->off) {
      behind_.erase(id);
      continue;
    }
    if (lease(*topic, id.partition)) last_leased_ = id;
  }
}

bool LanderImpl::lease(TopicWork& topic, PartitionId id) {
  PartitionWork& partition = at(topic, id);
  if (partition.lease || !topic.retry.may_try(now())) return false;
  if (!topic.binding && !bind_without_looking(topic) && !ready_to_infer(topic, partition)) return false;
  if (topic.binding) {
    TableWork& work = tables_[topic.binding->table];
    if (is_replacing(topic)) return false;
    bool full = tail_.bytes() >= tail_.bytes_max() || work.chunks_waiting >= 2 * kTableChunksMax;
    if (full) return false;  // landing makes room
  }
  auto request = decode_request(topic, id, partition);
  if (!request) {
    if (request.error().code != Code::kUnavailable) topic_failed(topic, request.error().message);
    return false;
  }
  Lease& lease = leases_[request->id];
  lease.partition = {topic.topic.id, id};
  lease.from = request->from;
  auto range = log_->read(lease.partition, partition.decoded, kLeaseBytesMax);
  if (!range || !range->file) {
    leases_.erase(request->id);
    topic_failed(topic, range ? fmt::format("the log has no record at offset {}, below its end {}",
                                            request->from.value(), request->to.value())
                              : range.error().message);
    return false;
  }
  lease.file = range->file;
  request->parts.push_back({range->position, range->length});
  int descriptor = range->file->descriptor();
  if (!send(*request, std::span(&descriptor, 1))) {
    leases_.erase(request->id);
    return false;
  }
  partition.lease = request->id;
  partition.lease_may_grow = request->open_from.has_value();
  return true;
}

// The first records of a topic gather a moment, so that its columns are inferred from more than one of them.
bool LanderImpl::ready_to_infer(TopicWork& topic, const PartitionWork& partition) {
  bool inferring =
      std::ranges::any_of(topic.partitions, [](const PartitionWork& other) { return other.lease.has_value(); });
  if (inferring || topic.binding) return false;
  if (partition.end - partition.decoded >= kInferRecords) return true;
  if (topic.first_seen && now() >= *topic.first_seen + options_.infer_wait) return true;
  return topic.deleted ||
         barrier_wants({topic.topic.id, PartitionId(static_cast<std::int32_t>(&partition - topic.partitions.data()))});
}

// Where decoding may go to: what is durable.
Result<Offset> LanderImpl::readable_end(TopicWork& topic, PartitionId id, PartitionWork& partition) {
  if (topic.topic.config.fsync == log::TopicConfig::Fsync::kAlways) return partition.end;
  if (now() < partition.next_sync) return fail(Code::kUnavailable, "not yet");
  partition.next_sync = now() + kSyncEvery;
  return log_->sync({topic.topic.id, id});
}

Result<engine::Decode> LanderImpl::decode_request(TopicWork& topic, PartitionId id, PartitionWork& partition) {
  TARN_ASSIGN(Offset end, readable_end(topic, id, partition));
  if (end <= partition.decoded) return fail(Code::kUnavailable, "nothing durable yet");
  engine::Decode request{
      .id = LandRequestId(++last_request_), .topic = topic.topic.name, .from = partition.decoded, .to = end};
  request.source = {.source = topic.topic.id, .partition = id};
  if (!topic.binding) return request;

  auto table = catalog_.state()->find(topic.binding->table);
  if (!table) return fail(Code::kNotFound, "its table was dropped");
  request.source = source_of(topic, id);
  request.format = topic.binding->format == catalog::BindingFormat::kBinary ? engine::LandFormat::kBinary
                                                                            : engine::LandFormat::kJson;
  request.declared = topic.binding->declared;
  request.may_replace = !tables_[table->uuid].not_replaceable && is_small_enough_to_replace(*table->metadata);
  request.schema = table->metadata->schema();
  request.dead_letters = dead_letter_schema();
  request.open_from = partition.open_from;
  return request;
}

std::optional<LanderImpl::Lease> LanderImpl::end_lease(LandRequestId id) {
  auto entry = leases_.find(id);
  if (entry == leases_.end()) return std::nullopt;
  Lease lease = std::move(entry->second);
  leases_.erase(entry);
  if (TopicWork* topic = find(lease.partition.topic)) at(*topic, lease.partition.partition).lease.reset();
  return lease;
}

void LanderImpl::on_decoded(const engine::Decoded& reply, std::vector<host::Descriptor> descriptors) {
  auto lease = end_lease(reply.id);
  TopicWork* topic = lease ? find(lease->partition.topic) : nullptr;
  if (!topic || !topic->binding) return;
  PartitionId id = lease->partition.partition;
  PartitionWork& partition = at(*topic, id);
  // The partition may have gone back to what has landed while this was on its way: then it is of another life, and
  // taking it would leave a hole, or rows twice.
  bool goes_on = reply.from == partition.decoded || (partition.open_from && reply.from == *partition.open_from);
  if (!goes_on || lease->from != partition.decoded) {
    if (partition.end > partition.decoded) behind_.insert(lease->partition);
    return;
  }
  if (reply.dead_letters)
    if (auto made = ensure_dead_letters(*topic); !made) return topic_failed(*topic, made.error().message);

  tail::DecodedRange range{
      .source = source_of(*topic, id), .from = reply.from, .to = reply.to, .decoded_at = host_.clock.wall_ms()};
  std::size_t next = 0;
  auto take = [&](TableUuid table, const engine::ChunkInfo& info) {
    auto chunk = std::make_shared<tail::Chunk>();
    chunk->file = std::move(descriptors[next++]);
    chunk->size = info.size, chunk->rows = info.rows, chunk->schema = info.schema;
    range.rows.push_back({table, std::move(chunk)});
  };
  std::size_t named = (reply.rows ? 1u : 0u) + (reply.dead_letters ? 1u : 0u);
  if (descriptors.size() != named || reply.to <= lease->from)
    return topic_failed(*topic, "the landing worker answered out of form");
  if (reply.rows) take(topic->binding->table, *reply.rows);
  if (reply.dead_letters) take(topic->binding->dlq_table, *reply.dead_letters);
  if (auto put = tail_.put(std::move(range)); !put) {
    host::log_error("flow/land", "tail_refused", {{"topic", topic->topic.name}, {"error", put.error().message}});
    return restart_partition(*topic, id);
  }
  partition.decoded = reply.to;
  partition.open_from = reply.open ? std::optional(reply.from) : std::nullopt;
  if (partition.decoded >= partition.end) behind_.erase(lease->partition);
  topic->retry.succeeded();
  TableWork& work = tables_[topic->binding->table];
  dirty_.insert(topic->binding->table);
  if (!work.oldest) work.oldest = now();
  publish(*topic);
}

void LanderImpl::on_proposed(const engine::Proposed& reply) {
  auto lease = end_lease(reply.id);
  TopicWork* topic = lease ? find(lease->partition.topic) : nullptr;
  if (!topic) return;
  if (topic->deleted && !topic->binding) return forget_if_landed(*topic);
  PartitionWork& partition = at(*topic, lease->partition.partition);
  Result<void> done;
  if (topic->binding) {
    if (!note_replaced(*topic, reply.fields)) done = widen(*topic, reply.fields);
  } else if (reply.records == 0) {
    partition.decoded = partition.end;  // tombstones alone: nothing to learn from, nothing to land
    behind_.erase(lease->partition);
    topic->first_seen.reset();
    publish(*topic);
  } else if (reply.format == engine::LandFormat::kBinary) {
    done = bind(*topic, binding_format(reply.format), engine::binary_fields(), true);
  } else {
    done = bind(*topic, binding_format(reply.format), reply.fields, false);
  }
  if (!done) return topic_failed(*topic, done.error().message);
  // Other partitions gathered records while this one was looked at; and tombstones passed over are decoded after all.
  if (!topic->binding) return;
  for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
    PartitionWork& each = topic->partitions[i];
    PartitionId id(static_cast<std::int32_t>(i));
    bool in_tail = !tail_.snapshot()->ranges(source_of(*topic, id)).empty();
    if (!in_tail && !each.lease) each.decoded = first_to_decode(*topic, id);
    if (each.end > each.decoded) behind_.insert({topic->topic.id, id});
  }
}

void LanderImpl::on_failed(const engine::LandFailed& reply) {
  if (write_failed(reply) || rewrite_failed(reply)) return;
  auto lease = end_lease(reply.id);
  if (!lease) return;
  TopicWork* topic = find(lease->partition.topic);
  if (!topic) return;
  if (topic->deleted && !topic->binding) return forget_if_landed(*topic);
  std::string_view next =
      reply.code == Code::kCorruption ? "; restore the file from a copy, or give the topic up with tarn.land=off" : "";
  topic_failed(*topic, fmt::format("partition {} from offset {} on, {}: {}{}", lease->partition.partition.value(),
                                   lease->from.value(), lease->file->path(), reply.message, next));
}

// Records that retention or DeleteRecords removed before they landed are gone.
Offset LanderImpl::first_to_decode(const TopicWork& topic, PartitionId id) const {
  Offset landed = topic.partitions[static_cast<std::size_t>(id.value())].landed;
  auto ends = log_->ends({topic.topic.id, id});
  return ends ? std::max(landed, ends->log_start) : landed;
}

// Back to what the catalog says has landed.
void LanderImpl::restart_partition(TopicWork& topic, PartitionId id) {
  PartitionWork& partition = at(topic, id);
  tail::Source source = source_of(topic, id);
  tail_.drop(source);
  partition.landed = catalog_.state()->landed_end({source.table, source.source, id});
  partition.decoded = first_to_decode(topic, id);
  partition.open_from.reset();
  if (partition.end > partition.decoded) behind_.insert({topic.topic.id, id});
  publish(topic);
}

}  // namespace tarn::flow::land
