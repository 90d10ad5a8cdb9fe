#include "table/bounds.h"

#include <doctest/doctest.h>

#include <cmath>

namespace tarn::table {

using namespace std::string_literals;

TEST_CASE("bounds take the bytes of the specification's appendix D") {
  CHECK(boolean_bound(true) == "\1"s);
  CHECK(int_bound(34) == "\x22\0\0\0"s);
  CHECK(long_bound(-2) == "\xfe\xff\xff\xff\xff\xff\xff\xff"s);
  CHECK(float_bound(1.0f, BoundSide::kLower) == "\0\0\x80\x3f"s);
  CHECK(double_bound(1.0, BoundSide::kUpper) == "\0\0\0\0\0\0\xf0\x3f"s);
  CHECK(!double_bound(std::nan(""), BoundSide::kLower));
  CHECK(double_bound(0.0, BoundSide::kLower) == "\0\0\0\0\0\0\0\x80"s);  // -0.0 is below
  CHECK(double_bound(-0.0, BoundSide::kUpper) == "\0\0\0\0\0\0\0\0"s);
  CHECK(uuid_bound(*Uuid::parse("f79c3e09-677c-4bbd-a479-3f349cb785e7")) ==
        "\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7"s);
}

TEST_CASE("a decimal takes as few bytes as hold its sign") {
  CHECK(decimal_bound(0) == "\0"s);
  CHECK(decimal_bound(1420) == "\x05\x8c"s);
  CHECK(decimal_bound(127) == "\x7f"s);
  CHECK(decimal_bound(128) == "\x00\x80"s);
  CHECK(decimal_bound(-1) == "\xff"s);
  CHECK(decimal_bound(-128) == "\x80"s);
  CHECK(decimal_bound(-129) == "\xff\x7f"s);
  CHECK(decimal_bound(static_cast<__int128>(1) << 120).size() == 16);
}

TEST_CASE("a long text is cut between code points, and its upper bound raised by one") {
  CHECK(string_bound("short", BoundSide::kUpper) == "short");
  std::string sixteen = "0123456789abcdef";
  CHECK(string_bound(sixteen, BoundSide::kUpper) == sixteen);
  CHECK(string_bound(sixteen + "x", BoundSide::kLower) == sixteen);
  CHECK(string_bound(sixteen + "x", BoundSide::kUpper) == "0123456789abcdeg");
  std::string umlauts;
  for (int i = 0; i < 17; ++i) umlauts += "ö";
  CHECK(string_bound(umlauts, BoundSide::kLower)->size() == 32);
  CHECK(string_bound(umlauts, BoundSide::kUpper)->ends_with("öö÷"));
}

TEST_CASE("raising skips surrogates and code points that cannot be raised") {
  std::string fifteen(15, 'a');
  CHECK(string_bound(fifteen + "\x7f"
                               "x",
                     BoundSide::kUpper) == fifteen + "\xc2\x80");
  CHECK(string_bound(fifteen + "\xed\x9f\xbf"
                               "x",
                     BoundSide::kUpper) == fifteen + "\xee\x80\x80");  // U+D7FF to U+E000
  CHECK(string_bound(fifteen + "\xf4\x8f\xbf\xbf"
                               "x",
                     BoundSide::kUpper) == std::string(14, 'a') + "b");  // U+10FFFF goes
  std::string highest;
  for (int i = 0; i < 17; ++i) highest += "\xf4\x8f\xbf\xbf";
  CHECK(!string_bound(highest, BoundSide::kUpper));
  CHECK(string_bound(highest, BoundSide::kLower));
}

TEST_CASE("text that is not UTF-8 has no bound") {
  for (const char* text : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82", "\xf5\x80\x80\x80", "a\x80"}) {
    CHECK(!string_bound(text, BoundSide::kLower));
    CHECK(!string_bound(text, BoundSide::kUpper));
  }
}

TEST_CASE("binary is cut by bytes") {
  CHECK(binary_bound(std::string(17, 'a'), BoundSide::kLower) == std::string(16, 'a'));
  CHECK(binary_bound(std::string(17, 'a'), BoundSide::kUpper) == std::string(15, 'a') + "b");
  CHECK(binary_bound("a"s + std::string(20, '\xff'), BoundSide::kUpper) == "b");
  CHECK(!binary_bound(std::string(20, '\xff'), BoundSide::kUpper));
}

}  // namespace tarn::table
