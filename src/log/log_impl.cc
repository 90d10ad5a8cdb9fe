#include "log/log_impl.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/endian.h"
#include "host/logging.h"

namespace tarn::log {

Result<std::unique_ptr<Log>> Log::open(host::Host host, const host::Path& data, const LogOptions& options,
                                       const LandedOffsets* landed, LogListener* listener) {
  auto log = std::make_unique<LogImpl>(host, data, options, landed, listener);
  TARN_TRY(log->start());
  return log;
}

LogImpl::LogImpl(host::Host host, const host::Path& data, const LogOptions& options, const LandedOffsets* landed,
                 LogListener* listener)
    : host_(host),
      folder_(host::join(data, "log")),
      options_(options),
      landed_(landed),
      listener_(listener),
      cache_(host.files, options.open_files_max, [this](const Error& why) {
        if (wal_) wal_->fail_all(why);
      }) {}

Result<void> LogImpl::start() {
  host::MonotonicTime begin = host_.clock.now();
  Recovery recovery(host_, folder_, options_, cache_, landed_);
  TARN_ASSIGN(Recovered recovered, recovery.run());
  ring_ = std::move(recovered.ring);
  partitions_ = std::move(recovered.partitions);
  registry_ = std::move(recovered.topics);
  next_producer_id_ = producer_ids_end_ = registry_.producer_ids_end();
  groups_partition_ = partitions_.at(kGroupsPartition);
  groups_ =
      std::make_unique<GroupLog>(static_cast<GroupLog::Backing&>(*this), host_.clock, options_.group_snapshot_bytes_min,
                                 std::move(recovered.groups), Bytes(groups_partition_->bytes_from(Offset(0))));
  checkpoint_every_ = std::min(kCheckpointEvery.count(), ring_->bytes_max() / 4);

  std::uint32_t run_before = recovered.position.run;
  std::uint32_t run = run_before;
  while (run == run_before) run = static_cast<std::uint32_t>(host_.random.next());
  wal_ = std::make_unique<WalWriter>(
      *ring_, std::move(recovered.file), recovered.position, run,
      WalWriter::Options{options_.unsynced_bytes_max,
                         [this](std::span<PendingAck> acks, const Error* failure) { group_done(acks, failure); },
                         [this] { kick(); }});
  keeper_ = std::thread([this] { keep(); });
  std::byte open_body[4];
  store_le<std::uint32_t>(open_body, run_before);
  TARN_TRY(wal_->write(WalKind::kOpen, open_body));
  opened_ = true;
  TARN_TRY(write_changes(recovered.changes));
  if (recovered.replayed_bytes > 0) {
    auto took = std::chrono::duration_cast<std::chrono::milliseconds>(host_.clock.now() - begin);
    host::log_info("log", "recovered", {{"replayed_bytes", recovered.replayed_bytes}, {"took_ms", took.count()}});
  }
  if (recovered.replayed_bytes >= checkpoint_every_ || groups_->snapshot_due()) kick();
  return {};
}

// The partitions' states have them already: a checkpoint that begins behind these records must know of them.
Result<void> LogImpl::write_changes(const std::vector<EpochChange>& changes) {
  PendingAck none;
  for (const EpochChange& change : changes) {
    Buffer body = encode(change);
    ByteView pieces[] = {body};
    if (!wal_->stage(WalKind::kEpoch, pieces, none)) break;
  }
  return wal_->flush();
}

LogImpl::~LogImpl() {
  stopping_ = true;
  if (!wal_) return;
  Result<void> sealed = wal_->write(WalKind::kSeal, {});
  {
    std::lock_guard lock(keep_mutex_);  // after the seal, which may have to wait for room
    keep_stop_ = true;
    keep_work_.notify_all();
  }
  if (keeper_.joinable()) keeper_.join();
  if (sealed) sealed = write_checkpoint(true);
  if (!sealed)
    host::log_warn("log", "not_sealed", {{"reason", sealed.error().message}, {"next", "the next start replays"}});
  ring_->stop();
  wal_->stop();
}

Result<std::shared_ptr<Partition>> LogImpl::find(const TopicPartition& id) const {
  std::shared_lock lock(state_mutex_);
  auto found = partitions_.find(id);
  if (found == partitions_.end() || id.topic.is_zero()) {
    return fail(Code::kNotFound,
                fmt::format("topic id {} has no partition {}", id.topic.to_base64(), id.partition.value()));
  }
  return found->second;
}

std::optional<AppendResult> LogImpl::cannot_take(ByteView batches) const {
  if (stopping_) return refusal(AppendStatus::kStopping, "the log is stopping");
  if (disk_full_) return refusal(AppendStatus::kDiskFull, "the disk is full: make room, writing goes on by itself");
  std::size_t most = ring_->record_bytes_max() - kWalRecordHeaderBytes - kBatchPlaceBytes;
  if (batches.size() > most) {
    return refusal(
        AppendStatus::kTooLarge,
        fmt::format("a batch of {} bytes is above the {} that fit the write-ahead log", batches.size(), most));
  }
  return std::nullopt;
}

// The bytes of a topic that wait for landing have a bound.
std::optional<AppendResult> LogImpl::held(Partition& partition, std::size_t bytes) const {
  if (!landed_ || !partition.hold_check_due(bytes) || !landed_->landed_end(partition.id())) return std::nullopt;
  TopicId topic = partition.id().topic;
  std::uint64_t unlanded = 0;
  {
    std::shared_lock lock(state_mutex_);
    std::shared_ptr<const Topic> live = registry_.live(topic);
    for (std::int32_t i = 0; live && i < live->partitions; ++i) {
      const Partition& each = *partitions_.at({topic, PartitionId(i)});
      if (auto landed = landed_->landed_end(each.id())) unlanded += each.bytes_from(*landed);
    }
  }
  if (unlanded <= options_.unlanded_bytes_max.count()) return std::nullopt;
  partition.check_hold_soon();
  return refusal(AppendStatus::kHeld,
                 fmt::format("{} bytes of the topic have not landed, at most {} may wait: {}", unlanded,
                             options_.unlanded_bytes_max.count(), landed_->why_not(topic)));
}

void LogImpl::append(const TopicPartition& id, ByteView batches, AppendDone done) {
  if (auto refused = cannot_take(batches)) return done(std::move(*refused));
  Result<std::shared_ptr<Partition>> partition = find(id);
  if (!partition) return done(refusal(AppendStatus::kUnknownTopic, partition.error().message));
  if (auto refused = held(**partition, batches.size())) return done(std::move(*refused));
  wal_->wait_for_room();
  std::optional<AppendResult> result = (*partition)->append(batches, host_.clock.wall_ms(), *wal_, done);
  if (!result) return;
  if (result->status == AppendStatus::kOk) {
    unlogged_bytes_ += batches.size();
    tell_progress(**partition);
    keep_in_sync(**partition);
    kick_if_due();
  }
  done(std::move(*result));
}

void LogImpl::group_done(std::span<PendingAck> acks, const Error* failure) {
  if (failure) {
    for (PendingAck& ack : acks) {
      if (ack.done) ack.done(refusal(AppendStatus::kIo, failure->message));
    }
    return;
  }
  std::vector<Partition*> moved;
  for (PendingAck& ack : acks) {
    if (!ack.partition) continue;
    ack.partition->durable(ack);
    moved.push_back(ack.partition.get());
  }
  std::ranges::sort(moved);
  moved.erase(std::ranges::unique(moved).begin(), moved.end());
  for (Partition* partition : moved) {
    tell_progress(*partition);
    keep_in_sync(*partition);
  }
  for (PendingAck& ack : acks) {
    if (ack.done) ack.done(std::move(ack.result));
  }
  kick_if_due();
}

void LogImpl::tell_progress(const Partition& partition) {
  watches_.moved(partition);
  if (listener_ && !partition.id().topic.is_zero()) listener_->on_progress(partition.id(), partition.high_watermark());
}

Result<PartitionEnds> LogImpl::ends(const TopicPartition& id) const {
  TARN_ASSIGN(auto partition, find(id));
  return partition->ends();
}

Bytes LogImpl::stored(const TopicPartition& id) const {
  auto partition = find(id);
  return partition ? Bytes((*partition)->bytes_from((*partition)->ends().log_start)) : Bytes();
}

Result<SegmentRange> LogImpl::read(const TopicPartition& id, Offset from, Bytes max) {
  TARN_ASSIGN(auto partition, find(id));
  return partition->read(from, max);
}

Result<std::optional<OffsetAndTimestamp>> LogImpl::offset_for_time(const TopicPartition& id, TimestampMs when) {
  TARN_ASSIGN(auto partition, find(id));
  return partition->offset_for_time(when);
}

Result<std::optional<OffsetAndTimestamp>> LogImpl::max_timestamp(const TopicPartition& id) {
  TARN_ASSIGN(auto partition, find(id));
  return partition->max_timestamp();
}

Result<std::pair<LeaderEpoch, Offset>> LogImpl::offset_for_leader_epoch(const TopicPartition& id, LeaderEpoch epoch) {
  TARN_ASSIGN(auto partition, find(id));
  return partition->end_of_epoch(epoch);
}

std::uint64_t LogImpl::watch(const std::vector<std::pair<TopicPartition, Offset>>& beyond, std::function<void()> wake) {
  std::vector<Watches::Want> wants;
  bool gone = false;
  for (const auto& [id, offset] : beyond) {
    auto partition = find(id);
    if (partition && !(*partition)->closed()) {
      wants.push_back({*partition, offset});
    } else {
      gone = true;
    }
  }
  return watches_.watch(std::move(wants), gone, std::move(wake));
}

void LogImpl::unwatch(std::uint64_t watch) { watches_.unwatch(watch); }

Result<Offset> LogImpl::sync(const TopicPartition& id) {
  TARN_ASSIGN(auto partition, find(id));
  if (partition->config()->fsync == TopicConfig::Fsync::kAlways) return partition->high_watermark();
  return sync_partition(*partition, nullptr);
}

Result<void> LogImpl::checkpoint() { return write_checkpoint(false); }

}  // namespace tarn::log
