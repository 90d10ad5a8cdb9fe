// Values from their text: what JSON strings and DuckDB's statistics say dates, decimals and the like with.
//
// All return nullopt for text that is not exactly one value of the type.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace tarn::worker {

// "2013-01-31": days since 1970-01-01. Years 0001 to 9999.
std::optional<std::int32_t> parse_date(std::string_view text);

// "05:15", "05:15:00", "05:15:00.123456": microseconds since midnight. Digits past the sixth are cut off.
std::optional<std::int64_t> parse_time(std::string_view text);

struct ParsedTimestamp {
  std::int64_t micros = 0;  // since the epoch; in UTC if a zone was given
  bool has_zone = false;
};
// ISO 8601: a date, or date, 'T' or a space, time and perhaps a zone: Z, +01, +0100 or +01:00, a space before it
// allowed.
std::optional<ParsedTimestamp> parse_timestamp(std::string_view text);

// "-12.50", "1e3": the unscaled value at `scale`. nullopt too when it has more decimals than that or does not fit
// `precision` digits.
std::optional<__int128> parse_decimal(std::string_view text, int precision, int scale);

// Base64, standard or URL-safe, padded or not, appended to `out`.
bool parse_base64(std::string_view text, Buffer& out);

}  // namespace tarn::worker
