// Kafka's primitive types, to and from bytes: what the generated message codecs are made of.
//
// Kafka's protocol guide, "Protocol Primitive Types"; compact forms and tagged fields: KIP-482. Integers are
// big-endian, lengths int16 (strings), int32 (arrays, records) or, in flexible versions, unsigned varints of length
// + 1.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/endian.h"
#include "base/result.h"
#include "base/uuid.h"
#include "wire/kafka/records.h"

namespace tarn::wire::kafka {

inline constexpr std::size_t kStringBytesMax = 32767;         // Kafka's: lengths are int16, compact ones obey it too
inline constexpr std::size_t kAllocationRatioMax = 16;        // decoded structs may take this many times their bytes...
inline constexpr std::size_t kAllocationFreeBytes = 1 << 20;  // ...and this much more, so that tiny requests pass

// Reads from a message it borrows. Never past the end: the first short or impossible field makes ok() false, and every
// later read gives zero values, so a caller reads a whole struct and checks once.
class Reader {
 public:
  explicit Reader(ByteView input)
      : input_(input), allocation_left_(input.size() * kAllocationRatioMax + kAllocationFreeBytes) {}

  bool boolean() { return int8() != 0; }
  std::int8_t int8() { return fixed<std::int8_t>(); }
  std::int16_t int16() { return fixed<std::int16_t>(); }
  std::int32_t int32() { return fixed<std::int32_t>(); }
  std::int64_t int64() { return fixed<std::int64_t>(); }
  std::uint32_t uvarint();  // up to 5 bytes
  std::int32_t varint();    // zigzag, up to 5 bytes
  std::int64_t varlong();   // zigzag, up to 10 bytes
  Uuid uuid();
  std::string string(bool flexible);
  std::optional<std::string> nullable_string(bool flexible, bool null_ok);
  Buffer buffer(bool flexible);
  Records records(bool flexible, bool null_ok);
  ByteView bytes(std::size_t count);  // the next `count` bytes, borrowed

  template <class T, class ReadItem>
  void array(bool flexible, std::vector<T>& out, ReadItem read_item) {
    std::optional<std::size_t> count = array_count(flexible, false, sizeof(T));
    if (count) items(*count, out, read_item);
  }
  template <class T, class ReadItem>
  void nullable_array(bool flexible, bool null_ok, std::optional<std::vector<T>>& out, ReadItem read_item) {
    std::optional<std::size_t> count = array_count(flexible, null_ok, sizeof(T));
    if (count) items(*count, out.emplace(), read_item);
  }

  // A struct's tagged fields. `read_known(tag)` reads the field of a tag it knows and returns true; others are skipped.
  template <class ReadKnown>
  void tags(ReadKnown read_known) {
    for (std::uint32_t left = uvarint(); ok() && left > 0; --left) {
      std::uint32_t tag = uvarint();
      std::size_t size = uvarint();
      std::size_t end = at_ + size;
      if (!need(size)) return;
      if (!read_known(tag)) at_ = end;
      if (ok() && at_ != end) mark_bad("a tagged field of another size than it says");
    }
  }
  void skip_tags() {
    tags([](std::uint32_t) { return false; });
  }

  bool ok() const { return why_ == nullptr; }
  std::size_t position() const { return at_; }
  std::size_t remaining() const { return input_.size() - at_; }
  ByteView rest() const { return input_.subspan(at_); }
  void mark_bad(const char* why);
  // kInvalidArgument: "<what>: <why> at byte <n> of <size>".
  Error error(std::string_view what) const;

 private:
  bool need(std::size_t count) {
    if (ok() && remaining() < count) mark_bad("more bytes are announced than there are");
    return ok();
  }
  template <std::integral T>
  T fixed() {
    if (!need(sizeof(T))) return 0;
    T value = load_be<T>(input_.data() + at_);
    at_ += sizeof(T);
    return value;
  }
  std::uint64_t varint_bits(unsigned bytes_max);
  std::int64_t length(bool flexible, bool is_string);  // -1 is null
  std::optional<std::size_t> array_count(bool flexible, bool null_ok, std::size_t item_size);
  template <class T, class ReadItem>
  void items(std::size_t count, std::vector<T>& out, ReadItem& read_item) {
    out.resize(count);
    for (std::size_t i = 0; i < count && ok(); ++i) read_item(out[i]);
  }
  bool allocate(std::size_t count);

