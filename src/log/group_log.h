// The groups' partition at work: changes are appended to it, count when durable, and are written anew when what is dead
// outweighs what is alive.
//
//   write ──> append to partition 1 ──> pending ──durable──> table ──> done
//
// A snapshot writes the table's records, then the pending ones again in their order, in one go under the lock: whoever
// reads from its first offset on ends with the same table.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>

#include "log/group_table.h"
#include "log/partition.h"

namespace tarn::log {

inline constexpr std::size_t kSnapshotBatchBytes = 16 << 10;  // one batch of a snapshot, but for a record larger still

class GroupLog final : public GroupStore {
 public:
  // What it needs of the log around it.
  class Backing {
   public:
    virtual ~Backing() = default;
    virtual void wait_for_room() = 0;
    // nullopt, with `done` taken: it will be called. Else refused.
    virtual std::optional<AppendResult> append_groups(ByteView batch, Log::AppendDone& done) = 0;
    virtual Offset groups_end() const = 0;
    // The high-watermark; nullopt if the topic is not live or has no such partition.
    virtual std::optional<Offset> end_of(const TopicPartition& partition) const = 0;
    virtual bool is_live(TopicId topic) const = 0;
  };

  // `logged_bytes`: of the partition, from its log start, as recovered.
  GroupLog(Backing& backing, host::Clock& clock, Bytes snapshot_bytes_min, GroupTable table, Bytes logged_bytes);

  void commit(const std::string& group, std::vector<OffsetCommit> offsets, Done done) override;
  void keep_state(const std::string& group, Buffer state, Done done) override;
  void remove_offsets(const std::string& group, std::vector<TopicPartition> partitions, Done done) override;
  void remove(const std::string& group, Done done) override;
  GroupOffsets offsets(const std::string& group) const override;
  bool contains(const std::string& group) const override;
  std::vector<std::string> names() const override;
  std::vector<std::pair<std::string, Buffer>> states() const override;
  std::uint64_t changes() const override;

  void topic_deleted(TopicId topic);

  bool snapshot_due() const { return logged_bytes_ > snapshot_at_; }
  // Appends one; its first offset, once all of it is staged: the log may start there when that is durable. nullopt if
  // it was refused (a full disk): it is due again.
  std::optional<Offset> snapshot();

 private:
  struct Pending {
    Buffer record;
    Done done;
  };

  enum class Grows { kNo, kYes };
  void write(Buffer record, Grows grows, Done done);
  std::optional<Error> stage(Buffer record, Done& done);
  void ended(const AppendResult& result);
  bool put(ByteView batch);
  void set_snapshot_bound();

  Backing& backing_;
  host::Clock& clock_;
  const std::uint64_t snapshot_bytes_min_;

  mutable std::mutex mutex_;
  GroupTable table_;
  std::deque<Pending> pending_;  // staged, in their order
  std::size_t pending_bytes_ = 0;
  std::atomic<std::uint64_t> logged_bytes_;  // since the last snapshot began
  std::atomic<std::uint64_t> snapshot_at_{0};
};

}  // namespace tarn::log
