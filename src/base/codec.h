// A plain binary form for our own messages and small records: little-endian integers, u32-length-prefixed strings.
// Used between main and its workers and inside the log's internal records; protocols of others live in `wire`.
//
// Decoder never reads past its input: after the first short or oversized field every read yields zero values and ok()
// is false, so a caller decodes a whole struct and checks once.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/endian.h"
#include "base/id.h"
#include "base/uuid.h"

namespace tarn {

class Encoder {
 public:
  template <std::integral T>
  void put(T value) {
    std::size_t at = out_.size();
    out_.resize(at + sizeof(T));
    store_le<T>(out_.data() + at, value);
  }
  void put(bool value) { put(static_cast<std::uint8_t>(value)); }
  void put(double value) { put(std::bit_cast<std::uint64_t>(value)); }
  template <class Tag, class Rep>
  void put(Id<Tag, Rep> id) {
    put(id.value());
  }
  void put(Bytes bytes) { put(bytes.count()); }
  void put(const Uuid& uuid) { out_.insert(out_.end(), uuid.bytes.begin(), uuid.bytes.end()); }
  void put(std::string_view text) { put(as_bytes(text)); }
  void put(const std::string& text) { put(as_bytes(text)); }
  void put(const char* text) { put(std::string_view(text)); }
  void put(ByteView bytes) {
    put(static_cast<std::uint32_t>(bytes.size()));
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }

  const Buffer& bytes() const { return out_; }
  Buffer take() { return std::move(out_); }

 private:
  Buffer out_;
};

class Decoder {
 public:
  explicit Decoder(ByteView input) : input_(input) {}

  template <std::integral T>
  T get() {
    if (!need(sizeof(T))) return T{};
    T value = load_le<T>(input_.data() + at_);
    at_ += sizeof(T);
    return value;
  }
  bool get_bool() { return get<std::uint8_t>() != 0; }
  double get_double() { return std::bit_cast<double>(get<std::uint64_t>()); }
  template <class IdType>
  IdType get_id() {
    return IdType(get<typename IdType::rep>());
  }
  Uuid get_uuid();
  ByteView get_view();  // borrows from the input
  std::string get_string() { return std::string(as_text(get_view())); }

  // A count that is followed by at least `min_bytes_each` bytes an element, so a hostile count can't make us allocate.
  std::uint32_t get_count(std::size_t min_bytes_each);

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == input_.size(); }
  std::size_t position() const { return at_; }
  void mark_bad() { ok_ = false; }

 private:
  bool need(std::size_t count) {
    if (!ok_ || input_.size() - at_ < count) ok_ = false;
    return ok_;
  }

  ByteView input_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace tarn
