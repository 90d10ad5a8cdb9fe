// Texts are UTF-8, and Python counts code points. A byte that is no UTF-8 (a caller's text may have some) counts as
// one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tarn::jinja::utf8 {

struct Point {
  char32_t value = 0;    // the byte itself where it is no UTF-8
  std::size_t size = 1;  // in bytes
  bool valid = true;
};

// The code point that begins at `at`, which is below text.size().
Point decode(std::string_view text, std::size_t at);
void append(std::string& text, char32_t point);

std::size_t length(std::string_view text);  // in code points
bool is_ascii(std::string_view text);

// The byte at which code point `index` begins; text.size() at and past the end.
std::size_t offset(std::string_view text, std::size_t index);

// The first byte that is no UTF-8, npos if all is.
std::size_t find_invalid(std::string_view text);

// Python's str.isspace, which its `\s` follows.
bool is_space(char32_t point);
std::string_view strip_left(std::string_view text);
std::string_view strip_right(std::string_view text);

// The first `needle` at or after `from`, in linear time; npos if there is none.
std::size_t find(std::string_view text, std::string_view needle, std::size_t from = 0);

}  // namespace tarn::jinja::utf8
