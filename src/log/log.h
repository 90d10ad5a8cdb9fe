// The durable partitioned log: Kafka record batches in, kept byte for byte, read back up to the high-watermark.
//
//   append ──> segment file (un-synced) ──> shared WAL ──fdatasync of the group──> high-watermark ──> ack, wake readers
//
// Guarantees, of topics with tarn.fsync=always:
//   - an ack means durable: the batch survives kill -9 and power loss, at the offset that was answered;
//   - readers never see a batch before it is durable;
//   - an offset that was acked, landed or committed is never given to another record.
// With tarn.fsync=never an ack means written to the page cache: kill -9 keeps it, power loss may not. landing asks
// sync() first, so what has landed is durable on both.
//
// A failed fsync stops all writing for good (kIo until restart): nobody retries it. A full disk answers kDiskFull and
// goes on by itself when room returns; reads go on meanwhile.
//
// Design: docs/architecture.md, bytes on disk: docs/formats/log.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/result.h"
#include "host/host.h"
#include "log/groups.h"
#include "log/topic.h"

namespace tarn::log {

struct LogOptions {
  Bytes wal_bytes = 1_GiB;            // the ring, pre-written; made smaller on a small disk
  Bytes wal_file_bytes = 64_MiB;      // one file of the ring
  Bytes ballast_bytes = 64_MiB;       // given up so that recovery has room on a full disk; made smaller on a small disk
  std::size_t open_files_max = 512;   // segment and index files kept open
  Bytes unsynced_bytes_max = 64_MiB;  // appends in the air (queued for the WAL); more wait
  Bytes unlanded_bytes_max =
      64_GiB;  // of a topic that lands: kept past retention, and past this only it refuses (kHeld)
  Bytes group_snapshot_bytes_min = 4_MiB;  // of changes to consumer groups, before what is alive is written anew
};

// What the log must know of a higher floor: how far each partition has landed. Called at recovery (a partition never
// ends below its landed offset) and by retention (segments are kept until landed). Thread-safe.
class LandedOffsets {
 public:
  virtual ~LandedOffsets() = default;
  // The offset up to which (exclusive) the partition has landed; nullopt if it does not land at all.
  virtual std::optional<Offset> landed_end(const TopicPartition& partition) const = 0;
  // Why the topic does not land, for a person; empty if nothing is known to be wrong.
  virtual std::string why_not(TopicId) const { return {}; }
};

// Told when a partition's readable end moved or the topics changed. Called on the log's threads: be quick, don't call
// back into the log.
class LogListener {
 public:
  virtual ~LogListener() = default;
  virtual void on_progress(const TopicPartition& partition, Offset high_watermark) = 0;
  virtual void on_topics_changed() = 0;
};

// Why an append was refused; the Kafka door has one table from these to error codes.
enum class AppendStatus {
  kOk,
  kDuplicate,             // seen before, and durable: base_offset is the original's
  kUnknownTopic,          // or partition
  kCorrupt,               // CRC, lengths or counts don't agree
  kTooLarge,              // above max.message.bytes
  kInvalidRecord,         // control batch, compressed count mismatch, null key on a compacted topic, magic < 2
  kInvalidTimestamp,      // more than 1 h ahead of our clock (KIP-1030)
  kOutOfOrderSequence,    // idempotence: a gap in the producer's sequence
  kInvalidProducerEpoch,  // idempotence: an older epoch than we have seen
  kUnknownProducer,       // not answered today: as in Kafka, a producer we know nothing of may start at any sequence
  kDiskFull,              // retriable: room may return
  kHeld,                  // retriable: the topic's un-landed data is at its bound; the message says why it doesn't land
  kStopping,              // retriable: shutting down
  kIo,                    // a sync failed; nothing more is accepted until restart
};

struct AppendResult {
  AppendStatus status = AppendStatus::kOk;
  Offset base_offset{-1};
  TimestampMs log_append_time{-1};  // set for LogAppendTime topics
  Offset log_start{0};
  std::string message;  // for a person, if refused
};

struct PartitionEnds {
  Offset log_start;
  Offset high_watermark;  // readers see below this
  Offset durable_end;     // == high_watermark with fsync=always
  LeaderEpoch leader_epoch;
};

// A run of whole batches in one segment file, but that the last may be cut short by the size asked for. The first is
// whole, however large, and contains the offset asked for (its base offset may be lower). The shared file stays
// readable after the segment is deleted.
struct SegmentRange {
  std::shared_ptr<host::File> file;  // null: nothing there yet (the offset is the high-watermark)
  Bytes position;
  Bytes length;
  Offset base_offset{0};  // of the first batch
};

struct OffsetAndTimestamp {
  Offset offset;
  TimestampMs timestamp;
  LeaderEpoch leader_epoch;
};

struct ProducerIdAndEpoch {
  ProducerId id;
  ProducerEpoch epoch;
};

// Thread-safe. Calls block on the page cache at most, but for those that say they wait for durability.
class Log {
 public:
  using AppendDone = std::move_only_function<void(AppendResult)>;

