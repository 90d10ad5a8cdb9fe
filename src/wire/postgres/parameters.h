// A statement's parameters from bytes, in both formats, with Postgres 15's errors.
//
// Dates and times are read in ISO 8601 forms ("2024-02-29", "2024-02-29 12:30:00.5+05:30", T instead of the space, BC
// at the end, infinity); Postgres reads more ("Feb 29, 2024"), which here is 22007.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/uuid.h"
#include "wire/postgres/types.h"
#include "wire/postgres/values.h"

namespace tarn::wire::postgres {

inline constexpr int kDecimalDigitsMax = 38;

struct Decimal {
  Int128 unscaled = 0;
  int scale = 0;
};  // scale 0..38
struct Date {
  std::int32_t days = 0;
};  // since 1970-01-01, or ±kDateInfinity
struct Time {
  std::int64_t micros = 0;
};  // of the day
struct Timestamp {
  std::int64_t micros = 0;
};  // since 1970-01-01 00:00, or ±kTimestampInfinity
struct Timestamptz {
  std::int64_t micros = 0;
};  // the same, UTC
struct ZonelessTimestamptz {
  std::int64_t micros = 0;
};  // named no zone: local to the session's time zone

// text, varchar, name, json and unspecified types are a std::string, bytea is a Buffer, oid an int64.
using Value = std::variant<bool, std::int16_t, std::int32_t, std::int64_t, float, double, Decimal, std::string, Buffer,
                           Date, Time, Timestamp, Timestamptz, ZonelessTimestamptz, Uuid>;

struct ValueError {
  std::string_view sqlstate;  // 22P02, 22P03, 22003, 22007, 22008, 22021, 08P01, 0A000
  std::string message;
};

std::expected<Value, ValueError> decode_text(Oid type, std::string_view text);
std::expected<Value, ValueError> decode_binary(Oid type, ByteView bytes);

// The position of the first byte that is not valid UTF-8 or is zero; npos if all is well.
std::size_t find_invalid_utf8(std::string_view text);

}  // namespace tarn::wire::postgres
