// Flushes: what waits in the tail becomes Parquet files, and files and offsets become one commit.
#include <fmt/format.h>

#include <algorithm>

#include "flow/land/lander_impl.h"
#include "host/logging.h"
#include "table/data_file.h"

namespace tarn::flow::land {
namespace {

PartitionId partition_id(std::size_t index) { return PartitionId(static_cast<std::int32_t>(index)); }

}  // namespace

void LanderImpl::flush_all() {
  std::vector<TableUuid> candidates(dirty_.begin(), dirty_.end());
  for (TableUuid uuid : candidates) {
    TableWork& work = tables_.at(uuid);
    if (work.flush) continue;
    measure(uuid, work);
    if (work.retry.may_try(now()) && due(uuid, work)) begin_flush(uuid, work);
  }
  if (auto largest = largest_under_pressure()) begin_flush(*largest, tables_.at(*largest));
}

// A tail near its bound is relieved one table at a time, the largest first: small ones would free too little a file.
std::optional<TableUuid> LanderImpl::largest_under_pressure() const {
  if (tail_.bytes().count() < tail_.bytes_max().count() / 4 * 3) return std::nullopt;
  std::optional<TableUuid> largest;
  for (TableUuid uuid : dirty_) {
    const TableWork& work = tables_.at(uuid);
    if (work.flush) return std::nullopt;
    if (!work.retry.may_try(host_.clock.now())) continue;
    if (!largest || work.waiting > tables_.at(*largest).waiting) largest = uuid;
  }
  return largest;
}

// What of the table waits in the tail. Called between flushes: every range below `landed` has been dropped.
void LanderImpl::measure(TableUuid uuid, TableWork& work) {
  work.waiting = {};
  work.chunks_waiting = 0;
  bool any = false;
  auto tail = tail_.snapshot();
  for (TopicId id : work.topics) {
    TopicWork* topic = find(id);
    if (!topic) continue;
    for (std::size_t i = 0; i < topic->partitions.size(); ++i)
      for (const tail::DecodedRange& range : tail->ranges({uuid, id, partition_id(i)})) {
        any = true;
        for (const tail::TableRows& rows : range.rows) work.waiting += rows.chunk->size, ++work.chunks_waiting;
      }
  }
  if (any) return;
  work.oldest.reset();
  dirty_.erase(uuid);
}

bool LanderImpl::due(TableUuid uuid, const TableWork& work) {
  if (!work.oldest) return false;
  if (work.chunks_waiting >= kTableChunksMax || replacements_.contains(uuid)) return true;
  for (TopicId id : work.topics) {
    TopicWork* topic = find(id);
    if (!topic) continue;
    const log::TopicConfig& config = topic->topic.config;
    if (work.waiting >= config.land_bytes || now() >= *work.oldest + config.land_ms || topic->deleted) return true;
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
      log::TopicPartition partition{id, partition_id(i)};
      for (const auto& barrier : barriers_) {
        auto target = barrier->targets.find(partition);
        if (target == barrier->targets.end()) continue;
        const PartitionWork& each = topic->partitions[i];
        // A barrier waits until all it asks for is decoded: one file instead of one for each lease.
        if (each.landed < target->second && each.decoded >= target->second) return true;
      }
    }
  }
  return false;
}

void LanderImpl::begin_flush(TableUuid uuid, TableWork& work) {
  Flush flush;
  auto tail = tail_.snapshot();
  for (TopicId id : work.topics) {
    TopicWork* topic = find(id);
    if (!topic) continue;
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
      Offset to = take_ranges(uuid, *topic, partition_id(i), *tail, flush);
      PartitionWork& partition = topic->partitions[i];
      if (to <= partition.landed) continue;
      flush.lands.push_back({.key = {uuid, id, partition_id(i)}, .from = partition.landed, .to = to});
      flush.records += to - partition.landed;
      if (partition.open_from && to > *partition.open_from)
        partition.open_from.reset();  // what is being written must not grow
    }
  }
  if (flush.lands.empty()) return;  // only a range that a lease in flight may grow
  work.flush = std::move(flush);
  work.oldest = now();
  auto sent = send_writes(*work.flush);
  for (const auto& [id, file] : work.flush->writes) writes_[id] = uuid;
  if (!sent) return flush_failed(uuid, work, sent.error(), false);
  if (work.flush->writes.empty()) commit_flush(uuid, work);
}

// Takes the partition's ranges that can't change any more; returns where the last of them ends.
Offset LanderImpl::take_ranges(TableUuid uuid, TopicWork& topic, PartitionId id, const tail::TailState& tail,
                               Flush& flush) {
  const PartitionWork& partition = topic.partitions[static_cast<std::size_t>(id.value())];
  bool growing = partition.lease && partition.lease_may_grow;
  Offset to = partition.landed;
  std::size_t chunks = 0;
  for (const FileWork& file : flush.files) chunks += file.chunks.size();
  for (const tail::DecodedRange& range : tail.ranges({uuid, topic.topic.id, id})) {
    if (growing && partition.open_from && range.from >= *partition.open_from) break;
    if (chunks + range.rows.size() > kFlushChunksMax) break;
    for (const tail::TableRows& rows : range.rows) {
      ++chunks;
      auto file = std::ranges::find_if(flush.files, [&](const FileWork& each) {
        return each.table == rows.table && each.chunks[0]->schema == rows.chunk->schema &&
               each.chunks.size() < engine::kWriteChunksMax;
      });
      if (file == flush.files.end()) file = flush.files.insert(flush.files.end(), FileWork{.table = rows.table});
      file->chunks.push_back(rows.chunk);
    }
    to = range.to;
  }
  return to;
}