  ByteView input_;
  std::size_t at_ = 0;
  std::size_t allocation_left_;
  const char* why_ = nullptr;
};

class Tags;

// Builds a message: bytes of its own, with record batches spliced in by reference.
class Writer {
 public:
  void boolean(bool value) { int8(value ? 1 : 0); }
  void int8(std::int8_t value) { fixed(value); }
  void int16(std::int16_t value) { fixed(value); }
  void int32(std::int32_t value) { fixed(value); }
  void int64(std::int64_t value) { fixed(value); }
  void uvarint(std::uint32_t value);
  void varint(std::int32_t value);
  void varlong(std::int64_t value);
  void uuid(const Uuid& value) { bytes(value.bytes); }
  void string(bool flexible, std::string_view value);  // at most kStringBytesMax
  // Null where null is not allowed is written as an empty string, array or records.
  void nullable_string(bool flexible, bool null_ok, const std::optional<std::string>& value);
  void buffer(bool flexible, ByteView value);
  void records(bool flexible, bool null_ok, const Records& value);
  void bytes(ByteView value) { out_.insert(out_.end(), value.begin(), value.end()); }

  template <class T, class WriteItem>
  void array(bool flexible, const std::vector<T>& value, WriteItem write_item) {
    count(flexible, value.size());
    for (const T& item : value) write_item(item);
  }
  template <class T, class WriteItem>
  void nullable_array(bool flexible, bool null_ok, const std::optional<std::vector<T>>& value, WriteItem write_item) {
    if (value) return array(flexible, *value, write_item);
    null_ok ? null(flexible) : count(flexible, 0);
  }
  void tags(const Tags& tags);
  void no_tags() { uvarint(0); }

  // Puts `value` where int32(0) was written at `position`; nothing is spliced in before it.
  void patch_int32(std::size_t position, std::int32_t value);

  // A run of bytes of the message, or (bytes empty) so many that the sender puts there: Records::promise.
  struct Piece {
    ByteView bytes;
    std::size_t promised = 0;
  };

  // All bytes, spliced and promised ones too.
  std::size_t size() const { return out_.size() + spliced_bytes_; }
  // The message in order. Borrows from this Writer and from the records written to it.
  std::vector<Piece> pieces() const;
  // The message as one run of bytes; copies the records, none of which is a promise.
  Buffer flatten() const;

 private:
  struct Splice {
    std::size_t position;  // in out_
    Piece piece;
  };
  template <std::integral T>
  void fixed(T value) {
    std::size_t at = out_.size();
    out_.resize(at + sizeof(T));
    store_be<T>(out_.data() + at, value);
  }
  void count(bool flexible, std::size_t count);
  void null(bool flexible);

  Buffer out_;
  std::vector<Splice> splices_;
  std::size_t spliced_bytes_ = 0;
};

// Tagged fields on their way out, by ascending tag.
class Tags {
 public:
  // The writer of the field's value; valid until the next add.
  Writer& add(std::uint32_t tag) { return fields_.emplace_back(tag, Writer{}).second; }

 private:
  friend class Writer;
  std::vector<std::pair<std::uint32_t, Writer>> fields_;
};

Error unsupported_version(const char* message, std::int16_t version, std::int16_t low, std::int16_t high);

// The frame of every generated decode().
template <class Message, class Read>
Result<Message> decode_message(const char* name, ByteView body, std::int16_t version, Read read) {
  if (version < Message::kVersionMin || version > Message::kVersionMax) {
    return std::unexpected(unsupported_version(name, version, Message::kVersionMin, Message::kVersionMax));
  }
  Reader in(body);
  Message message;
  read(in, version, message);
  if (!in.ok()) return std::unexpected(in.error(name));
  return message;
}

}  // namespace tarn::wire::kafka
