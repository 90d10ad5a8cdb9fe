#include "wire/kafka/record_batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/endian.h"

namespace tarn::wire::kafka {
namespace {

constexpr std::size_t kCrcAt = 17;
constexpr std::size_t kCrcFrom = 21;
constexpr std::size_t kAttributesAt = 21;
constexpr std::size_t kMaxTimestampAt = 35;
constexpr std::size_t kLeaderEpochAt = 12;
constexpr std::int16_t kLogAppendTime = 8;
constexpr std::int16_t kTransactional = 16;
constexpr std::int16_t kControl = 32;

std::unexpected<Error> corrupt(std::string why) { return fail(Code::kCorruption, "record batch: " + std::move(why)); }

std::uint32_t body_crc(ByteView batch) { return crc32c(batch.subspan(kCrcFrom)); }

}  // namespace

Result<RecordBatchHeader> parse_batch_header(ByteView bytes) {
  if (bytes.size() < kBatchHeaderBytes) {
    return corrupt(fmt::format("{} bytes are too few for its header of {}", bytes.size(), kBatchHeaderBytes));
  }
  Reader in(bytes.first(kBatchHeaderBytes));
  RecordBatchHeader header;
  header.base_offset = Offset(in.int64());
  header.batch_length = in.int32();
  header.partition_leader_epoch = LeaderEpoch(in.int32());
  header.magic = in.int8();
  header.crc = static_cast<std::uint32_t>(in.int32());
  header.attributes = in.int16();
  header.last_offset_delta = in.int32();
  header.base_timestamp = TimestampMs(in.int64());
  header.max_timestamp = TimestampMs(in.int64());
  header.producer_id = ProducerId(in.int64());
  header.producer_epoch = ProducerEpoch(in.int16());
  header.base_sequence = in.int32();
  header.record_count = in.int32();
  if (header.magic != kBatchMagic) return corrupt(fmt::format("magic {}, only 2 is served", header.magic));
  if (header.batch_length < static_cast<std::int32_t>(kBatchHeaderBytes - kBatchPrefixBytes)) {
    return corrupt(fmt::format("length {} is shorter than its header", header.batch_length));
  }
  if (header.last_offset_delta < 0 || header.record_count < 0) {
    return corrupt(fmt::format("last offset delta {}, record count {}", header.last_offset_delta, header.record_count));
  }
  constexpr Offset kOffsetMax{std::numeric_limits<std::int64_t>::max()};
  if (header.base_offset < Offset(0) || header.base_offset > kOffsetMax - header.last_offset_delta) {
    return corrupt(
        fmt::format("base offset {}, last offset delta {}", header.base_offset.value(), header.last_offset_delta));
  }
  if (header.codec() > Compression::kZstd) return corrupt(fmt::format("unknown codec {}", header.attributes & 7));
  return header;
}

Result<RecordBatchHeader> check_batch(ByteView bytes) {
  TARN_ASSIGN(RecordBatchHeader header, parse_batch_header(bytes));
  if (bytes.size() < header.size()) {
    return corrupt(fmt::format("{} bytes of {} are there", bytes.size(), header.size()));
  }
  std::uint32_t crc = body_crc(bytes.first(header.size()));
  if (crc != header.crc) return corrupt(fmt::format("CRC {:08x}, its bytes have {:08x}", header.crc, crc));
  return header;
}

void set_base_offset(MutableBytes batch, Offset base_offset) {
  TARN_ASSERT(batch.size() >= kBatchHeaderBytes);
  store_be<std::int64_t>(batch.data(), base_offset.value());
}

void set_leader_epoch(MutableBytes batch, LeaderEpoch epoch) {
  TARN_ASSERT(batch.size() >= kBatchHeaderBytes);
  store_be<std::int32_t>(batch.data() + kLeaderEpochAt, epoch.value());
}

void set_log_append_time(MutableBytes batch, TimestampMs when) {
  TARN_ASSERT(batch.size() >= kBatchHeaderBytes);
  auto attributes = load_be<std::int16_t>(batch.data() + kAttributesAt);
  store_be<std::int16_t>(batch.data() + kAttributesAt, static_cast<std::int16_t>(attributes | kLogAppendTime));
  store_be<std::int64_t>(batch.data() + kMaxTimestampAt, when.value());
  store_be<std::uint32_t>(batch.data() + kCrcAt, body_crc(batch));
}

bool RecordReader::next(Record& out) {
  if (!in_.ok() || done_ == header_.record_count) return false;
  std::int32_t length = in_.varint();
  std::size_t begin = in_.position();
  if (in_.ok() && (length < 0 || static_cast<std::size_t>(length) > in_.remaining())) {
    in_.mark_bad("a record longer than its batch");
  }
  if (in_.ok()) read_record(out);
  if (in_.ok() && in_.position() - begin != static_cast<std::size_t>(length)) {
    in_.mark_bad("a record of another length than it says");
  }
  if (!in_.ok()) return false;
  ++done_;
  return true;
}

void RecordReader::read_record(Record& out) {
  in_.int8();  // attributes: none are defined
  std::int64_t timestamp_delta = in_.varlong();
  std::int32_t offset_delta = in_.varint();
  if (offset_delta < 0 || offset_delta > header_.last_offset_delta) return in_.mark_bad("an offset outside its batch");
  auto base = static_cast<std::uint64_t>(header_.base_timestamp.value());  // may wrap: any two values are legal input
  out.timestamp = header_.is_log_append_time()
                      ? header_.max_timestamp
                      : TimestampMs(static_cast<std::int64_t>(base + static_cast<std::uint64_t>(timestamp_delta)));
  out.offset = header_.base_offset + offset_delta;
  out.key = nullable_bytes();
  out.value = nullable_bytes();
  out.headers.clear();
  std::int32_t headers = in_.varint();
  if (headers < 0) in_.mark_bad("a negative count of headers");
  for (std::int32_t i = 0; i < headers && in_.ok(); ++i) {
    std::optional<ByteView> key = nullable_bytes();
    if (!key) return in_.mark_bad("a header without a key");
    out.headers.push_back({as_text(*key), nullable_bytes()});
  }
}

std::optional<ByteView> RecordReader::nullable_bytes() {
  std::int32_t size = in_.varint();
  if (size == -1) return std::nullopt;
  if (size < 0) in_.mark_bad("a negative length");
  if (!in_.ok()) return ByteView{};
  return in_.bytes(static_cast<std::size_t>(size));
}

Result<void> RecordReader::status() const {
  if (!in_.ok()) {
    Error error = in_.error(
        fmt::format("record {} of {} in the batch at {}", done_, header_.record_count, header_.base_offset.value()));
    return fail(Code::kCorruption, std::move(error.message));
  }
  if (done_ == header_.record_count && in_.remaining() > 0) {
    return corrupt(fmt::format("{} bytes after its last record", in_.remaining()));
  }
  return {};
}

void RecordBatchBuilder::add(TimestampMs timestamp, std::optional<ByteView> key, std::optional<ByteView> value,
                             std::span<const RecordHeader> headers) {
  if (count_ == 0) base_timestamp_ = max_timestamp_ = timestamp;
  max_timestamp_ = std::max(max_timestamp_, timestamp);
  Writer record;
  auto put = [&record](std::optional<ByteView> bytes) {
    record.varint(bytes ? static_cast<std::int32_t>(bytes->size()) : -1);
    if (bytes) record.bytes(*bytes);
  };
  record.int8(0);
  record.varlong(timestamp - base_timestamp_);
  record.varint(count_);
  put(key);
  put(value);
  record.varint(static_cast<std::int32_t>(headers.size()));
  for (const RecordHeader& header : headers) {
    put(as_bytes(header.key));
    put(header.value);
  }
  records_.varint(static_cast<std::int32_t>(record.size()));
  records_.bytes(record.flatten());
  ++count_;
}

Result<Buffer> RecordBatchBuilder::build(const Options& options) const {
  TARN_ASSERT(count_ > 0);
  TARN_ASSIGN(Buffer records, compress(options.codec, records_.flatten()));
  auto attributes =
      static_cast<std::int16_t>(static_cast<int>(options.codec) | (options.transactional ? kTransactional : 0) |
                                (options.control ? kControl : 0));
  Writer out;
  out.int64(options.base_offset.value());
  out.int32(static_cast<std::int32_t>(kBatchHeaderBytes - kBatchPrefixBytes + records.size()));
  out.int32(options.leader_epoch.value());
  out.int8(kBatchMagic);
  out.int32(0);
  out.int16(attributes);
  out.int32(count_ - 1);
  out.int64(base_timestamp_.value());
  out.int64(max_timestamp_.value());
  out.int64(options.producer_id.value());
  out.int16(options.producer_epoch.value());
  out.int32(options.base_sequence);
  out.int32(count_);
  out.bytes(records);
  Buffer batch = out.flatten();
  store_be<std::uint32_t>(batch.data() + kCrcAt, body_crc(batch));
  return batch;
}

}  // namespace tarn::wire::kafka
