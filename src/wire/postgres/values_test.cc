#include "wire/postgres/values.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using namespace tarn;
using namespace tarn::wire::postgres;

namespace {

template <class... Args>
std::string text(void (*write)(Buffer&, Args...), std::type_identity_t<Args>... args) {
  Buffer out;
  write(out, args...);
  return std::string(as_text(out));
}

template <class... Args>
std::string hex(void (*write)(Buffer&, Args...), std::type_identity_t<Args>... args) {
  Buffer bytes;
  write(bytes, args...);
  Buffer out;
  text_bytea(out, bytes);
  return std::string(as_text(out).substr(2));
}

std::string float8(double value, int digits = 1) { return text(text_float8, value, digits); }
std::string float4(float value, int digits = 1) { return text(text_float4, value, digits); }
std::string numeric(Int128 value, int scale) {
  return text(static_cast<void (*)(Buffer&, Int128, int)>(text_numeric), value, scale);
}
std::string numeric_bytes(Int128 value, int scale) {
  return hex(static_cast<void (*)(Buffer&, Int128, int)>(binary_numeric), value, scale);
}

}  // namespace

// Expected texts and bytes are what a Postgres 15 server answers.

TEST_CASE("floats are the shortest text that reads back, with Postgres's switch to an exponent") {
  CHECK(float8(0.1) == "0.1");
  CHECK(float8(-0.0) == "-0");
  CHECK(float8(100) == "100");
  CHECK(float8(0.0001) == "0.0001");
  CHECK(float8(0.00001) == "1e-05");
  CHECK(float8(123456789012345) == "123456789012345");
  CHECK(float8(1e15) == "1e+15");
  CHECK(float8(1.5e300) == "1.5e+300");
  CHECK(float8(5e-324) == "5e-324");
  CHECK(float8(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(float8(std::nan("")) == "NaN");
  CHECK(float8(-std::numeric_limits<double>::infinity()) == "-Infinity");
  CHECK(float4(123456) == "123456");
  CHECK(float4(1e6f) == "1e+06");
  CHECK(float4(0.1f) == "0.1");
  CHECK(float4(3.4028235e38f) == "3.4028235e+38");
}

TEST_CASE("a float is never printed as the middle between two") {
  CHECK(float8(1e23) == "9.999999999999999e+22");
  CHECK(float8(9007199254740992) == "9.007199254740992e+15");
}

TEST_CASE("extra_float_digits below one rounds as printf does") {
  CHECK(float8(0.1 + 0.2, 0) == "0.3");
  CHECK(float8(1.0 / 3, -10) == "0.33333");
  CHECK(float4(1.0f / 3, 0) == "0.333333");
}

TEST_CASE("numerics keep their scale, in text and in base 10000") {
  CHECK(numeric(0, 2) == "0.00");
  CHECK(numeric_bytes(0, 2) == "0000000000000002");
  CHECK(numeric(-12345, 2) == "-123.45");
  CHECK(numeric_bytes(-12345, 2) == "0002000040000002007b1194");
  CHECK(numeric(1, 4) == "0.0001");
  CHECK(numeric_bytes(1, 4) == "0001ffff000000040001");
  CHECK(numeric(10000, 0) == "10000");
  CHECK(numeric_bytes(10000, 0) == "00010001000000000001");
  CHECK(numeric(static_cast<Int128>(10000000000) * 10000000000, 3) == "100000000000000000.000");
}

TEST_CASE("dates and times are ISO, BC at the end, infinity by name") {
  CHECK(text(text_date, 0) == "1970-01-01");
  CHECK(text(text_date, 11016) == "2000-02-29");
  CHECK(text(text_date, -719163) == "0001-12-31 BC");
  CHECK(text(text_date, kDateInfinity) == "infinity");
  CHECK(hex(binary_date, 10957) == "00000000");
  CHECK(hex(binary_date, -kDateInfinity) == "80000000");
  CHECK(text(text_time, 86'400'000'000) == "24:00:00");
  CHECK(text(text_time, 3'723'000'500) == "01:02:03.0005");
  CHECK(text(text_timestamp, -1) == "1969-12-31 23:59:59.999999");
  CHECK(text(text_timestamp, -kTimestampInfinity) == "-infinity");
  CHECK(hex(binary_timestamp, kTimestampInfinity) == "7fffffffffffffff");
  CHECK(hex(binary_timestamp, 946'684'800'000'001) == "0000000000000001");
}

TEST_CASE("a timestamptz shows the zone's offset as far as it needs to") {
  CHECK(text(text_timestamptz, 0, 0) == "1970-01-01 00:00:00+00");
  CHECK(text(text_timestamptz, 0, 19'800) == "1970-01-01 05:30:00+05:30");
  CHECK(text(text_timestamptz, 0, -18'000) == "1969-12-31 19:00:00-05");
  CHECK(text(text_timestamptz, 0, 1172) == "1970-01-01 00:19:32+00:19:32");
}

TEST_CASE("intervals are Postgres's style") {
  CHECK(text(text_interval, 14, 3, 14'706'500'000) == "1 year 2 mons 3 days 04:05:06.5");
  CHECK(text(text_interval, 0, 0, 0) == "00:00:00");
  CHECK(text(text_interval, -1, 1, 0) == "-1 mons +1 day");
  CHECK(text(text_interval, 0, -1, 1'000'000) == "-1 days +00:00:01");
}

TEST_CASE("bytea, uuid and bool") {
  Buffer bytes{std::byte(0), std::byte(0xff)};
  CHECK(text(text_bytea, bytes) == "\\x00ff");
  CHECK(text(text_uuid, *Uuid::parse("6f6ca563-c73b-4295-90fc-24266fcf4523")) ==
        "6f6ca563-c73b-4295-90fc-24266fcf4523");
  CHECK(text(text_bool, true) == "t");
  CHECK(hex(binary_bool, false) == "00");
}

TEST_CASE("a row frames its values") {
  Buffer out;
  std::size_t row = begin_row(out, 2);
  put_null(out);
  std::size_t at = begin_value(out);
  text_int(out, -7);
  end_value(out, at);
  end_row(out, row);
  Buffer dump;
  text_bytea(dump, out);
  CHECK(as_text(dump) == "\\x44000000100002ffffffff000000022d37");
}
