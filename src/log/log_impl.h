// The log's parts put together: who calls whom, on which thread.
//
//   callers            append ──> Partition ──> WalWriter::stage          topics, groups, reads, watches
//   tarn-log-flush     WalWriter ──group durable──> group_done(): high-watermarks, wakes, listener, acks
//   tarn-log-keep      checkpoints, ring files, retention, groups' snapshots, ballast: when told, never by a timer
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "log/group_log.h"
#include "log/recovery.h"
#include "log/watches.h"

namespace tarn::log {

inline constexpr Bytes kCheckpointEvery = 256_MiB;         // of writes: bounds what a start replays
inline constexpr std::chrono::minutes kRetentionEvery{5};  // Kafka's log.retention.check.interval.ms; under traffic
inline constexpr std::chrono::milliseconds kFullDiskPause{200};  // between attempts to checkpoint on a full disk

class LogImpl final : public Log, private GroupLog::Backing {
 public:
  LogImpl(host::Host host, const host::Path& data, const LogOptions& options, const LandedOffsets* landed,
          LogListener* listener);
  ~LogImpl() override;
  Result<void> start();

  std::shared_ptr<const TopicTable> topics() const override;
  Result<Topic> create_topic(const TopicSpec& spec) override;
  Result<void> delete_topic(TopicId id) override;
  Result<Topic> alter_topic(TopicId id, const std::map<std::string, std::optional<std::string>>& changes) override;
  std::vector<Topic> deleted_topics() const override;
  Result<void> forget_topic(TopicId id) override;

  void append(const TopicPartition& partition, ByteView batches, AppendDone done) override;
  Result<ProducerIdAndEpoch> new_producer_id() override;
  GroupStore& groups() override { return *groups_; }

  Result<PartitionEnds> ends(const TopicPartition& partition) const override;
  Bytes stored(const TopicPartition& partition) const override;
  Result<SegmentRange> read(const TopicPartition& partition, Offset from, Bytes max) override;
  Result<std::optional<OffsetAndTimestamp>> offset_for_time(const TopicPartition& partition, TimestampMs when) override;
  Result<std::optional<OffsetAndTimestamp>> max_timestamp(const TopicPartition& partition) override;
  Result<std::pair<LeaderEpoch, Offset>> offset_for_leader_epoch(const TopicPartition& partition,
                                                                 LeaderEpoch epoch) override;
  std::uint64_t watch(const std::vector<std::pair<TopicPartition, Offset>>& beyond,
                      std::function<void()> wake) override;
  void unwatch(std::uint64_t watch) override;

  Result<Offset> sync(const TopicPartition& partition) override;
  Result<void> checkpoint() override;
  Result<void> health() const override;

 private:
  // log_impl.cc
  Result<std::shared_ptr<Partition>> find(const TopicPartition& id) const;
  std::optional<AppendResult> cannot_take(ByteView batches) const;
  std::optional<AppendResult> held(Partition& partition, std::size_t bytes) const;
  void group_done(std::span<PendingAck> acks, const Error* failure);
  void tell_progress(const Partition& partition);
  Result<void> write_changes(const std::vector<EpochChange>& changes);

  // log_topics.cc
  Result<void> record(ByteView value);
  Result<Topic> set_topic(Topic topic);
  Result<Topic> change_fsync(Topic topic);
  std::vector<std::shared_ptr<Partition>> partitions_of(const Topic& topic) const;
  void topics_changed();

  void wait_for_room() override;
  std::optional<AppendResult> append_groups(ByteView batch, AppendDone& done) override;
  Offset groups_end() const override;
  std::optional<Offset> end_of(const TopicPartition& partition) const override;
  bool is_live(TopicId topic) const override;

  // log_keep.cc
  void keep();
  void keep_once();
  void kick();
  void kick_if_due();
  void keep_in_sync(Partition& partition);
  void sync_ahead();
  std::uint64_t written_bytes() const;
  Result<void> write_checkpoint(bool clean);
  Result<Offset> sync_partition(Partition& partition, Encoder* state);
  void shorten_groups();
  void enforce_retention();
  void retire(std::shared_ptr<Partition> partition, Offset start);
  void remove_retired();
  void make_ballast();

  const host::Host host_;
  const host::Path folder_;
  const LogOptions options_;
  const LandedOffsets* const landed_;
  LogListener* const listener_;
  FileCache cache_;
  Watches watches_;

  mutable std::shared_mutex state_mutex_;  // over the two below
  Partitions partitions_;
  TopicRegistry registry_;
  std::mutex topics_mutex_;  // one change of topics at a time; taken first
  std::mutex ids_mutex_;
  std::int64_t next_producer_id_ = 0;
  std::int64_t producer_ids_end_ = 0;

  std::shared_ptr<Partition> groups_partition_;
  std::unique_ptr<GroupLog> groups_;

  std::unique_ptr<WalRing> ring_;
  std::unique_ptr<WalWriter> wal_;
  std::uint64_t checkpoint_every_ = 0;
  std::atomic<std::uint64_t> unlogged_bytes_{0};  // written without the WAL: fsync=never
  std::atomic<std::uint64_t> checkpointed_bytes_{0};
  std::atomic<std::int64_t> retention_due_ms_{0};
  std::atomic<bool> disk_full_{false};  // the ring is full, and no checkpoint can be written
  std::atomic<bool> opened_{false};     // this run's first record is staged: the keeper may stage more
  std::atomic<bool> stopping_{false};

  std::mutex checkpoint_mutex_;  // one at a time; over removing a topic's files, too
  std::mutex keep_mutex_;
  std::condition_variable keep_work_;
  std::vector<std::shared_ptr<Partition>> to_sync_;
  std::vector<std::pair<std::shared_ptr<Partition>, Offset>> retired_;  // log starts that are durable
  bool kicked_ = false;
  bool keep_stop_ = false;
  std::thread keeper_;
};

}  // namespace tarn::log
