// What a start does before it serves:
//
//   1. read the checkpoint; make the first one if the folder is new
//   2. read the write-ahead log from there to its end; refuse if the end is damage and not a torn tail
//   3. rewrite and sync what of it is not proven durable
//   4. write its batches to their segments, apply the rest
//   5. read topics and groups back; fsync=never partitions: walk what stands behind the checkpoint
//   6. decide which partitions begin a new leader epoch, or jump to their landed or committed end
//
// Until step 3 nothing is changed. Every step may be cut short by a crash and done again.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "log/checkpoint.h"
#include "log/group_table.h"
#include "log/log.h"
#include "log/partition.h"
#include "log/topic_registry.h"
#include "log/wal_reader.h"

namespace tarn::log {

struct TopicPartitionHash {
  std::size_t operator()(const TopicPartition& partition) const noexcept {
    return std::hash<Uuid>{}(partition.topic) * 31 + std::hash<PartitionId>{}(partition.partition);
  }
};
using Partitions = std::unordered_map<TopicPartition, std::shared_ptr<Partition>, TopicPartitionHash>;

struct Recovered {
  std::unique_ptr<WalRing> ring;
  WalFile file;           // where the log goes on,
  WalPosition position;   // with the run before
  Partitions partitions;  // the log's own among them
  TopicRegistry topics;
  GroupTable groups;
  std::vector<EpochChange> changes;  // applied; to be written down before anything is served
  std::uint64_t replayed_bytes = 0;
};

host::Path ballast_path(const host::Path& log_folder);

class Recovery {
 public:
  Recovery(host::Host host, host::Path log_folder, const LogOptions& options, FileCache& cache,
           const LandedOffsets* landed)
      : host_(host), folder_(std::move(log_folder)), options_(options), cache_(cache), landed_(landed) {}

  // Errors: those of Log::open.
  Result<Recovered> run();

 private:
  Result<Checkpoint> checkpoint();
  Result<void> make_new();
  WalRingId new_ring(const host::Space& space);
  Result<void> open_ring(const CheckpointHead& head);
  Result<void> load_partitions(const Checkpoint& checkpoint);
  Result<void> verify();
  Result<void> replay();
  Result<void> apply(const WalRecord& record);
  Result<void> with_room(const std::function<Result<void>()>& step);
  Result<void> read_topics();
  Result<void> read_groups();
  Result<void> read_records(Partition& partition, const std::function<Result<void>(ByteView value)>& take);
  Result<void> finish_partitions(bool clean);
  Partition& partition(const TopicPartition& id);

  const host::Host host_;
  const host::Path folder_;
  const LogOptions& options_;
  FileCache& cache_;
  const LandedOffsets* landed_;
  Recovered out_;
  WalPosition from_;
};

}  // namespace tarn::log
