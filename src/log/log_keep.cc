#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>

#include "host/logging.h"
#include "log/log_impl.h"

namespace tarn::log {
namespace {

constexpr std::uint64_t kBallastShareOfDisk = 32;      // the ballast takes at most this share of the disk,
constexpr std::uint64_t kBallastShareOfFreeSpace = 4;  // and of what is free

}  // namespace

void LogImpl::keep() {
  pthread_setname_np(pthread_self(), "tarn-log-keep");
  keep_once();  // a new ring gets its second file
  std::unique_lock lock(keep_mutex_);
  for (;;) {
    keep_work_.wait(lock, [&] { return kicked_ || keep_stop_; });
    if (keep_stop_) return;
    kicked_ = false;
    lock.unlock();
    keep_once();
    if (ring_->is_starved() && !wal_->failure()) {
      if (disk_full_) host_.clock.sleep_until(host_.clock.now() + kFullDiskPause);
      kick();
    }
    lock.lock();
  }
}

void LogImpl::keep_once() {
  if (wal_->failure()) return;
  sync_ahead();
  remove_retired();
  Result<void> made_room = ring_->grow();
  if (!made_room && made_room.error().code != Code::kUnavailable) return wal_->fail_all(made_room.error());
  bool due = written_bytes() - checkpointed_bytes_ >= checkpoint_every_;
  if (ring_->is_short() || due) {
    Result<void> written = write_checkpoint(false);
    if (!written) host::log_warn("log", "no_checkpoint", {{"reason", written.error().message}});
    if (!written) made_room = std::move(written);
  }
  disk_full_ = !made_room && ring_->is_short() && ring_->is_starved();
  if (disk_full_ && stopping_) ring_->stop();  // nobody waits for room any more
  if (opened_) {
    shorten_groups();
    enforce_retention();
  }
  make_ballast();
}

// Spreads the syncs that a checkpoint needs over the time before it, so that none takes long.
void LogImpl::keep_in_sync(Partition& partition) {
  if (!partition.wants_sync()) return;
  std::lock_guard lock(keep_mutex_);
  if (std::ranges::find(to_sync_, &partition, &std::shared_ptr<Partition>::get) != to_sync_.end()) return;
  to_sync_.push_back(partition.shared_from_this());
  kicked_ = true;
  keep_work_.notify_all();
}

void LogImpl::sync_ahead() {
  std::vector<std::shared_ptr<Partition>> partitions;
  {
    std::lock_guard lock(keep_mutex_);
    partitions.swap(to_sync_);
  }
  for (const auto& partition : partitions) (void)sync_partition(*partition, nullptr);
}

void LogImpl::kick() {
  std::lock_guard lock(keep_mutex_);
  kicked_ = true;
  keep_work_.notify_all();
}

void LogImpl::kick_if_due() {
  bool checkpoint_due = written_bytes() - checkpointed_bytes_ >= checkpoint_every_;
  if (checkpoint_due || groups_->snapshot_due() || host_.clock.wall_ms().value() >= retention_due_ms_) kick();
}

std::uint64_t LogImpl::written_bytes() const { return wal_->bytes_written() + unlogged_bytes_; }

// The position is taken first: a replay from there meets batches that the partitions' states have already, and skips
// them. A state may also be ahead of the log, whose last records may be waiting for the room that this checkpoint
// makes: those batches are durable in their segments before their acks.
Result<void> LogImpl::write_checkpoint(bool clean) {
  std::lock_guard lock(checkpoint_mutex_);
  CheckpointHead head{ring_->id(), wal_->position(), clean};
  std::uint64_t written = written_bytes();
  std::vector<std::shared_ptr<Partition>> partitions;
  {
    std::shared_lock state_lock(state_mutex_);
    for (const auto& [id, partition] : partitions_) partitions.push_back(partition);
  }
  Encoder states;
  for (const auto& partition : partitions) {
    Result<Offset> synced = sync_partition(*partition, &states);
    if (!synced) return std::unexpected(std::move(synced).error());
  }
  if (std::optional<Error> failed = wal_->failure()) return std::unexpected(std::move(*failed));
  Result<void> done =
      log::write_checkpoint(host_.files, folder_, head, static_cast<std::uint32_t>(partitions.size()), states.bytes());
  if (!done && done.error().code != Code::kUnavailable) wal_->fail_all(done.error());
  if (!done) return done;
  checkpointed_bytes_ = written;
  ring_->release_before(head.position.generation);
  return {};
}

Result<Offset> LogImpl::sync_partition(Partition& partition, Encoder* state) {
  Result<Offset> synced = partition.sync(state);
  if (!synced && synced.error().code != Code::kUnavailable) wal_->fail_all(synced.error());
  return synced;
}

void LogImpl::shorten_groups() {
  if (!groups_->snapshot_due()) return;
  if (std::optional<Offset> start = groups_->snapshot()) retire(groups_partition_, *start);
}

void LogImpl::enforce_retention() {
  TimestampMs now = host_.clock.wall_ms();
  if (now.value() < retention_due_ms_) return;
  retention_due_ms_ = now.value() + std::chrono::milliseconds(kRetentionEvery).count();
  std::vector<std::shared_ptr<Partition>> partitions;
  {
    std::shared_lock lock(state_mutex_);
    for (const auto& [id, partition] : partitions_) {
      if (!id.topic.is_zero()) partitions.push_back(partition);
    }
  }
  for (const auto& partition : partitions) {
    std::optional<Offset> landed = landed_ ? landed_->landed_end(partition->id()) : std::nullopt;
    Offset start = partition->start_after_retention(now, landed);
    if (start > partition->ends().log_start) retire(partition, start);
  }
}

// The new start is durable before a file goes. Not waited for here: the log may be waiting for room that this thread
// makes. The partition's state tells it first, or a checkpoint could begin behind the record and know of neither.
void LogImpl::retire(std::shared_ptr<Partition> partition, Offset start) {
  partition->move_log_start(start);
  Buffer body = encode(LogStart{partition->id(), start});
  ByteView pieces[] = {body};
  PendingAck ack;
  ack.done = [this, partition, start](const AppendResult& result) {
    if (result.status != AppendStatus::kOk) return;
    std::lock_guard lock(keep_mutex_);
    retired_.emplace_back(partition, start);
    kicked_ = true;
    keep_work_.notify_all();
  };
  wal_->stage(WalKind::kLogStart, pieces, ack);
}

void LogImpl::remove_retired() {
  std::vector<std::pair<std::shared_ptr<Partition>, Offset>> retired;
  {
    std::lock_guard lock(keep_mutex_);
    retired.swap(retired_);
  }
  if (retired.empty()) return;
  std::lock_guard no_checkpoint(checkpoint_mutex_);
  for (const auto& [partition, start] : retired) {
    for (const auto& segment : partition->drop_below(start)) {
      Result<void> removed = segment->remove_files();
      if (!removed)
        host::log_warn("log", "file_left", {{"file", segment->log_path()}, {"reason", removed.error().message}});
    }
  }
}

// Room for a replay on a full disk; see Recovery::with_room.
void LogImpl::make_ballast() {
  if (options_.ballast_bytes == 0_B) return;
  host::Path path = ballast_path(folder_);
  Result<host::Space> space = host_.files.space(folder_);
  Result<bool> there = host_.files.exists(path);
  if (!space || !there || *there) return;
  std::uint64_t bytes = std::min(options_.ballast_bytes.count(), space->total.count() / kBallastShareOfDisk);
  if (bytes == 0 || bytes > space->available.count() / kBallastShareOfFreeSpace) return;
  Result<std::unique_ptr<host::File>> file = host_.files.open(path, host::OpenMode::kCreate);
  if (!file || !(*file)->reserve(Bytes(bytes))) (void)host_.files.remove(path);
}

Result<void> LogImpl::health() const {
  if (std::optional<Error> failed = wal_->failure())
    return fail(failed->code,
                fmt::format("the log has stopped ({}); check the disk, then start Tarn again", failed->message));
  return {};
}

}  // namespace tarn::log
