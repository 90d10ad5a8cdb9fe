// Reads the write-ahead log from a position on, record by record, to its end; and tells a torn tail from corruption.
//
// The end is the first place where the next record does not stand. Groups are synced one after another and each record
// bears the sequence number known durable when it was written, so: if any record further on knows the missing one to
// have been durable, it has rotted; else its group was never acked, and the log ends before it.
#pragma once

#include <deque>
#include <optional>

#include "log/wal_ring.h"

namespace tarn::log {

inline constexpr std::size_t kWalWindowBytes = 1 << 20;  // read at once; a larger record takes its own size

struct WalRecord {
  WalRecordHeader header;
  ByteView body;  // until the next call
};

// One thread. Holds a window of one file in memory.
class WalReader {
 public:
  WalReader(const WalRing& ring, WalPosition from);

  // nullopt: the end. Errors: kCorruption (a file is missing), kIo.
  Result<std::optional<WalRecord>> next();
  // After the end.
  // kCorruption, naming file and position, if the record that should follow was known durable.
  Result<void> check_tail();
  // Writes anew and syncs what is not proven durable: what a killed process or a failed sync left in the page cache.
  Result<void> harden();

  // After the end: where the log goes on, the last run, and the files it spans.
  WalPosition end() const;
  const WalFile& file() const { return file_; }
  const std::vector<std::uint64_t>& generations() const { return generations_; }
  std::uint64_t bytes_read() const { return bytes_read_; }
  // The name and place of the last record given, for messages.
  std::string place() const;

 private:
  Result<void> turn_to(std::uint64_t generation, std::uint64_t at);
  Result<ByteView> view(std::uint64_t at, std::size_t count);
  Result<std::optional<WalRecord>> record_at(std::uint64_t at);
  bool is_next(const WalRecord& record) const;
  void passed(const WalRecord& record);
  Result<bool> knows_durable(const WalFile& file, std::uint64_t from) const;

  const WalRing& ring_;
  WalPosition from_;
  WalFile file_;
  Buffer window_;  // what stands at window_at_
  std::uint64_t window_at_ = 0;
  std::uint64_t at_ = 0;  // where the next record should stand
  std::uint64_t given_at_ = 0;
  std::uint64_t sequence_;  // that it should have
  std::uint32_t run_;
  std::uint64_t durable_;  // the highest number known durable
  bool group_begins_ = true;
  struct GroupStart {
    std::uint64_t sequence, at;
  };
  std::deque<GroupStart> unproven_;  // groups of this file not known durable
  std::optional<WalFile> before_;    // the file before this one,
  std::uint64_t before_from_ = 0;    // and the groups at its end that are not known durable,
  std::uint64_t before_to_ = 0;      // with the one that says where the log goes on
  std::vector<std::uint64_t> generations_;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace tarn::log
