// The bytes of the write-ahead log: a ring of pre-written files, <data>/log/wal/ring-NNN.wal. All integers
// little-endian.
//
//   file:    | header, 1 block | group | group | ... | continue |        a block is 4096 bytes; groups start on a block
//   group:   | record | record | ... | zeros to the block's end |        written and synced in one go
//   record:  | header, 48 bytes | body | zeros to a multiple of 8 |
//
//   record header                                     file header
//    0 u32 header_crc  of bytes 4..47                  0 u64 magic "TARNWAL1"
//    4 u32 body_crc                                    8 u32 version
//    8 u32 body_bytes                                 12 u32 crc of bytes 16..63
//   12 u8  kind                                       16 16  ring: id of this ring
//   13 u8  last_of_group (1: next record on a block)  32 u32 seed: where the ring's CRCs start
//   14 u16 0                                          36 u32 0
//   16 u64 sequence: 1, 2, 3, ... over all files      40 u64 generation: one more with each use of any file
//   24 u64 durable: the last sequence number known    48 u64 file_bytes
//          durable when this was written              56 u64 0
//   32 u64 generation: its file's
//   40 u32 run: random, drawn by each start
//   44 u32 0
//
// Why so: a block that holds acked bytes is never written again until its file is reused, so a torn write can't reach
// them. The CRCs are CRC-32C started from the ring's seed, so a payload can't pose as a record. Generation and run tell
// a record from what an earlier use, or an earlier start whose tail was cut, left in the file.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/id.h"
#include "base/uuid.h"
#include "log/topic.h"

namespace tarn::log {

inline constexpr std::size_t kWalBlockBytes = 4096;
inline constexpr std::size_t kWalRecordHeaderBytes = 48;
inline constexpr std::size_t kWalFileHeaderBytes = 64;
inline constexpr std::uint32_t kWalVersion = 1;

constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

enum class WalKind : std::uint8_t {
  kBatch = 1,     // BatchPlace, then the batch as it stands in its segment
  kMark = 2,      // no body: only tells the durable number
  kContinue = 3,  // u64: the generation of the file that goes on
  kOpen = 4,      // u32: the run before; the first record of a start
  kEpoch = 5,     // EpochChange
  kLogStart = 6,  // LogStart
  kSeal = 7,      // no body: a clean stop; everything before is durable
  kExtent = 8,    // reserved: a reference to a batch whose segment was synced instead
};

struct WalRecordHeader {
  std::uint32_t body_crc = 0;
  std::uint32_t body_bytes = 0;
  WalKind kind = WalKind::kMark;
  bool last_of_group = false;
  std::uint64_t sequence = 0;
  std::uint64_t durable = 0;
  std::uint64_t generation = 0;
  std::uint32_t run = 0;
};

// Writes the 48 bytes at `to`.
void put_record_header(std::byte* to, const WalRecordHeader& header, std::uint32_t seed);
// nullopt if the CRC or the kind is not right. `from` has at least 48 bytes.
std::optional<WalRecordHeader> get_record_header(ByteView from, std::uint32_t seed);

struct WalFileHeader {
  Uuid ring;
  std::uint32_t seed = 0;
  std::uint64_t generation = 0;
  std::uint64_t file_bytes = 0;
};

// One block.
Buffer encode_file_header(const WalFileHeader& header);
std::optional<WalFileHeader> decode_file_header(ByteView block);

// A place between two groups: where the next group would be written.
struct WalPosition {
  std::uint64_t generation = 0;
  std::uint64_t position = 0;  // in the file; a multiple of the block
  std::uint64_t sequence = 1;  // of the next record
  std::uint32_t run = 0;       // of the last record before
  bool operator==(const WalPosition&) const = default;
};

// Where a batch stands: the body of kBatch begins with it.
//    0 16 topic | 16 i32 partition | 20 u32 0 | 24 i64 segment_base | 32 u64 position | 40 i64 appended_ms
struct BatchPlace {
  TopicPartition partition;
  Offset segment_base;
  std::uint64_t position = 0;
  TimestampMs appended;
};
inline constexpr std::size_t kBatchPlaceBytes = 48;
void put_batch_place(std::byte* to, const BatchPlace& place);
BatchPlace get_batch_place(const std::byte* from);

// The partition's leader epoch is `epoch` from `start` on, and no offset below `start` will be given any more.
//    0 16 topic | 16 i32 partition | 20 i32 epoch | 24 i64 start
struct EpochChange {
  TopicPartition partition;
  LeaderEpoch epoch;
  Offset start;
};
Buffer encode(const EpochChange& change);
std::optional<EpochChange> decode_epoch_change(ByteView body);

// Records below `start` are gone.
//    0 16 topic | 16 i32 partition | 20 i64 start
struct LogStart {
  TopicPartition partition;
  Offset start;
};
Buffer encode(const LogStart& log_start);
std::optional<LogStart> decode_log_start(ByteView body);

}  // namespace tarn::log
