#include "base/uuid.h"

namespace tarn {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr char kBase64Url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool dash_before(std::size_t byte_index) {
  return byte_index == 4 || byte_index == 6 || byte_index == 8 || byte_index == 10;
}

}  // namespace

std::string Uuid::to_string() const {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dash_before(i)) text += '-';
    text += kHex[std::to_integer<unsigned>(bytes[i]) >> 4];
    text += kHex[std::to_integer<unsigned>(bytes[i]) & 15];
  }
  return text;
}

std::string Uuid::to_base64() const {
  std::string text;
  unsigned bits = 0;
  int bit_count = 0;
  for (std::byte byte : bytes) {
    bits = (bits << 8) | std::to_integer<unsigned>(byte);
    for (bit_count += 8; bit_count >= 6; bit_count -= 6) text += kBase64Url[(bits >> (bit_count - 6)) & 63];
  }
  text += kBase64Url[(bits << (6 - bit_count)) & 63];
  return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    uuid.bytes[i] = static_cast<std::byte>(high * 16 + low);
    at += 2;
  }
  return uuid;
}

}  // namespace tarn
