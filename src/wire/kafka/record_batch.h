// Record batches, message format v2 (magic 2): what producers send, the log stores and consumers read.
//
//   offset  size  field                          big-endian
//        0     8  base_offset                    given by the log
//        8     4  batch_length                   bytes after this field
//       12     4  partition_leader_epoch         given by the log
//       16     1  magic                          2
//       17     4  crc                            CRC-32C of all that follows
//       21     2  attributes                     0-2 codec, 3 log append time, 4 transactional, 5 control, 6 delete
//       horizon 23     4  last_offset_delta 27     8  base_timestamp 35     8  max_timestamp 43     8  producer_id 51
//       2  producer_epoch 53     4  base_sequence 57     4  record_count 61        the records, compressed together by
//       the codec
//
//   record: length varint, attributes i8, timestamp_delta varlong, offset_delta varint, key, value (each a varint
//   length,
//           -1 for null, and bytes), header count varint, headers (key: varint length and bytes, value as above)
//
// Kafka's implementation guide, "Record Batch". base_offset, batch_length and partition_leader_epoch are outside the
// CRC, so the log fills in its two without touching the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/result.h"
#include "wire/kafka/codec.h"
#include "wire/kafka/compression.h"

namespace tarn::wire::kafka {

inline constexpr std::size_t kBatchHeaderBytes = 61;
inline constexpr std::size_t kBatchPrefixBytes = 12;  // base_offset and batch_length: enough to find the next batch
inline constexpr std::int8_t kBatchMagic = 2;
inline constexpr ProducerId kNoProducerId{-1};

struct RecordBatchHeader {
  Offset base_offset{0};
  std::int32_t batch_length = 0;
  LeaderEpoch partition_leader_epoch{-1};
  std::int8_t magic = kBatchMagic;
  std::uint32_t crc = 0;
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  TimestampMs base_timestamp{-1};
  TimestampMs max_timestamp{-1};
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch{-1};
  std::int32_t base_sequence = -1;
  std::int32_t record_count = 0;

  std::size_t size() const { return kBatchPrefixBytes + static_cast<std::size_t>(batch_length); }
  Offset last_offset() const { return base_offset + last_offset_delta; }
  Compression codec() const { return static_cast<Compression>(attributes & 7); }
  bool is_log_append_time() const { return attributes & 8; }
  bool is_transactional() const { return attributes & 16; }
  bool is_control() const { return attributes & 32; }
  bool has_delete_horizon() const { return attributes & 64; }
};

// The header at the start of `bytes`, without its CRC checked; the batch may go on past their end.
// Errors: kCorruption if fewer than 61 bytes are there, magic is not 2, or length, counts or codec are impossible.
Result<RecordBatchHeader> parse_batch_header(ByteView bytes);

// The same for a whole batch, CRC checked: `bytes` begins with it and has all of it, maybe others after it.
Result<RecordBatchHeader> check_batch(ByteView bytes);

// What the log fills in when it takes a batch.
void set_base_offset(MutableBytes batch, Offset base_offset);
void set_leader_epoch(MutableBytes batch, LeaderEpoch epoch);
// LogAppendTime: sets the attribute and max_timestamp and computes the CRC anew. `batch` is exactly one batch.
void set_log_append_time(MutableBytes batch, TimestampMs when);

struct RecordHeader {
  std::string_view key;
  std::optional<ByteView> value;
};

// Borrows from the decompressed batch.
struct Record {
  Offset offset{0};
  TimestampMs timestamp{-1};
  std::optional<ByteView> key;
  std::optional<ByteView> value;
  std::vector<RecordHeader> headers;
};

// Goes through the records of one batch. `records` are its bytes after the header, decompressed, and outlive the
// reader.
class RecordReader {
 public:
  RecordReader(const RecordBatchHeader& header, ByteView records) : header_(header), in_(records) {}

  // Reads the next record into `out` (whose headers' memory is reused); false at the end and at the first bad record.
  bool next(Record& out);
  // After next() gave false: kCorruption if it stopped early, or if bytes are left over.
  Result<void> status() const;

 private:
  std::optional<ByteView> nullable_bytes();
  void read_record(Record& out);

  RecordBatchHeader header_;
  Reader in_;
  std::int32_t done_ = 0;
};

// Makes a batch: for tests, and for records of Tarn's own.
class RecordBatchBuilder {
 public:
  struct Options {
    Compression codec = Compression::kNone;
    Offset base_offset{0};
    LeaderEpoch leader_epoch{-1};
    ProducerId producer_id = kNoProducerId;
    ProducerEpoch producer_epoch{-1};
    std::int32_t base_sequence = -1;
    bool transactional = false;
    bool control = false;
  };

  void add(TimestampMs timestamp, std::optional<ByteView> key, std::optional<ByteView> value,
           std::span<const RecordHeader> headers = {});
  std::int32_t record_count() const { return count_; }
  // The batch; at least one record was added. Errors: those of compress().
  Result<Buffer> build(const Options& options) const;

 private:
  Writer records_;
  std::int32_t count_ = 0;
  TimestampMs base_timestamp_{-1};
  TimestampMs max_timestamp_{-1};
};

}  // namespace tarn::wire::kafka
