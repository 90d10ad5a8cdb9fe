// A log without durability, for the door's tests: it keeps batches in temporary files, and lets a test hold acks back,
// refuse, or fail.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "doors/kafka/testing/memory_groups.h"
#include "host/test_folder.h"
#include "log/log.h"

namespace tarn::doors::kafka::testing {

// Thread-safe. Checks of batches, producers' state, retention and durability are the real log's; this one takes any
// batch.
class MemoryLog final : public log::Log {
 public:
  // ---- what a test may turn
  void hold_acks(bool hold);  // true: appends are not acked; false: those held are, in order
  void refuse_with(std::optional<log::AppendStatus> status);
  void wait_for_held(std::size_t count);  // returns when so many appends wait for their ack
  void wait_for_watch();                  // returns when someone watches
  void trim(const log::TopicPartition& partition, Offset log_start);
  void fail_admin(std::optional<Error> error);  // of create, delete, alter and new_producer_id

  // ---- log::Log
  std::shared_ptr<const log::TopicTable> topics() const override;
  Result<log::Topic> create_topic(const log::TopicSpec& spec) override;
  Result<void> delete_topic(TopicId id) override;
  Result<log::Topic> alter_topic(TopicId id, const std::map<std::string, std::optional<std::string>>& changes) override;
  std::vector<log::Topic> deleted_topics() const override { return {}; }
  Result<void> forget_topic(TopicId) override { return {}; }
  void append(const log::TopicPartition& partition, ByteView batches, AppendDone done) override;
  Result<log::ProducerIdAndEpoch> new_producer_id() override;
  MemoryGroups& groups() override { return groups_; }
  Result<log::PartitionEnds> ends(const log::TopicPartition& partition) const override;
  Result<log::SegmentRange> read(const log::TopicPartition& partition, Offset from, Bytes max) override;
  Result<std::optional<log::OffsetAndTimestamp>> offset_for_time(const log::TopicPartition& partition,
                                                                 TimestampMs when) override;
  Result<std::optional<log::OffsetAndTimestamp>> max_timestamp(const log::TopicPartition& partition) override;
  Result<std::pair<LeaderEpoch, Offset>> offset_for_leader_epoch(const log::TopicPartition& partition,
                                                                 LeaderEpoch epoch) override;
  std::uint64_t watch(const std::vector<std::pair<log::TopicPartition, Offset>>& beyond,
                      std::function<void()> wake) override;
  void unwatch(std::uint64_t watch) override;
  Result<Offset> sync(const log::TopicPartition& partition) override;
  Result<void> checkpoint() override { return {}; }
  Result<void> health() const override { return {}; }

 private:
  struct Batch {
    Offset base;
    Offset end;
    TimestampMs max_timestamp;
    Bytes position;
    Bytes size;
  };
  struct Partition {
    std::shared_ptr<host::File> file;
    Bytes size;
    std::vector<Batch> batches;
    Offset log_start{0};
    Offset high_watermark{0};
  };
  struct Held {
    log::TopicPartition where;
    Offset end;
    log::AppendResult result;
    AppendDone done;
  };
  struct Watch {
    std::vector<std::pair<log::TopicPartition, Offset>> beyond;
    std::function<void()> wake;
  };

  void ack(Held held, std::vector<std::function<void()>>& wake);
  void take_due_watches(std::vector<std::function<void()>>& wake);

  MemoryGroups groups_;
  host::TestFolder folder_;
  std::unique_ptr<host::Files> files_ = host::real_files();
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, log::Topic> by_name_;
  std::map<log::TopicPartition, Partition> partitions_;
  std::deque<Held> held_;
  std::map<std::uint64_t, Watch> watches_;
  std::optional<log::AppendStatus> refusal_;
  std::optional<Error> admin_error_;
  bool hold_ = false;
  std::uint64_t last_id_ = 0;
};

}  // namespace tarn::doors::kafka::testing
