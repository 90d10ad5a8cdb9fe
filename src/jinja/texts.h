// Python's str, as far as methods and filters share it. Places are code points, unless they say bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jinja/meter.h"

namespace tarn::jinja::texts {

// Errors: kUnsupported for letters whose case this does not know (letters.h).
Result<std::string> lower(std::string_view text);
Result<std::string> upper(std::string_view text);
Result<std::string> swapcase(std::string_view text);
Result<std::string> capitalize(std::string_view text);
Result<std::string> title(std::string_view text);        // str.title: a word is letters
Result<std::string> title_words(std::string_view text);  // the filter `title`
Result<bool> is_lower(std::string_view text);
Result<bool> is_upper(std::string_view text);

// The bytes of `text` from code point `start` to `end`, by Python's rules for both; nothing if start is past end.
struct Part {
  std::size_t begin, size;  // in bytes
};
std::optional<Part> part(std::string_view text, std::optional<std::int64_t> start, std::optional<std::int64_t> end);

// `chars` are stripped, white space if there are none. `left`, `right`: on which side.
std::string_view strip(std::string_view text, std::optional<std::string_view> chars, bool left, bool right);

// Errors: kLimit.
Result<std::string> replace(std::string_view text, std::string_view old, std::string_view with, std::int64_t count,
                            Meter& meter);

// `most` splits at most, all if it is negative. At white space if `by` is nothing; `by` is not empty.
std::vector<std::string_view> split(std::string_view text, std::optional<std::string_view> by, std::int64_t most);
std::vector<std::string_view> split_right(std::string_view text, std::optional<std::string_view> by, std::int64_t most);
std::vector<std::string_view> lines(std::string_view text, bool keep_ends);

// `text` among fill of as many code points as `width` misses. Errors: kLimit.
enum class Side { kLeft, kRight, kCenter };
Result<std::string> justify(std::string_view text, std::int64_t width, std::string_view fill, Side side, Meter& meter);

}  // namespace tarn::jinja::texts
