#include "wire/kafka/codec.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::wire::kafka {

void Reader::mark_bad(const char* why) {
  if (why_ == nullptr) why_ = why;
}

Error Reader::error(std::string_view what) const {
  return {Code::kInvalidArgument,
          fmt::format("{}: {} at byte {} of {}", what, why_ ? why_ : "bad", at_, input_.size())};
}

std::uint64_t Reader::varint_bits(unsigned bytes_max) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bytes_max; ++i) {
    if (!need(1)) return 0;
    auto byte = std::to_integer<std::uint64_t>(input_[at_++]);
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return value;
  }
  mark_bad("a varint that does not end");
  return 0;
}

std::uint32_t Reader::uvarint() { return static_cast<std::uint32_t>(varint_bits(5)); }

std::int32_t Reader::varint() {
  auto bits = static_cast<std::uint32_t>(varint_bits(5));
  return static_cast<std::int32_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

std::int64_t Reader::varlong() {
  std::uint64_t bits = varint_bits(10);
  return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

Uuid Reader::uuid() {
  Uuid uuid;
  ByteView from = bytes(uuid.bytes.size());
  std::ranges::copy(from, uuid.bytes.begin());
  return uuid;
}

ByteView Reader::bytes(std::size_t count) {
  if (!need(count)) return {};
  ByteView view = input_.subspan(at_, count);
  at_ += count;
  return view;
}

std::int64_t Reader::length(bool flexible, bool is_string) {
  if (flexible) return static_cast<std::int64_t>(uvarint()) - 1;
  return is_string ? int16() : int32();
}

std::optional<std::string> Reader::nullable_string(bool flexible, bool null_ok) {
  std::int64_t size = length(flexible, true);
  if (!ok()) return std::nullopt;
  if (size < 0) {
    if (!null_ok || size < -1) mark_bad("a string that must not be null");
    return std::nullopt;
  }
  auto count = static_cast<std::size_t>(size);
  if (count > kStringBytesMax) return mark_bad("a string longer than 32767 bytes"), std::nullopt;
  ByteView text = bytes(count);
  if (!allocate(count)) return std::nullopt;
  return std::string(as_text(text));
}

std::string Reader::string(bool flexible) { return nullable_string(flexible, false).value_or(std::string()); }

Buffer Reader::buffer(bool flexible) {
  std::int64_t size = length(flexible, false);
  if (ok() && size < 0) mark_bad("bytes that must not be null");
  if (!ok()) return {};
  ByteView view = bytes(static_cast<std::size_t>(size));
  return allocate(view.size()) ? to_buffer(view) : Buffer();
}

Records Reader::records(bool flexible, bool null_ok) {
  std::int64_t size = length(flexible, false);
  Records records;
  if (!ok()) return records;
  if (size >= 0) {
    records.add(bytes(static_cast<std::size_t>(size)));
  } else if (!null_ok || size < -1) {
    mark_bad("records that must not be null");
  }
  return records;
}

// Every element takes at least a byte, so a count above what remains is a lie; the allocation bound catches the rest.
std::optional<std::size_t> Reader::array_count(bool flexible, bool null_ok, std::size_t item_size) {
  std::int64_t size = length(flexible, false);
  if (!ok()) return std::nullopt;
  if (size < 0) {
    if (!null_ok || size < -1) mark_bad("an array that must not be null");
    return std::nullopt;
  }
  auto count = static_cast<std::size_t>(size);
  if (!need(count) || !allocate(count * item_size)) return std::nullopt;
  return count;
}

bool Reader::allocate(std::size_t count) {
  if (!ok()) return false;
  if (count > allocation_left_) return mark_bad("many times more to allocate than bytes were sent"), false;
  allocation_left_ -= count;
  return true;
}

void Writer::uvarint(std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<std::byte>(value | 0x80));
  out_.push_back(static_cast<std::byte>(value));
}

void Writer::varint(std::int32_t value) {
  uvarint((static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31));
}

void Writer::varlong(std::int64_t value) {
  std::uint64_t bits = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (; bits >= 0x80; bits >>= 7) out_.push_back(static_cast<std::byte>(bits | 0x80));
  out_.push_back(static_cast<std::byte>(bits));
}

void Writer::string(bool flexible, std::string_view value) {
  TARN_ASSERT(value.size() <= kStringBytesMax);
  flexible ? uvarint(static_cast<std::uint32_t>(value.size()) + 1) : int16(static_cast<std::int16_t>(value.size()));
  bytes(as_bytes(value));
}

void Writer::nullable_string(bool flexible, bool null_ok, const std::optional<std::string>& value) {
  if (value || !null_ok) return string(flexible, value ? std::string_view(*value) : std::string_view());
  flexible ? uvarint(0) : int16(-1);
}

void Writer::buffer(bool flexible, ByteView value) {
  count(flexible, value.size());
  bytes(value);
}

void Writer::records(bool flexible, bool null_ok, const Records& value) {
  if (value.is_null() && null_ok) return null(flexible);
  count(flexible, value.size());
  for (ByteView piece : value.pieces()) splices_.push_back({out_.size(), {piece}});
  if (value.promised() > 0) splices_.push_back({out_.size(), {{}, value.promised()}});
  spliced_bytes_ += value.size();
}

void Writer::count(bool flexible, std::size_t count) {
  flexible ? uvarint(static_cast<std::uint32_t>(count) + 1) : int32(static_cast<std::int32_t>(count));
}

void Writer::null(bool flexible) { flexible ? uvarint(0) : int32(-1); }

void Writer::tags(const Tags& tags) {
  uvarint(static_cast<std::uint32_t>(tags.fields_.size()));
  for (const auto& [tag, field] : tags.fields_) {
    TARN_ASSERT(field.splices_.empty(), "no tagged field holds records");
    uvarint(tag);
    uvarint(static_cast<std::uint32_t>(field.size()));
    bytes(field.out_);
  }
}

void Writer::patch_int32(std::size_t position, std::int32_t value) {
  TARN_ASSERT(position + sizeof value <= out_.size());
  store_be<std::int32_t>(out_.data() + position, value);
}

std::vector<Writer::Piece> Writer::pieces() const {
  std::vector<Piece> pieces;
  pieces.reserve(splices_.size() * 2 + 1);
  std::size_t done = 0;
  ByteView own = out_;
  for (const Splice& splice : splices_) {
    if (splice.position > done) pieces.push_back({own.subspan(done, splice.position - done)});
    pieces.push_back(splice.piece);
    done = splice.position;
  }
  if (done < own.size()) pieces.push_back({own.subspan(done)});
  return pieces;
}

Buffer Writer::flatten() const {
  Buffer flat;
  flat.reserve(size());
  for (const Piece& piece : pieces()) {
    TARN_ASSERT(piece.promised == 0, "only the sender knows promised bytes");
    flat.insert(flat.end(), piece.bytes.begin(), piece.bytes.end());
  }
  return flat;
}

Error unsupported_version(const char* message, std::int16_t version, std::int16_t low, std::int16_t high) {
  return {Code::kUnsupported, fmt::format("{} version {} is not served; {} to {} are", message, version, low, high)};
}

}  // namespace tarn::wire::kafka
