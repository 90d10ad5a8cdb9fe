// Column bounds in the spec's single-value binary form (Appendix D), for DataFile's lower_bounds and upper_bounds.
//
//   boolean 1 byte | int, date 4 LE | long, time, timestamp(tz) 8 LE | float 4 LE | double 8 LE
//   string UTF-8 | binary as is | uuid 16 BE | decimal two's complement BE, as few bytes as hold it
//
// A NaN is never a bound, and readers must find -0.0 <= +0.0: pass them through float_bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"

namespace tarn::table {

inline constexpr std::size_t kBoundLength = 16;  // code points of a string, bytes of a binary: Iceberg's default

enum class BoundSide : std::uint8_t { kLower, kUpper };

std::string boolean_bound(bool value);
std::string int_bound(std::int32_t value);                              // also date, in days
std::string long_bound(std::int64_t value);                             // also time and timestamps, in microseconds
std::optional<std::string> float_bound(float value, BoundSide side);    // nullopt for NaN
std::optional<std::string> double_bound(double value, BoundSide side);  // zero becomes the zero on the safe side
std::string uuid_bound(const Uuid& value);
std::string decimal_bound(__int128 unscaled);

// The first kBoundLength code points; an upper bound that was cut has its last code point that can be raised raised by
// one. nullopt if none can be (all are U+10FFFF), or if the text is not UTF-8.
std::optional<std::string> string_bound(std::string_view value, BoundSide side);
// The same with bytes; nullopt if an upper bound's bytes are all 0xFF.
std::optional<std::string> binary_bound(std::string_view value, BoundSide side);

}  // namespace tarn::table
