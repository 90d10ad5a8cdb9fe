#include "log/partition.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace tarn::log {

using wire::kafka::RecordBatchHeader;

host::Path partition_folder(const host::Path& log_folder, const TopicPartition& partition) {
  if (partition.topic.is_zero()) return fmt::format("{}/meta/{}", log_folder, partition.partition.value());
  return fmt::format("{}/topics/{}/{}", log_folder, partition.topic.to_string(), partition.partition.value());
}

Partition::Partition(FileCache& cache, TopicPartition id, host::Path folder, std::shared_ptr<const TopicConfig> config)
    : cache_(cache), id_(id), folder_(std::move(folder)), config_(std::move(config)) {}

std::shared_ptr<const TopicConfig> Partition::config() const {
  std::lock_guard lock(mutex_);
  return config_;
}

void Partition::set_config(std::shared_ptr<const TopicConfig> config) {
  std::lock_guard lock(mutex_);
  config_ = std::move(config);
}

void Partition::pause() {
  std::lock_guard lock(mutex_);
  ++paused_;
}

void Partition::resume() {
  std::lock_guard lock(mutex_);
  --paused_;
  resumed_.notify_all();
}

void Partition::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
}

bool Partition::hold_check_due(std::size_t bytes) {
  auto step = static_cast<std::int64_t>(bytes);
  if (until_hold_check_.fetch_sub(step) > step) return false;
  until_hold_check_ = static_cast<std::int64_t>(kHoldCheckEvery.count());
  return true;
}

void Partition::forget() {
  close();
  std::lock_guard lock(sync_mutex_);
  forgotten_ = true;
}

std::optional<AppendResult> Partition::append(ByteView batches, TimestampMs now, WalWriter& wal,
                                              Log::AppendDone& done) {
  ProducedBatch batch;
  if (auto refused = check_produced(batches, *config(), now, batch)) return refused;
  std::unique_lock lock(mutex_);
  resumed_.wait(lock, [&] { return paused_ == 0; });
  if (closed_) return refusal(AppendStatus::kUnknownTopic, "the topic has been deleted");
  if (std::optional<Error> failed = wal.failure()) return refusal(AppendStatus::kIo, failed->message);
  if (auto judged = judge(batch, wal, done); judged || !done) return judged;

  Result<void> ready = prepare_segment(batch.header.size(), next_ + batch.header.last_offset_delta, now);
  if (!ready) return cannot_write(ready.error(), batch, now, wal);
  batch.stamp(next_, epochs_.latest());
  Segment& segment = *segments_.back();
  std::uint64_t position = segment.size();
  Result<void> written = segment.write(batch.head, batch.rest);
  if (!written) return cannot_write(written.error(), batch, now, wal);
  return promise(batch, position, now, wal, done);
}

// nullopt with `done` taken: a duplicate whose original is still in the air.
std::optional<AppendResult> Partition::judge(const ProducedBatch& batch, WalWriter& wal, Log::AppendDone& done) {
  Producers::Verdict verdict = producers_.check(batch.header);
  if (verdict.status == AppendStatus::kOk) return std::nullopt;
  AppendResult result = refusal(verdict.status, std::move(verdict.message));
  result.log_start = log_start_;
  if (verdict.status != AppendStatus::kDuplicate) return result;
  result.base_offset = verdict.original;
  if (verdict.original_last < high_watermark_) return result;
  PendingAck ack{.partition = nullptr, .end = {}, .segment_base = {}, .result = result, .done = std::move(done)};
  if (wal.stage_wait(ack)) {
    done = nullptr;
    return std::nullopt;
  }
  done = std::move(ack.done);
  return refusal(AppendStatus::kIo, "the log has stopped writing");
}

AppendResult Partition::cannot_write(const Error& why, const ProducedBatch& batch, TimestampMs now, WalWriter& wal) {
  if (why.code == Code::kUnavailable) {
    producers_.refused(batch.header, now);
    return refusal(AppendStatus::kDiskFull, why.message);
  }
  wal.fail_all(why);
  return refusal(AppendStatus::kIo, why.message);
}

// The batch stands in its segment: counts it, and promises it to the WAL.
std::optional<AppendResult> Partition::promise(ProducedBatch& batch, std::uint64_t position, TimestampMs now,
                                               WalWriter& wal, Log::AppendDone& done) {
  Segment& segment = *segments_.back();
  segment.took(batch.header, now);
  producers_.took(batch.header, now);
  next_ = batch.header.last_offset() + 1;
  changed_ = true;
  unsynced_bytes_ += batch.header.size();
  AppendResult result{AppendStatus::kOk, batch.header.base_offset, batch.log_append_time, log_start_, {}};
  if (config_->fsync == TopicConfig::Fsync::kNever) {
    move_high_watermark(next_, segment.base(), segment.size());
    return result;
  }
  std::byte place[kBatchPlaceBytes];
  put_batch_place(place, {id_, segment.base(), position, now});
  ByteView body[] = {place, batch.head, batch.rest};
  PendingAck ack{shared_from_this(), next_, segment.base(), segment.size(), std::move(result), std::move(done)};
  if (wal.stage(WalKind::kBatch, body, ack)) return std::nullopt;
  done = std::move(ack.done);
  return refusal(AppendStatus::kIo, "the log has stopped writing");
}

