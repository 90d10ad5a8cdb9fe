#include "table/bounds.h"

#include <bit>
#include <cmath>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"

namespace tarn::table {
namespace {

constexpr char32_t kCodePointMax = 0x10FFFF;
constexpr char32_t kSurrogateFirst = 0xD800;
constexpr char32_t kSurrogateLast = 0xDFFF;

template <std::integral T>
std::string little_endian(T value) {
  std::string bytes(sizeof value, '\0');
  store_le<T>(reinterpret_cast<std::byte*>(bytes.data()), value);
  return bytes;
}

template <class Float>
Float safe_zero(Float value, BoundSide side) {
  if (value != 0) return value;
  return side == BoundSide::kLower ? -Float{0} : Float{0};
}

// The code point at `at`, moving past it; nullopt if the bytes there are not UTF-8 (RFC 3629).
std::optional<char32_t> take_code_point(std::string_view text, std::size_t& at) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(at);
  std::size_t size = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (size == 0 || text.size() - at < size) return std::nullopt;
  char32_t point = size == 1 ? lead : lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return std::nullopt;
    point = (point << 6) | (byte(at + i) & 0x3Fu);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[size] || point > kCodePointMax || (point >= kSurrogateFirst && point <= kSurrogateLast))
    return std::nullopt;
  at += size;
  return point;
}

void put_code_point(std::string& out, char32_t point) {
  auto put = [&](char32_t bits) { out += static_cast<char>(bits); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | (point >> 6));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

std::string to_utf8(const std::vector<char32_t>& points) {
  std::string out;
  for (char32_t point : points) put_code_point(out, point);
  return out;
}

}  // namespace

std::string boolean_bound(bool value) { return std::string(1, value ? '\1' : '\0'); }
std::string int_bound(std::int32_t value) { return little_endian(value); }
std::string long_bound(std::int64_t value) { return little_endian(value); }

std::optional<std::string> float_bound(float value, BoundSide side) {
  if (std::isnan(value)) return std::nullopt;
  return little_endian(std::bit_cast<std::uint32_t>(safe_zero(value, side)));
}

std::optional<std::string> double_bound(double value, BoundSide side) {
  if (std::isnan(value)) return std::nullopt;
  return little_endian(std::bit_cast<std::uint64_t>(safe_zero(value, side)));
}

std::string uuid_bound(const Uuid& value) { return std::string(as_text(value.bytes)); }

std::string decimal_bound(__int128 unscaled) {
  std::string bytes;
  for (int shift = 120; shift >= 0; shift -= 8)
    bytes += static_cast<char>(static_cast<unsigned char>(unscaled >> shift));
  // Leading bytes that only repeat the sign go.
  std::size_t drop = 0;
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  while (drop + 1 < bytes.size() &&
         ((byte(drop) == 0 && byte(drop + 1) < 0x80) || (byte(drop) == 0xFF && byte(drop + 1) >= 0x80)))
    ++drop;
  return bytes.substr(drop);
}

std::optional<std::string> string_bound(std::string_view value, BoundSide side) {
  std::vector<char32_t> points;
  std::size_t at = 0;
  while (at < value.size() && points.size() < kBoundLength) {
    auto point = take_code_point(value, at);
    if (!point) return std::nullopt;
    points.push_back(*point);
  }
  if (side == BoundSide::kLower || at == value.size()) return std::string(value.substr(0, at));
  while (!points.empty() && points.back() == kCodePointMax) points.pop_back();
  if (points.empty()) return std::nullopt;
  points.back() = points.back() + 1 == kSurrogateFirst ? kSurrogateLast + 1 : points.back() + 1;
  return to_utf8(points);
}

std::optional<std::string> binary_bound(std::string_view value, BoundSide side) {
  std::string cut(value.substr(0, kBoundLength));
  if (side == BoundSide::kLower || cut.size() == value.size()) return cut;
  while (!cut.empty() && static_cast<unsigned char>(cut.back()) == 0xFF) cut.pop_back();
  if (cut.empty()) return std::nullopt;
  cut.back() = static_cast<char>(static_cast<unsigned char>(cut.back()) + 1);
  return cut;
}

}  // namespace tarn::table
