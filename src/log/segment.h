// One segment of a partition: batches back to back in <base>.log, and its two sparse indexes.
//
// Not thread-safe: guarded by its partition's lock, but for read_file(), whose file may be read at any time below the
// size that was asked for under the lock.
#pragma once

#include <memory>
#include <optional>

#include "base/codec.h"
#include "log/sparse_index.h"
#include "wire/kafka/record_batch.h"

namespace tarn::log {

inline constexpr Bytes kSegmentBytesMax{2147483647};  // positions in the index are i32

// What a checkpoint keeps of a segment.
struct SegmentState {
  Offset base;
  std::uint64_t size = 0;
  TimestampMs max_timestamp{-1};
  Offset max_timestamp_last{-1};    // last offset of the batch that has it
  TimestampMs first_timestamp{-1};  // when its first batch was appended: it is rolled segment.ms later
  std::uint32_t offset_entries = 0;
  std::uint32_t time_entries = 0;
  std::int64_t last_time_key = -1;  // of the last time entry
  std::uint32_t bytes_since_entry = 0;
};
inline constexpr std::size_t kSegmentStateBytes = 64;
void put(Encoder& out, const SegmentState& state);
SegmentState get_segment_state(Decoder& in);

class Segment {
 public:
  Segment(FileCache& cache, const host::Path& folder, const SegmentState& state);

  Offset base() const { return state_.base; }
  std::uint64_t size() const { return state_.size; }
  const SegmentState& state() const { return state_; }
  // The state with what is in the index files: flush_indexes() came before.
  SegmentState checkpoint_state() const;

  // Cuts the files to what the state says, making the log file if missing: what stands behind is of appends that were
  // never promised. Before the first write() of a start, and to begin a segment.
  Result<void> open_for_append();
  // Writes a batch, in one or two pieces, at the end. On an error nothing counts as written.
  // Errors: kUnavailable (disk full), kIo.
  Result<void> write(ByteView head, ByteView rest);
  // After write(): the batch counts.
  void took(const wire::kafka::RecordBatchHeader& batch, TimestampMs appended);
  // Writes the index entries that are in memory, if there are many. Errors: kUnavailable, kIo.
  Result<void> flush_indexes(std::size_t at_least = 1);
  // No append follows: the last time entry, as Kafka makes it; indexes written.
  Result<void> finish();
  // Its files with un-synced writes; see CachedFile::take_dirty.
  void take_dirty(std::vector<std::shared_ptr<host::File>>& out);
  Result<void> remove_files();

  Result<std::shared_ptr<host::File>> read_file() { return log_.open(); }
  std::string log_path() const { return log_.path(); }

  struct Found {
    std::uint64_t position = 0;
    wire::kafka::RecordBatchHeader batch;
  };
  // The first batch whose last offset is at or above `offset`, looking below `limit`. nullopt: none.
  Result<std::optional<Found>> find(Offset offset, std::uint64_t limit);
  // The first batch whose max timestamp is at or above `when`, looking below `limit`.
  Result<std::optional<Found>> find_time(TimestampMs when, std::uint64_t limit);
  // Bytes from `offset` to the end, or a few more.
  std::uint64_t bytes_from(Offset offset) { return state_.size - start_for(offset); }
  // The batch at `position`, whole. kCorruption names the file.
  Result<Buffer> read_batch(const Found& found);

 private:
  std::uint64_t start_for(Offset offset);
  template <class Matches>
  Result<std::optional<Found>> scan(std::uint64_t from, std::uint64_t limit, Matches matches);

  SegmentState state_;
  CachedFile log_, offset_file_, time_file_;
  SparseIndex<OffsetEntry> offsets_;
  SparseIndex<TimeEntry> times_;
};

}  // namespace tarn::log
