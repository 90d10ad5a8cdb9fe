// 16-byte ids: topic ids (KIP-516), table uuids. Making a random one is host::Random's job; this is the value.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tarn {

struct Uuid {
  std::array<std::byte, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  bool is_zero() const { return *this == Uuid{}; }

  // "6f6ca563-c73b-4295-90fc-24266fcf4523" (RFC 9562), lower case.
  std::string to_string() const;
  // 22 characters of URL-safe base64 without padding, as Kafka's tools print a topic id.
  std::string to_base64() const;
  // Accepts the RFC 9562 text form only.
  static std::optional<Uuid> parse(std::string_view text);
};

using TopicId = Uuid;
using TableUuid = Uuid;

}  // namespace tarn

template <>
struct std::hash<tarn::Uuid> {
  std::size_t operator()(const tarn::Uuid& uuid) const noexcept {
    std::size_t halves[2];
    std::memcpy(halves, uuid.bytes.data(), sizeof halves);
    return halves[0] ^ (halves[1] * 0x9E3779B97F4A7C15u);
  }
};
