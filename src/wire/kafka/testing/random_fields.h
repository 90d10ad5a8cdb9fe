// Random values for the fields of a message; all that the generated fillers need.
#pragma once

#include <deque>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "wire/kafka/codec.h"

namespace tarn::wire::kafka::testing {

class RandomFields {
 public:
  explicit RandomFields(std::uint64_t seed) : engine_(seed) {}

  bool boolean() { return below(2) == 1; }
  bool rarely() { return below(4) == 0; }

  template <class T>
  T integer() {
    if (rarely()) return std::numeric_limits<T>::max();
    return static_cast<T>(rarely() ? below(256) : engine_());
  }

  std::string string() {
    static constexpr const char* kPieces[] = {"a", "Z", ".", "-", "\xc3\xa9", "\xe2\x82\xac", "0", " "};
    std::string text;
    for (std::uint64_t left = rarely() ? below(300) : below(8); left > 0; --left) text += kPieces[below(8)];
    return text;
  }

  Uuid uuid() {
    Uuid uuid;
    if (rarely()) return uuid;
    for (std::byte& byte : uuid.bytes) byte = static_cast<std::byte>(engine_());
    return uuid;
  }

  Buffer buffer() {
    Buffer bytes(below(200));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(engine_());
    return bytes;
  }

  Records records(bool null_ok) {
    if (null_ok && rarely()) return Records();
    Records records(ByteView{});
    for (std::uint64_t pieces = below(3); pieces > 0; --pieces) {
      records.add(payloads_.emplace_back(buffer()));
    }
    return records;
  }

  template <class T, class Fill>
  void array(std::vector<T>& out, Fill fill) {
    out.resize(below(4));
    for (T& item : out) fill(item);
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

  std::mt19937_64 engine_;
  std::deque<Buffer> payloads_;  // what records() borrow from
};

template <class Message>
Result<Buffer> reencode(ByteView body, std::int16_t version) {
  TARN_ASSIGN(Message message, Message::decode(body, version));
  Writer out;
  message.encode(out, version);
  return out.flatten();
}

template <class Message, void (*kFill)(RandomFields&, std::int16_t, Message&)>
Buffer random_bytes(std::uint64_t seed, std::int16_t version) {
  RandomFields random(seed);
  Message message;
  kFill(random, version, message);
  Writer out;
  message.encode(out, version);
  return out.flatten();
}

}  // namespace tarn::wire::kafka::testing
