#include "worker/land/record_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "worker/land/json_decoder.h"

namespace tarn::worker::land {

using wire::kafka::RecordBatchHeader;

// Far enough from the end that a batch's last offset can be named.
static constexpr Offset kBaseOffsetMax{INT64_MAX - INT32_MAX - 1};

// How far the range has been read.
struct RecordSource::Position {
  Offset next;
  Offset to;
};

Result<Offset> RecordSource::read(const std::vector<engine::SegmentPart>& parts,
                                  const std::vector<std::unique_ptr<host::File>>& files, Offset from, Offset to,
                                  const Take& take) {
  if (parts.size() != files.size()) return fail(Code::kInternal, "segment parts and files differ in number");
  Position at{from, to};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::size_t length = parts[i].length.count();
    if (part_.size() < length + kJsonPadding) part_.resize(length + kJsonPadding);
    TARN_ASSIGN(std::size_t got, files[i]->read_at(MutableBytes(part_).first(length), parts[i].position));
    TARN_ASSIGN(bool more, read_part(ByteView(part_).first(got), at, take));
    if (!more) break;
  }
  return at.next;
}

// False: stop.
Result<bool> RecordSource::read_part(ByteView bytes, Position& at, const Take& take) {
  while (bytes.size() >= wire::kafka::kBatchHeaderBytes && at.next < at.to) {
    TARN_ASSIGN(RecordBatchHeader header, wire::kafka::parse_batch_header(bytes));
    if (bytes.size() < header.size()) break;
    if (header.base_offset < Offset(0) || header.base_offset > kBaseOffsetMax)  // not covered by the CRC
      return fail(Code::kCorruption,
                  fmt::format("a stored batch says its base offset is {}", header.base_offset.value()));
    ByteView batch = bytes.first(header.size());
    bytes = bytes.subspan(header.size());
    if (header.last_offset() < at.next) continue;
    if (header.base_offset >= at.to) return false;
    TARN_TRY(wire::kafka::check_batch(batch));
    if (!header.is_control() && !read_batch(header, batch, at, take)) return false;
    at.next = std::max(at.next, header.last_offset() + 1);
  }
  return at.next < at.to;
}

bool RecordSource::read_batch(const RecordBatchHeader& header, ByteView batch, Position& at, const Take& take) {
  ByteView stored = batch.subspan(wire::kafka::kBatchHeaderBytes);
  auto records = decompressor_.decompress(header.codec(), stored, kBatchBytesMax);
  if (!records) return give_broken(header, batch, records.error().message, at, take);
  wire::kafka::RecordReader reader(header, *records);
  while (reader.next(out_.record)) {
    if (out_.record.offset < at.next) continue;
    if (out_.record.offset >= at.to) return false;
    if (out_.record.value) out_.record.value = padded(*out_.record.value, *records);
    out_.broken.clear();
    at.next = out_.next = out_.record.offset + 1;
    if (!take(out_)) return false;
  }
  if (auto status = reader.status(); !status && at.next <= header.last_offset())
    return give_broken(header, batch, status.error().message, at, take);
  return true;
}

bool RecordSource::give_broken(const RecordBatchHeader& header, ByteView batch, std::string why, Position& at,
                               const Take& take) {
  out_.record = {.offset = at.next, .timestamp = header.max_timestamp, .value = batch};
  out_.broken = fmt::format("the records from offset {} to {} of their batch cannot be read, here is the batch: {}",
                            at.next.value(), header.last_offset().value(), why);
  at.next = out_.next = header.last_offset() + 1;
  return take(out_);
}

// A value at the very end of its buffer is moved to where bytes behind it may be read.
ByteView RecordSource::padded(ByteView value, ByteView region) {
  const std::byte* end = region.data() + region.size();
  bool in_part = region.data() >= part_.data() && end + kJsonPadding <= part_.data() + part_.size();
  if (in_part || value.data() + value.size() + kJsonPadding <= end) return value;
  scratch_.resize(std::max(scratch_.size(), value.size() + kJsonPadding));
  if (!value.empty()) std::memcpy(scratch_.data(), value.data(), value.size());
  return ByteView(scratch_).first(value.size());
}

}  // namespace tarn::worker::land
