// Group commit: records are staged in memory while the group before them is being synced, then written and synced as
// one group by one thread.
//
//   stage() ──> groups waiting ──write, fdatasync──> durable ──> GroupDone (the flusher's thread)
//
// One group is in flight at a time. When no group follows, a mark (un-synced: it only tells a rotten last group from a
// torn one) records that the last one is durable. A failed write or sync fails this group, every later one and every
// later call, for good.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/result.h"
#include "log/pending_ack.h"
#include "log/wal_ring.h"

namespace tarn::log {

inline constexpr std::size_t kGroupBytesMax = 4u << 20;  // a group takes no further record beyond this

class WalWriter {
 public:
  // Called with the acks of a group, in the order they were staged: durable, or not (`failure`).
  using GroupDone = std::function<void(std::span<PendingAck> acks, const Error* failure)>;

  struct Options {
    Bytes unsynced_bytes_max;
    GroupDone group_done;
    std::function<void()> ring_short;  // no file is ready to follow the present one: make or free one
  };

  // Goes on at `start` in `file` as `run`; everything before it is durable. The first record must be a kOpen.
  WalWriter(WalRing& ring, WalFile file, WalPosition start, std::uint32_t run, Options options);
  ~WalWriter() { stop(); }
  void stop();  // writes what is staged, then ends the thread

  // Blocks while too much is in the air.
  void wait_for_room();
  // Adds a record, its body in up to three pieces, to the waiting group; `ack` ends with it. The order of calls is the
  // order of records. False, and `ack` untouched, after a failure.
  bool stage(WalKind kind, std::span<const ByteView> body, PendingAck& ack);
  // Adds no record: `ack` ends when everything staged before is durable. False, and `ack` untouched, after a failure.
  bool stage_wait(PendingAck& ack);
  // stage() without an ack; waits until durable.
  Result<void> write(WalKind kind, ByteView body);
  // Waits until all that was staged before is durable.
  Result<void> flush();

  WalPosition position() const;         // after the last durable group
  std::uint64_t bytes_written() const;  // since the start
  std::optional<Error> failure() const;
  void fail_all(Error why);  // stop for good: a sync elsewhere failed

 private:
  struct Group {
    Buffer bytes;
    std::vector<std::size_t> records;  // where each begins
    std::vector<PendingAck> acks;
    std::uint64_t first_sequence = 0;
    WalKind last_kind = WalKind::kBatch;
  };

  Group& group_for(std::size_t record_bytes);
  void add_record(Group& group, WalKind kind, std::span<const ByteView> body, std::size_t body_bytes,
                  std::uint32_t body_crc);
  void run();
  void commit(Group group);
  Result<void> write_group(Group& group);
  Result<void> write_bytes(Buffer& bytes);
  Result<void> turn_to_next_file(std::uint64_t next_sequence);
  void seal_headers(Group& group, std::uint64_t durable);
  std::optional<Group> mark_if_idle();

  WalRing& ring_;
  const Options options_;
  const std::uint32_t run_;

  mutable std::mutex mutex_;
  std::condition_variable work_, progress_;
  std::deque<Group> waiting_;
  Group spare_;
  std::uint64_t next_sequence_;
  std::uint64_t staged_bytes_ = 0;   // waiting or in flight
  std::uint64_t groups_staged_ = 0;  // groups begun; those done
  std::uint64_t groups_done_ = 0;
  std::uint64_t bytes_written_ = 0;
  WalPosition durable_;  // after the last durable group
  std::optional<Error> failure_;
  bool stop_ = false;

  WalFile file_;      // the flusher's own
  std::uint64_t at_;  // where the next group goes
  std::uint64_t last_durable_;
  std::uint32_t run_before_;  // of the record before at_
  std::thread flusher_;
};

}  // namespace tarn::log