  // Opens <data>/log, making it if missing; recovers. Everything acked before is durable when this returns.
  // Errors: kCorruption (names file, position and what to do), kIo, kUnavailable (disk full beyond the ballast).
  // `landed` and `listener` may be null (tests).
  static Result<std::unique_ptr<Log>> open(host::Host host, const host::Path& data, const LogOptions& options,
                                           const LandedOffsets* landed, LogListener* listener);
  // Refuses appends, waits for those in the air, syncs everything and seals the WAL.
  virtual ~Log() = default;

  // ---- topics; each waits until durable
  virtual std::shared_ptr<const TopicTable> topics() const = 0;
  virtual Result<Topic> create_topic(const TopicSpec& spec) = 0;  // kAlreadyExists, kInvalidArgument, kLimit
  virtual Result<void> delete_topic(TopicId id) = 0;              // gone for clients at once; files go when landed
  // Sets (value) and resets (nullopt) configs, all or none.
  virtual Result<Topic> alter_topic(TopicId id, const std::map<std::string, std::optional<std::string>>& changes) = 0;
  // Deleted topics whose data has not all landed: still readable by id, for landing alone.
  virtual std::vector<Topic> deleted_topics() const = 0;
  // Landing is through with a deleted topic (or never wanted it): remove its files.
  virtual Result<void> forget_topic(TopicId id) = 0;

  // ---- append
  // `batches` is what one Produce request carries for one partition: exactly one batch v2 (Kafka's rule), checked here.
  // `done` is called once, when durable (fsync=never: when written) or refused; maybe before this returns, maybe on
  // the log's thread. Blocks while too much is in the air.
  virtual void append(const TopicPartition& partition, ByteView batches, AppendDone done) = 0;
  virtual Result<ProducerIdAndEpoch> new_producer_id() = 0;  // waits until a block of ids is durable, rarely

  // ---- consumer groups
  virtual GroupStore& groups() = 0;

  // ---- read
  virtual Result<PartitionEnds> ends(const TopicPartition& partition) const = 0;
  // What its records take, from the log start on; for a person to see. 0 if there is no such partition.
  virtual Bytes stored(const TopicPartition&) const { return {}; }
  // kNotFound: no such partition. kInvalidArgument: offset below log_start or above the high-watermark.
  virtual Result<SegmentRange> read(const TopicPartition& partition, Offset from, Bytes max) = 0;
  // The first record whose timestamp is at or after `when`; nullopt if there is none below the high-watermark.
  virtual Result<std::optional<OffsetAndTimestamp>> offset_for_time(const TopicPartition& partition,
                                                                    TimestampMs when) = 0;
  virtual Result<std::optional<OffsetAndTimestamp>> max_timestamp(const TopicPartition& partition) = 0;
  // KIP-101: the end offset of the largest epoch at or below `epoch`; (-1, -1) if there is none.
  virtual Result<std::pair<LeaderEpoch, Offset>> offset_for_leader_epoch(const TopicPartition& partition,
                                                                         LeaderEpoch epoch) = 0;
  // Calls `wake` once, when any of the partitions' high-watermark passes the offset beside it (or the topic goes away);
  // at once if it already has. unwatch() after the call, or for an unknown id, does nothing; after it returns `wake`
  // will not be called.
  virtual std::uint64_t watch(const std::vector<std::pair<TopicPartition, Offset>>& beyond,
                              std::function<void()> wake) = 0;
  virtual void unwatch(std::uint64_t watch) = 0;

  // ---- durability on demand
  // Makes everything below the present high-watermark durable; returns that offset. At once with fsync=always.
  virtual Result<Offset> sync(const TopicPartition& partition) = 0;
  // Writes a checkpoint now (as it does by itself when the ring fills): sealed, so the next start replays nothing.
  virtual Result<void> checkpoint() = 0;
  // An error once a disk failed and appends are refused until the next start.
  virtual Result<void> health() const = 0;
};

}  // namespace tarn::log
