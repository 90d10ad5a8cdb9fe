#include "log/wal_format.h"

#include <cstring>

#include "base/codec.h"
#include "base/crc32c.h"
#include "base/endian.h"

namespace tarn::log {
namespace {

constexpr std::uint64_t kMagic = 0x314C41574E524154;  // "TARNWAL1" read little-endian

}  // namespace

void put_record_header(std::byte* to, const WalRecordHeader& header, std::uint32_t seed) {
  store_le<std::uint32_t>(to + 4, header.body_crc);
  store_le<std::uint32_t>(to + 8, header.body_bytes);
  to[12] = static_cast<std::byte>(header.kind);
  to[13] = static_cast<std::byte>(header.last_of_group);
  store_le<std::uint16_t>(to + 14, 0);
  store_le<std::uint64_t>(to + 16, header.sequence);
  store_le<std::uint64_t>(to + 24, header.durable);
  store_le<std::uint64_t>(to + 32, header.generation);
  store_le<std::uint32_t>(to + 40, header.run);
  store_le<std::uint32_t>(to + 44, 0);
  store_le<std::uint32_t>(to, crc32c({to + 4, kWalRecordHeaderBytes - 4}, seed));
}

std::optional<WalRecordHeader> get_record_header(ByteView from, std::uint32_t seed) {
  const std::byte* at = from.data();
  auto kind = std::to_integer<std::uint8_t>(at[12]);
  if (kind < static_cast<std::uint8_t>(WalKind::kBatch) || kind > static_cast<std::uint8_t>(WalKind::kExtent)) {
    return std::nullopt;
  }
  if (load_le<std::uint32_t>(at) != crc32c(from.subspan(4, kWalRecordHeaderBytes - 4), seed)) return std::nullopt;
  WalRecordHeader header;
  header.body_crc = load_le<std::uint32_t>(at + 4);
  header.body_bytes = load_le<std::uint32_t>(at + 8);
  header.kind = static_cast<WalKind>(kind);
  header.last_of_group = std::to_integer<int>(at[13]) != 0;
  header.sequence = load_le<std::uint64_t>(at + 16);
  header.durable = load_le<std::uint64_t>(at + 24);
  header.generation = load_le<std::uint64_t>(at + 32);
  header.run = load_le<std::uint32_t>(at + 40);
  return header;
}

Buffer encode_file_header(const WalFileHeader& header) {
  Buffer block(kWalBlockBytes);
  store_le<std::uint64_t>(block.data(), kMagic);
  store_le<std::uint32_t>(block.data() + 8, kWalVersion);
  std::memcpy(block.data() + 16, header.ring.bytes.data(), 16);
  store_le<std::uint32_t>(block.data() + 32, header.seed);
  store_le<std::uint64_t>(block.data() + 40, header.generation);
  store_le<std::uint64_t>(block.data() + 48, header.file_bytes);
  store_le<std::uint32_t>(block.data() + 12, crc32c(ByteView(block).subspan(16, kWalFileHeaderBytes - 16)));
  return block;
}

std::optional<WalFileHeader> decode_file_header(ByteView block) {
  if (block.size() < kWalFileHeaderBytes || load_le<std::uint64_t>(block.data()) != kMagic ||
      load_le<std::uint32_t>(block.data() + 8) != kWalVersion ||
      load_le<std::uint32_t>(block.data() + 12) != crc32c(block.subspan(16, kWalFileHeaderBytes - 16))) {
    return std::nullopt;
  }
  WalFileHeader header;
  std::memcpy(header.ring.bytes.data(), block.data() + 16, 16);
  header.seed = load_le<std::uint32_t>(block.data() + 32);
  header.generation = load_le<std::uint64_t>(block.data() + 40);
  header.file_bytes = load_le<std::uint64_t>(block.data() + 48);
  return header;
}

void put_batch_place(std::byte* to, const BatchPlace& place) {
  std::memcpy(to, place.partition.topic.bytes.data(), 16);
  store_le<std::int32_t>(to + 16, place.partition.partition.value());
  store_le<std::uint32_t>(to + 20, 0);
  store_le<std::int64_t>(to + 24, place.segment_base.value());
  store_le<std::uint64_t>(to + 32, place.position);
  store_le<std::int64_t>(to + 40, place.appended.value());
}

BatchPlace get_batch_place(const std::byte* from) {
  BatchPlace place;
  std::memcpy(place.partition.topic.bytes.data(), from, 16);
  place.partition.partition = PartitionId(load_le<std::int32_t>(from + 16));
  place.segment_base = Offset(load_le<std::int64_t>(from + 24));
  place.position = load_le<std::uint64_t>(from + 32);
  place.appended = TimestampMs(load_le<std::int64_t>(from + 40));
  return place;
}

Buffer encode(const EpochChange& change) {
  Encoder out;
  out.put(change.partition.topic);
  out.put(change.partition.partition);
  out.put(change.epoch);
  out.put(change.start);
  return out.take();
}

std::optional<EpochChange> decode_epoch_change(ByteView body) {
  Decoder in(body);
  EpochChange change;
  change.partition.topic = in.get_uuid();
  change.partition.partition = in.get_id<PartitionId>();
  change.epoch = in.get_id<LeaderEpoch>();
  change.start = in.get_id<Offset>();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return change;
}

Buffer encode(const LogStart& log_start) {
  Encoder out;
  out.put(log_start.partition.topic);
  out.put(log_start.partition.partition);
  out.put(log_start.start);
  return out.take();
}

std::optional<LogStart> decode_log_start(ByteView body) {
  Decoder in(body);
  LogStart log_start;
  log_start.partition.topic = in.get_uuid();
  log_start.partition.partition = in.get_id<PartitionId>();
  log_start.start = in.get_id<Offset>();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return log_start;
}

}  // namespace tarn::log