Result<void> Partition::prepare_segment(std::size_t batch_bytes, Offset last_offset, TimestampMs now) {
  if (!appending_) TARN_TRY(begin_appending());
  if (segments_.empty()) return begin_segment(next_);
  Segment& active = *segments_.back();
  std::uint64_t size_max = std::min(config_->segment_bytes, kSegmentBytesMax).count();
  bool full = active.size() > 0 && active.size() + batch_bytes > size_max;
  bool old = active.size() > 0 && now - active.state().first_timestamp > config_->segment_ms.count();
  bool far = last_offset - active.base() > static_cast<std::int64_t>(kSegmentBytesMax.count());
  if (!full && !old && !far) return {};
  TARN_TRY(active.finish());
  return begin_segment(next_);
}

Result<void> Partition::begin_segment(Offset base) {
  auto segment = std::make_shared<Segment>(cache_, folder_, SegmentState{.base = base});
  new_names_ = true;
  TARN_TRY(segment->open_for_append());
  segments_.push_back(std::move(segment));
  changed_ = true;
  return {};
}

Result<void> Partition::begin_appending() {
  if (segments_.empty()) {
    TARN_TRY(cache_.files().make_dirs(folder_));
  } else {
    TARN_TRY(segments_.back()->open_for_append());
  }
  TARN_TRY(remove_strangers());
  appending_ = true;
  return {};
}

// Segments of appends that were never promised (a crash came before) are no part of the log.
Result<void> Partition::remove_strangers() {
  TARN_ASSIGN(std::vector<host::DirEntry> entries, cache_.files().list(folder_));
  for (const host::DirEntry& entry : entries) {
    bool known = false;
    for (const auto& segment : segments_) known |= entry.name.starts_with(segment_file_name(segment->base(), "."));
    if (!known && !entry.is_dir) TARN_TRY(cache_.files().remove(host::join(folder_, entry.name)));
  }
  return {};
}

void Partition::durable(const PendingAck& ack) {
  std::lock_guard lock(mutex_);
  move_high_watermark(ack.end, ack.segment_base, ack.end_position);
}

void Partition::move_high_watermark(Offset end, Offset segment_base, std::uint64_t position) {
  TARN_ASSERT(end >= high_watermark_);
  high_watermark_ = end;
  readable_base_ = segment_base;
  readable_position_ = position;
  readable_.store(end.value());
}

Result<Offset> Partition::sync(Encoder* state) {
  std::lock_guard lock(sync_mutex_);
  TARN_ASSIGN(Unsynced unsynced, take_unsynced(state));
  if (forgotten_) return unsynced.end;
  Result<void> synced;
  for (std::size_t i = 0; synced && i < unsynced.files.size(); ++i) synced = unsynced.files[i]->sync();
  if (synced && unsynced.folder) synced = cache_.files().sync_dir(folder_);
  if (!synced) return fail(Code::kIo, std::move(synced).error().message);
  std::lock_guard state_lock(mutex_);
  durable_end_ = std::max(durable_end_, unsynced.end);
  return unsynced.end;
}

Result<Partition::Unsynced> Partition::take_unsynced(Encoder* state) {
  std::lock_guard lock(mutex_);
  Unsynced unsynced{.files = {}, .end = next_};
  if (state ? changed_ : durable_end_ < next_) {
    for (const auto& segment : segments_) TARN_TRY(segment->flush_indexes());
    for (const auto& segment : segments_) segment->take_dirty(unsynced.files);
    unsynced.folder = std::exchange(new_names_, false);
    unsynced_bytes_ = 0;
  }
  if (!state) return unsynced;
  if (changed_) {
    Encoder fresh;
    put_state(fresh);
    checkpointed_ = fresh.take();
    changed_ = false;
  }
  state->put(ByteView(checkpointed_));
  return unsynced;
}

void Partition::put_state(Encoder& out) const {
  out.put(id_.topic);
  out.put(id_.partition);
  out.put(log_start_);
  out.put(next_);
  out.put(static_cast<std::uint32_t>(segments_.size()));
  for (const auto& segment : segments_) log::put(out, segment->checkpoint_state());
  epochs_.put(out);
  producers_.put(out);
}

Result<std::shared_ptr<Partition>> Partition::from_checkpoint(FileCache& cache, Decoder& in,
                                                              const host::Path& log_folder) {
  ByteView state = in.get_view();
  Decoder part(state);
  TopicPartition id;
  id.topic = part.get_uuid();
  id.partition = part.get_id<PartitionId>();
  auto partition =
      std::make_shared<Partition>(cache, id, partition_folder(log_folder, id), std::make_shared<const TopicConfig>());
  partition->log_start_ = part.get_id<Offset>();
  partition->next_ = part.get_id<Offset>();
  std::uint32_t segments = part.get_count(kSegmentStateBytes);
  for (std::uint32_t i = 0; i < segments; ++i) {
    partition->segments_.push_back(std::make_shared<Segment>(cache, partition->folder_, get_segment_state(part)));
  }
  partition->drop_below(partition->log_start_);  // whose files may be gone, or are strangers now
  partition->epochs_ = LeaderEpochs::get(part);
  partition->producers_ = Producers::get(part);
  if (!in.ok() || !part.ok() || !part.at_end()) return fail(Code::kCorruption, "a partition's state does not parse");
  partition->durable_end_ = partition->next_;
  partition->checkpointed_ = to_buffer(state);
  partition->changed_ = false;
  return partition;
}

}  // namespace tarn::log