Result<void> LanderImpl::send_writes(Flush& flush) {
  auto state = catalog_.state();
  for (std::size_t i = 0; i < flush.files.size(); ++i) {
    FileWork& file = flush.files[i];
    auto table = state->find(file.table);
    if (!table) return fail(Code::kNotFound, "its table was dropped");
    const table::Schema* schema = table->metadata->schema(file.chunks[0]->schema);
    if (!schema)
      return fail(Code::kInternal,
                  fmt::format("schema {} is not in {}", file.chunks[0]->schema.value(), to_string(table->name)));
    std::string folder = host::join(table::from_uri(table->metadata->location), "data");
    TARN_TRY(host_.files.make_dirs(folder));
    // Random names: one attempt's file is never another's, whoever else is still writing.
    file.path = host::join(folder, host_.random.uuid().to_string() + ".parquet");
    std::vector<int> descriptors;
    for (const auto& chunk : file.chunks) descriptors.push_back(chunk->file.get());
    LandRequestId id(++last_request_);
    flush.writes[id] = i;
    if (!send(engine::Write{.id = id, .path = file.path, .schema = *schema}, descriptors))
      return fail(Code::kUnavailable, "no landing worker: " + worker_retry_.why());
  }
  return {};
}

void LanderImpl::on_written(const engine::Written& reply) {
  if (file_rewritten(reply)) return;
  auto entry = writes_.find(reply.id);
  if (entry == writes_.end()) return;
  TableUuid uuid = entry->second;
  writes_.erase(entry);
  TableWork& work = tables_.at(uuid);
  auto write = work.flush->writes.find(reply.id);
  work.flush->files[write->second].written = reply.file;
  work.flush->writes.erase(write);
  if (work.flush->writes.empty()) commit_flush(uuid, work);
}

void LanderImpl::commit_flush(TableUuid uuid, TableWork& work) {
  catalog::Commit commit;
  commit.lands = work.flush->lands;
  for (const FileWork& file : work.flush->files) {
    auto append = std::ranges::find(commit.appends, file.table, &catalog::Append::table);
    if (append == commit.appends.end()) append = commit.appends.insert(append, catalog::Append{.table = file.table});
    append->files.push_back(*file.written);
  }
  auto committed = catalog_.commit(commit);
  if (committed) return flush_done(uuid, work);
  // Unknown means unknown: its files may be live, so they stay.
  flush_failed(uuid, work, committed.error(), committed.error().code == Code::kCommitUnknown);
}

void LanderImpl::flush_done(TableUuid uuid, TableWork& work) {
  std::vector<catalog::Land> lands = std::move(work.flush->lands);
  std::int64_t records = work.flush->records;
  std::size_t files = work.flush->files.size();
  work.flush.reset();
  work.retry.succeeded();
  for (const catalog::Land& land : lands) {
    tail_.drop_landed({land.key.table, land.key.source, land.key.partition}, land.to);
    TopicWork* topic = find(land.key.source);
    if (!topic) continue;
    topic->partitions[static_cast<std::size_t>(land.key.partition.value())].landed = land.to;
    publish(*topic);
    if (topic->deleted) forget_if_landed(*topic);
  }
  measure(uuid, work);
  host::log_debug("flow/land", "landed", {{"table", uuid.to_string()}, {"records", records}, {"files", files}});
}

void LanderImpl::flush_failed(TableUuid uuid, TableWork& work, const Error& error, bool files_may_be_live) {
  if (!work.flush) return;
  Flush flush = std::move(*work.flush);
  work.flush.reset();
  std::erase_if(writes_, [&](const auto& entry) { return flush.writes.contains(entry.first); });
  work.retry.failed(now(), options_.retry_min, error.message);
  host::log_warn("flow/land", "flush_failed",
                 {{"table", uuid.to_string()}, {"failures", work.retry.failures()}, {"why", error.message}});
  // Finished files that no commit named are ours to remove; unfinished ones may still be written by a dying worker.
  if (!files_may_be_live)
    for (const FileWork& file : flush.files)
      if (file.written) (void)host_.files.remove(file.path);
  bool lost_race = error.code == Code::kFenced || error.code == Code::kConflict || files_may_be_live;
  for (const catalog::Land& land : flush.lands) {
    TopicWork* topic = find(land.key.source);
    if (!topic) continue;
    if (lost_race) restart_partition(*topic, land.key.partition);
    publish(*topic);
  }
}

bool LanderImpl::write_failed(const engine::LandFailed& reply) {
  auto entry = writes_.find(reply.id);
  if (entry == writes_.end()) return false;
  TableUuid uuid = entry->second;
  flush_failed(uuid, tables_.at(uuid), {reply.code, reply.message}, false);
  return true;
}

}  // namespace tarn::flow::land
