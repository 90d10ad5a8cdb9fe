// Values to bytes as Postgres 15 sends them, byte for byte, in both of its formats.
//
// Pure functions that append to `out`. Text is without the terminator, binary without the length; DataRow's framing of
// values is at the end. Text of float4, float8, date, time and timestamps is that of the default settings
// (extra_float_digits 1, DateStyle ISO, IntervalStyle postgres, bytea_output hex).
//
// Dates and timestamps come in as Iceberg and DuckDB hold them, counted from 1970-01-01 (Postgres's wire counts from
// 2000-01-01); the two infinities are the extreme values that DuckDB uses.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "base/bytes.h"
#include "base/uuid.h"
#include "wire/postgres/types.h"

namespace tarn::wire::postgres {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

inline constexpr std::int32_t kDateInfinity = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t kTimestampInfinity = std::numeric_limits<std::int64_t>::max();
inline constexpr int kNumericScaleMax = 38;
inline constexpr int kExtraFloatDigitsDefault = 1;  // 1 to 3: the shortest text that reads back the same

// ---- text

void text_bool(Buffer& out, bool value);
void text_int(Buffer& out, std::int64_t value);
void text_uint(Buffer& out, std::uint64_t value);
void text_float4(Buffer& out, float value, int extra_float_digits = kExtraFloatDigitsDefault);
void text_float8(Buffer& out, double value, int extra_float_digits = kExtraFloatDigitsDefault);
void text_numeric(Buffer& out, Int128 unscaled, int scale);  // unscaled / 10^scale, dscale = scale
void text_numeric(Buffer& out, UInt128 unscaled);            // an integer above Int128's range
void text_bytes(Buffer& out, std::string_view value);        // text, json, name: as they are
void text_bytea(Buffer& out, ByteView value);                // \x...
void text_date(Buffer& out, std::int32_t days);
void text_time(Buffer& out, std::int64_t micros);  // of the day, up to 24:00:00
void text_timestamp(Buffer& out, std::int64_t micros);
// `offset_seconds`: the session time zone's at that instant, east positive.
void text_timestamptz(Buffer& out, std::int64_t micros, int offset_seconds);
void text_interval(Buffer& out, std::int32_t months, std::int32_t days, std::int64_t micros);
void text_uuid(Buffer& out, const Uuid& value);

// ---- binary

void binary_bool(Buffer& out, bool value);
void binary_int2(Buffer& out, std::int16_t value);
void binary_int4(Buffer& out, std::int32_t value);  // oid and reg* too
void binary_int8(Buffer& out, std::int64_t value);
void binary_float4(Buffer& out, float value);
void binary_float8(Buffer& out, double value);
void binary_numeric(Buffer& out, Int128 unscaled, int scale);
void binary_numeric(Buffer& out, UInt128 unscaled);
void binary_bytes(Buffer& out, ByteView value);  // text, json, bytea, name
void binary_date(Buffer& out, std::int32_t days);
void binary_time(Buffer& out, std::int64_t micros);
void binary_timestamp(Buffer& out, std::int64_t micros);  // timestamptz too: UTC
void binary_interval(Buffer& out, std::int32_t months, std::int32_t days, std::int64_t micros);
void binary_uuid(Buffer& out, const Uuid& value);

// ---- a DataRow message
//
//   'D' | length: i32 | columns: i16 | ( size: i32, -1 for null | bytes )*
//
//   std::size_t row = begin_row(out, columns);
//   for each column: put_null(out), or { std::size_t at = begin_value(out); text_int(out, 7); end_value(out, at); }
//   end_row(out, row);

std::size_t begin_row(Buffer& out, std::int16_t columns);
void end_row(Buffer& out, std::size_t row);
void put_null(Buffer& out);
std::size_t begin_value(Buffer& out);
void end_value(Buffer& out, std::size_t value);

}  // namespace tarn::wire::postgres
