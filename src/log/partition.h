// One partition: its segments, offsets, producers and leader epochs.
//
//   log_start        high_watermark      next
//      |  readable ......... |  in the air  |          fsync=always: the high-watermark follows the WAL's groups
//                                                      fsync=never:  it is always `next`
//
// Thread-safe. The lock is held over writes to the page cache and over reads of the last segment, never over a sync.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "log/leader_epochs.h"
#include "log/pending_ack.h"
#include "log/produced_batch.h"
#include "log/producers.h"
#include "log/segment.h"
#include "log/wal_writer.h"

namespace tarn::log {

inline constexpr Bytes kUnsyncedBytesMax = 16_MiB;  // per partition, before it is synced ahead of the checkpoint
inline constexpr Bytes kHoldCheckEvery = 8_MiB;     // of appends to a partition

class Partition : public std::enable_shared_from_this<Partition> {
 public:
  // Empty, from offset 0.
  Partition(FileCache& cache, TopicPartition id, host::Path folder, std::shared_ptr<const TopicConfig> config);
  // As a checkpoint kept it.
  static Result<std::shared_ptr<Partition>> from_checkpoint(FileCache& cache, Decoder& in,
                                                            const host::Path& log_folder);

  const TopicPartition& id() const { return id_; }
  const host::Path& folder() const { return folder_; }
  std::shared_ptr<const TopicConfig> config() const;
  void set_config(std::shared_ptr<const TopicConfig> config);

  // ---- append. `done` is left alone if a result is returned: the caller gives it to `done`.
  std::optional<AppendResult> append(ByteView batches, TimestampMs now, WalWriter& wal, Log::AppendDone& done);
  // A group with an append of this partition is durable: moves the high-watermark.
  void durable(const PendingAck& ack);
  // Appends wait between these two.
  void pause();
  void resume();
  // Appends are refused from now on, reads go on.
  void close();
  bool closed() const { return closed_; }
  // Its files are about to be removed: nothing is synced from now on.
  void forget();

  // ---- read
  PartitionEnds ends() const;
  Offset next() const;
  Offset high_watermark() const { return Offset(readable_.load()); }
  Result<SegmentRange> read(Offset from, Bytes max);
  Result<std::optional<OffsetAndTimestamp>> offset_for_time(TimestampMs when);
  Result<std::optional<OffsetAndTimestamp>> max_timestamp();
  std::pair<LeaderEpoch, Offset> end_of_epoch(LeaderEpoch epoch) const;
  std::atomic<int> watchers{0};  // so that nobody looks for them in vain

  // ---- durability
  // Syncs what was written, new names too, with the index entries; returns the end that is durable now. `state`: the
  // checkpoint's record of the partition as of then; nothing is synced if that has not changed since the last one.
  // Errors: kUnavailable, nothing was tried: the disk is too full for the index; kIo: what is on disk is in doubt.
  Result<Offset> sync(Encoder* state);

  // So much is un-synced that a checkpoint would take long over it: sync(nullptr) it before.
  bool wants_sync() const { return unsynced_bytes_ >= kUnsyncedBytesMax.count(); }
  // Called before each append; true now and then, by bytes: time to look whether the topic is held.
  bool hold_check_due(std::size_t bytes);
  void check_hold_soon() { until_hold_check_ = 0; }

  // ---- retention: whole segments, oldest first, never the last
  // The log start after what retention.ms and retention.bytes allow to go, and landing has; the present one if nothing.
  Offset start_after_retention(TimestampMs now, std::optional<Offset> landed_end) const;
  void move_log_start(Offset start);  // records below it are no longer read; their files are still there
  // Records below `start` are gone. Returns the segments to remove the files of.
  std::vector<std::shared_ptr<Segment>> drop_below(Offset start);
  std::uint64_t bytes_from(Offset offset) const;  // to the end; as exact as the index

