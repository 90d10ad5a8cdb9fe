#include "log/produced_batch.h"

#include <fmt/format.h>

#include <cstring>

#include "base/crc32c.h"
#include "base/endian.h"

namespace tarn::log {
namespace {

using wire::kafka::kBatchHeaderBytes;
using wire::kafka::RecordBatchHeader;

constexpr std::size_t kCrcAt = 17;
constexpr std::size_t kCrcFrom = 21;
constexpr Bytes kDecompressedMax = 64_MiB;

std::optional<AppendResult> check_keys(const RecordBatchHeader& header, ByteView records) {
  wire::kafka::Decompressor decompressor;
  Result<ByteView> plain = decompressor.decompress(header.codec(), records, kDecompressedMax);
  if (!plain) return refusal(AppendStatus::kInvalidRecord, plain.error().message);
  wire::kafka::RecordReader reader(header, *plain);
  wire::kafka::Record record;
  while (reader.next(record)) {
    if (!record.key) return refusal(AppendStatus::kInvalidRecord, "a compacted topic takes no record without a key");
  }
  Result<void> status = reader.status();
  if (!status) return refusal(AppendStatus::kInvalidRecord, status.error().message);
  return std::nullopt;
}

std::optional<AppendResult> check_header(const RecordBatchHeader& header, const TopicConfig& config, TimestampMs now) {
  if (header.is_control()) return refusal(AppendStatus::kInvalidRecord, "clients may not write control batches");
  if (header.is_transactional()) return refusal(AppendStatus::kInvalidRecord, "transactions are not served yet");
  if (header.record_count < 1 || header.record_count - 1 != header.last_offset_delta) {
    return refusal(AppendStatus::kInvalidRecord, fmt::format("{} records with a last offset delta of {}",
                                                             header.record_count, header.last_offset_delta));
  }
  if (config.timestamp_type == TopicConfig::TimestampType::kCreateTime &&
      header.max_timestamp.value() > now.value() + kFutureMax.count()) {
    return refusal(AppendStatus::kInvalidTimestamp,
                   fmt::format("timestamp {} is more than {} ms ahead of the broker's {}", header.max_timestamp.value(),
                               kFutureMax.count(), now.value()));
  }
  return std::nullopt;
}

void set_log_append_time(ProducedBatch& batch, TimestampMs now) {
  wire::kafka::set_log_append_time(batch.head, now);  // its CRC is of the header alone: mended below
  std::uint32_t crc = crc32c(ByteView(batch.head).subspan(kCrcFrom));
  store_be<std::uint32_t>(batch.head.data() + kCrcAt, crc32c(batch.rest, crc));
  batch.header.max_timestamp = now;
  batch.log_append_time = now;
}

}  // namespace

AppendResult refusal(AppendStatus status, std::string message) {
  AppendResult result;
  result.status = status;
  result.message = std::move(message);
  return result;
}

void ProducedBatch::stamp(Offset base_offset, LeaderEpoch epoch) {
  header.base_offset = base_offset;
  header.partition_leader_epoch = epoch;
  wire::kafka::set_base_offset(head, base_offset);
  wire::kafka::set_leader_epoch(head, epoch);
}

std::optional<AppendResult> check_produced(ByteView batches, const TopicConfig& config, TimestampMs now,
                                           ProducedBatch& out) {
  Result<RecordBatchHeader> header = wire::kafka::parse_batch_header(batches);
  if (!header) {
    bool old = batches.size() > 16 && std::to_integer<int>(batches[16]) < wire::kafka::kBatchMagic;
    return refusal(old ? AppendStatus::kInvalidRecord : AppendStatus::kCorrupt, header.error().message);
  }
  if (header->size() > config.message_bytes_max.count()) {
    return refusal(AppendStatus::kTooLarge, fmt::format("a batch of {} bytes is above max.message.bytes = {}",
                                                        header->size(), config.message_bytes_max.count()));
  }
  if (header->size() != batches.size()) {
    bool more = header->size() < batches.size();
    return refusal(more ? AppendStatus::kInvalidRecord : AppendStatus::kCorrupt,
                   fmt::format("{} bytes were sent, the batch has {}", batches.size(), header->size()));
  }
  if (Result<RecordBatchHeader> checked = wire::kafka::check_batch(batches); !checked) {
    return refusal(AppendStatus::kCorrupt, checked.error().message);
  }
  if (auto refused = check_header(*header, config, now)) return refused;
  out.header = *header;
  out.rest = batches.subspan(kBatchHeaderBytes);
  std::memcpy(out.head.data(), batches.data(), kBatchHeaderBytes);
  if (config.compact_only) {
    if (auto refused = check_keys(*header, out.rest)) return refused;
  }
  if (config.timestamp_type == TopicConfig::TimestampType::kLogAppendTime) set_log_append_time(out, now);
  return std::nullopt;
}

}  // namespace tarn::log
