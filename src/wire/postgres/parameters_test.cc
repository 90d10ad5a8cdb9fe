#include "wire/postgres/parameters.h"

#include <doctest/doctest.h>

#include <string>

using namespace tarn;
using namespace tarn::wire::postgres;

namespace {

template <class T>
T read(Oid type, std::string_view text) {
  auto value = decode_text(type, text);
  REQUIRE_MESSAGE(value.has_value(), text);
  return std::get<T>(*value);
}

std::string error(Oid type, std::string_view text) {
  auto value = decode_text(type, text);
  if (value) return "accepted";
  return std::string(value.error().sqlstate) + " " + value.error().message;
}

}  // namespace

TEST_CASE("text parameters read as Postgres reads them") {
  CHECK(read<bool>(kBoolOid, " yes ") == true);
  CHECK(read<bool>(kBoolOid, "of") == false);
  CHECK(read<std::int32_t>(kInt4Oid, " +42 ") == 42);
  CHECK(read<std::int64_t>(kInt8Oid, "-9223372036854775808") == INT64_MIN);
  CHECK(read<double>(kFloat8Oid, "1e-3") == 0.001);
  CHECK(read<double>(kFloat8Oid, "-Infinity") < 0);
  CHECK(read<Decimal>(kNumericOid, "-12.50").unscaled == -1250);
  CHECK(read<Decimal>(kNumericOid, "-12.50").scale == 2);
  CHECK(read<Decimal>(kNumericOid, "1.5e3").unscaled == 1500);
  CHECK(read<Decimal>(kNumericOid, "15e-3").scale == 3);
  CHECK(as_text(read<Buffer>(kByteaOid, "\\x4869")) == "Hi");
  CHECK(as_text(read<Buffer>(kByteaOid, "a\\\\\\101")) == "a\\A");
  CHECK(read<Date>(kDateOid, "2000-02-29").days == 11016);
  CHECK(read<Date>(kDateOid, "0001-12-31 BC").days == -719163);
  CHECK(read<Date>(kDateOid, "infinity").days == kDateInfinity);
  CHECK(read<Time>(kTimeOid, "12:30:00.5").micros == 45'000'500'000);
  CHECK(read<Timestamp>(kTimestampOid, "1970-01-01T00:00:01").micros == 1'000'000);
  CHECK(read<Timestamptz>(kTimestamptzOid, "1970-01-01 05:30:00+05:30").micros == 0);
  CHECK(read<ZonelessTimestamptz>(kTimestamptzOid, "1970-01-01 00:00").micros == 0);
  CHECK(read<Uuid>(kUuidOid, "{6F6CA563c73b429590fc24266fcf4523}").to_string() ==
        "6f6ca563-c73b-4295-90fc-24266fcf4523");
}

TEST_CASE("bad parameters are refused with Postgres's words") {
  CHECK(error(kInt4Oid, "abc") == "22P02 invalid input syntax for type integer: \"abc\"");
  CHECK(error(kInt4Oid, "2147483648") == "22003 value \"2147483648\" is out of range for type integer");
  CHECK(error(kBoolOid, "o") == "22P02 invalid input syntax for type boolean: \"o\"");
  CHECK(error(kFloat8Oid, "1e400") == "22003 \"1e400\" is out of range for type double precision");
  CHECK(error(kDateOid, "2023-02-29") == "22008 date/time field value out of range: \"2023-02-29\"");
  CHECK(error(kDateOid, "soon") == "22007 invalid input syntax for type date: \"soon\"");
  CHECK(error(kTextOid, "\xff") == "22021 invalid byte sequence for encoding \"UTF8\": 0xff");
  CHECK(error(kUuidOid, "6f6ca563") == "22P02 invalid input syntax for type uuid: \"6f6ca563\"");
  CHECK(error(kNumericOid, std::string(39, '9')).starts_with("22003"));
  CHECK(error(kNumericOid, "1e").starts_with("22P02"));
  CHECK(error(999999, "x").starts_with("0A000"));
}

TEST_CASE("binary parameters of a wrong size are refused: too short breaks the protocol, too long the format") {
  for (Oid type : {kBoolOid, kInt2Oid, kInt4Oid, kInt8Oid, kFloat4Oid, kFloat8Oid, kNumericOid, kUuidOid, kDateOid,
                   kTimeOid, kTimestampOid, kTimestamptzOid}) {
    CHECK(decode_binary(type, {}).error().sqlstate == "08P01");
    CHECK(decode_binary(type, Buffer(17)).error().sqlstate == "22P03");
  }
  CHECK(decode_binary(kJsonbOid, Buffer(3)).error().sqlstate == "22P03");
}

TEST_CASE("what is encoded in binary decodes to the same") {
  Buffer out;
  binary_numeric(out, Int128{-12345678901234}, 5);
  Decimal decimal = std::get<Decimal>(*decode_binary(kNumericOid, out));
  CHECK(decimal.unscaled == Int128{-12345678901234});
  CHECK(decimal.scale == 5);
  out.clear();
  binary_timestamp(out, -1);
  CHECK(std::get<Timestamp>(*decode_binary(kTimestampOid, out)).micros == -1);
  out.clear();
  binary_date(out, -kDateInfinity);
  CHECK(std::get<Date>(*decode_binary(kDateOid, out)).days == -kDateInfinity);
}

TEST_CASE("UTF-8 is checked to the letter") {
  CHECK(find_invalid_utf8("né€𝄞") == std::string_view::npos);
  CHECK(find_invalid_utf8("a\xc0\x80") == 1);         // overlong
  CHECK(find_invalid_utf8("\xed\xa0\x80") == 0);      // a surrogate
  CHECK(find_invalid_utf8("\xf4\x90\x80\x80") == 0);  // past U+10FFFF
  CHECK(find_invalid_utf8(std::string_view("a\0b", 3)) == 1);
  CHECK(find_invalid_utf8("ab\xe2\x82") == 2);  // cut
}