  // ---- recovery, before anything is served; one thread
  // A batch of the WAL. kCorruption if it can't stand there.
  Result<void> replay(const BatchPlace& place, ByteView batch);
  void apply(const EpochChange& change);
  // fsync=never: takes what stands whole behind the known end, and writes it anew so that a later sync means something.
  Result<void> walk();
  // All that was recovered is readable, up to the end this returns.
  Offset recovered();
  // No offset below `used_end` (landed, or committed by a group) is given again: the change to write down before
  // anything is served, if one is needed. fsync=never after an unclean stop (`unclean`): always.
  std::optional<EpochChange> change_needed(std::optional<Offset> used_end, bool unclean) const;

 private:
  struct Place {
    std::shared_ptr<Segment> segment;
    std::uint64_t limit = 0;  // readable bytes of it
    bool last = false;
  };

  Result<void> begin_appending();
  Result<void> remove_strangers();
  Result<void> prepare_segment(std::size_t batch_bytes, Offset last_offset, TimestampMs now);
  Result<void> begin_segment(Offset base);
  AppendResult cannot_write(const Error& why, const ProducedBatch& batch, TimestampMs now, WalWriter& wal);
  std::optional<AppendResult> judge(const ProducedBatch& batch, WalWriter& wal, Log::AppendDone& done);
  std::optional<AppendResult> promise(ProducedBatch& batch, std::uint64_t position, TimestampMs now, WalWriter& wal,
                                      Log::AppendDone& done);
  void move_high_watermark(Offset end, Offset segment_base, std::uint64_t position);
  std::optional<Place> place_of(Offset offset) const;
  std::uint64_t limit_of(const Segment& segment) const;
  Result<std::optional<OffsetAndTimestamp>> record_at(Segment& segment, const Segment::Found& found, TimestampMs when);
  bool log_start_moved_past(Offset offset, std::unique_lock<std::mutex>& lock) const;
  Offset next_segment_base(Offset base, std::unique_lock<std::mutex>& lock) const;
  bool may_follow(Offset base) const;
  Result<bool> follow_to_next_file();
  Result<void> walk_segment(Segment& segment);
  Result<void> take_walked(Segment& segment, ByteView batch, const wire::kafka::RecordBatchHeader& header);
  struct Unsynced {
    std::vector<std::shared_ptr<host::File>> files;
    bool folder = false;  // has new names
    Offset end;           // what syncing these makes durable
  };
  Result<Unsynced> take_unsynced(Encoder* state);
  void put_state(Encoder& out) const;

  FileCache& cache_;
  const TopicPartition id_;
  const host::Path folder_;

  std::mutex sync_mutex_;  // over a whole sync(); taken before mutex_
  mutable std::mutex mutex_;
  std::condition_variable resumed_;
  std::shared_ptr<const TopicConfig> config_;
  std::vector<std::shared_ptr<Segment>>
      segments_;  // by base; only the last is appended to; empty before the first append
  Offset log_start_, next_;
  Offset durable_end_;  // fsync=never
  Offset high_watermark_;
  Offset readable_base_{-1};               // the high-watermark's segment,
  std::uint64_t readable_position_ = 0;    // and position there
  std::atomic<std::int64_t> readable_{0};  // the high-watermark, without the lock
  LeaderEpochs epochs_;
  Producers producers_;
  Buffer checkpointed_;        // the state as the last checkpoint has it
  bool changed_ = true;        // since then
  std::vector<Offset> jumps_;  // recovery: where earlier starts left a gap
  bool appending_ = false;     // begin_appending() was done in this run
  bool new_names_ = false;     // in the folder, un-synced
  int paused_ = 0;
  std::atomic<std::uint64_t> unsynced_bytes_{0};
  std::atomic<std::int64_t> until_hold_check_{0};
  std::atomic<bool> closed_{false};
  bool forgotten_ = false;  // guarded by sync_mutex_
};

// <data>/log/meta/0 for the log's own partition, <data>/log/topics/<id>/<partition> for the rest.
host::Path partition_folder(const host::Path& log_folder, const TopicPartition& partition);

}  // namespace tarn::log
