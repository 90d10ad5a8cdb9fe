// How much room text takes on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace tarn::shell {

// Columns of a terminal: East Asian characters and emoji take two, combining marks none. `text` is UTF-8 without
// control characters; what is no UTF-8 counts a column a byte.
std::size_t display_width(std::string_view text);

// `text` with what would move or colour a terminal's cursor spelt out: \t, \r, \x1B. Line feeds stay.
std::string printable(std::string_view text);

// The byte at which the character number `index` (from 0) begins; the end if there are fewer.
std::size_t byte_of_character(std::string_view text, std::size_t index);

}  // namespace tarn::shell
