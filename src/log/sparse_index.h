// The two indexes of a segment, in Apache Kafka's layout (big-endian, no header, ascending), so that its
// DumpLogSegments reads ours.
//
//   .index      | relative_offset: i32 | position: i32 |          8 bytes: a batch's last offset -> where it begins
//   .timeindex  | timestamp: i64 | relative_offset: i32 |         12 bytes: the largest timestamp so far -> the last
//                                                                  offset of the batch that has it
//
// Derived data: whoever looks something up checks what it finds against the segment. The last entries are kept in
// memory and written in runs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/endian.h"
#include "base/result.h"
#include "log/file_cache.h"

namespace tarn::log {

inline constexpr std::size_t kIndexIntervalBytes = 4096;  // an entry per this many log bytes: Kafka's default
inline constexpr std::size_t kIndexPendingMax = 128;      // entries in memory before they are written

struct OffsetEntry {
  static constexpr std::size_t kBytes = 8;
  std::int32_t relative_offset = 0;
  std::int32_t position = 0;
  std::int64_t key() const { return relative_offset; }
  void store(std::byte* to) const {
    store_be<std::int32_t>(to, relative_offset);
    store_be<std::int32_t>(to + 4, position);
  }
  static OffsetEntry load(const std::byte* from) {
    return {load_be<std::int32_t>(from), load_be<std::int32_t>(from + 4)};
  }
};

struct TimeEntry {
  static constexpr std::size_t kBytes = 12;
  std::int64_t timestamp = 0;
  std::int32_t relative_offset = 0;
  std::int64_t key() const { return timestamp; }
  void store(std::byte* to) const {
    store_be<std::int64_t>(to, timestamp);
    store_be<std::int32_t>(to + 8, relative_offset);
  }
  static TimeEntry load(const std::byte* from) {
    return {load_be<std::int64_t>(from), load_be<std::int32_t>(from + 8)};
  }
};

// Not thread-safe.
template <class Entry>
class SparseIndex {
 public:
  // `written` entries are in the file.
  explicit SparseIndex(CachedFile& file, std::uint32_t written = 0) : file_(file), written_(written) {}

  std::uint32_t written() const { return written_; }
  std::optional<Entry> last() const { return pending_.empty() ? std::nullopt : std::optional(pending_.back()); }
  void add(Entry entry) { pending_.push_back(entry); }

  // Writes what is in memory, if it is at least `at_least` entries. On an error it stays in memory.
  Result<void> flush(std::size_t at_least = 1) {
    if (pending_.size() < at_least || pending_.empty()) return {};
    Buffer bytes(pending_.size() * Entry::kBytes);
    for (std::size_t i = 0; i < pending_.size(); ++i) pending_[i].store(bytes.data() + i * Entry::kBytes);
    TARN_ASSIGN(auto file, file_.open_to_write());
    TARN_TRY(file->write_at(bytes, Bytes(written_ * Entry::kBytes)));
    written_ += static_cast<std::uint32_t>(pending_.size());
    pending_.clear();
    return {};
  }

  // The last entry whose key is at or below `key`.
  Result<std::optional<Entry>> seek(std::int64_t key) {
    if (!pending_.empty() && pending_.front().key() <= key) {
      std::size_t i = pending_.size();
      while (pending_[i - 1].key() > key) --i;
      return pending_[i - 1];
    }
    std::uint32_t low = 0, high = written_;  // entries below `low` are at or below `key`
    std::optional<Entry> found;
    if (high == 0) return found;
    TARN_ASSIGN(auto file, file_.open());
    while (low < high) {
      std::uint32_t middle = low + (high - low) / 2;
      std::byte bytes[Entry::kBytes];
      TARN_ASSIGN(std::size_t got, file->read_at(bytes, Bytes(std::uint64_t{middle} * Entry::kBytes)));
      if (got < Entry::kBytes) return std::optional<Entry>();  // torn: as if there were none
      Entry entry = Entry::load(bytes);
      if (entry.key() <= key) {
        found = entry;
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return found;
  }

 private:
  CachedFile& file_;
  std::uint32_t written_;
  std::vector<Entry> pending_;
};

}  // namespace tarn::log
