#include "worker/sql/byte_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/postgres/parameters.h"

namespace tarn::worker::sql {
namespace {

// pg_utf_mblen of Postgres's wchar.c: how long a character is that begins so.
std::size_t length_by(unsigned char first) {
  if ((first & 0xE0) == 0xC0) return 2;
  if ((first & 0xF0) == 0xE0) return 3;
  if ((first & 0xF8) == 0xF0) return 4;
  return 1;
}

bool is_octal(char c, char most) { return c >= '0' && c <= most; }

}  // namespace

std::optional<std::string> utf8_problem(std::string_view bytes) {
  std::size_t at = wire::postgres::find_invalid_utf8(bytes);
  if (at == std::string_view::npos) return std::nullopt;
  std::string text = "invalid byte sequence for encoding \"UTF8\":";
  for (char c : bytes.substr(at, length_by(static_cast<unsigned char>(bytes[at]))))
    text += fmt::format(" 0x{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string escape_bytes(std::string_view bytes) {
  std::string text;
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '\\')
      text += "\\\\";
    else if (byte == 0 || byte >= 0x80)
      text += fmt::format("\\{:03o}", byte);
    else
      text += c;
  }
  return text;
}

std::optional<std::string> unescape_bytes(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
    } else if (text.substr(i + 1).starts_with('\\')) {
      bytes += text[++i];
    } else if (i + 3 < text.size() && is_octal(text[i + 1], '3') && is_octal(text[i + 2], '7') &&
               is_octal(text[i + 3], '7')) {
      bytes += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

}  // namespace tarn::worker::sql
