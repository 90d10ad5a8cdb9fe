#include "shell/text_width.h"

#include <fmt/format.h>
#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <cstdint>

namespace tarn::shell {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }
bool is_control(unsigned char c) { return c < 0x20 || c == 0x7F; }

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
  bool valid = true;
};

Character first_character(std::string_view text) {
  auto first = static_cast<unsigned char>(text[0]);
  std::size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (bytes == 1) return {.code = first};
  if ((first & 0xC0) != 0xC0 || bytes > text.size()) return {.valid = false};
  char32_t code = first & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text[i])) return {.valid = false};
    code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  }
  return {.code = code, .bytes = bytes};
}

// The C library's table, whatever the language of this machine.
std::size_t width_of(char32_t code) {
  static const locale_t kUtf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  locale_t before = ::uselocale(kUtf8);
  int width = ::wcwidth(static_cast<wchar_t>(code));
  ::uselocale(before);
  return static_cast<std::size_t>(std::max(width, 0));
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    Character character = first_character(text);
    width += character.valid && character.code >= 0x80 ? width_of(character.code) : 1;
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    bool c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;  // U+0080 to U+009F
    if (c1)
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(text[++i]));
    else if (c == '\n' || !is_control(c))
      out += text[i];
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else
      out += fmt::format("\\x{:02X}", c);
  }
  return out;
}

std::size_t byte_of_character(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (is_continuation(text[at])) continue;
    if (index == 0) return at;
    --index;
  }
  return at;
}

}  // namespace tarn::shell
