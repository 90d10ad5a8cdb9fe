// Numbers and texts as Python writes them: in templates, and what the filters `int` and `float` read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tarn::jinja::literals {

// How much of `text`, which begins with a digit, is a float (a point or an exponent, and digits after it), 0 if it is
// none; an integer (0x, 0o, 0b, underscores between digits), at least 1.
std::size_t float_size(std::string_view text);
std::size_t integer_size(std::string_view text);

double read_float(std::string_view literal);
std::optional<std::int64_t> read_integer(std::string_view literal);  // nothing past 64 bits

// What is between the quotes of a text, escapes resolved. Errors: kInvalidArgument, kUnsupported; without a place.
Result<std::string> unescape(std::string_view between);

// Python's int(text, base) and float(text): spaces around, a sign, underscores between digits. Nothing if it is none;
// parse_integer errors: kUnsupported past 64 bits.
Result<std::optional<std::int64_t>> parse_integer(std::string_view text, int base);
std::optional<double> parse_float(std::string_view text);

}  // namespace tarn::jinja::literals
