#include "worker/sql/byte_text.h"

#include <doctest/doctest.h>

namespace tarn::worker::sql {

TEST_CASE("bytes that are no text are refused with the character that is broken, as Postgres does") {
  CHECK(!utf8_problem(""));
  CHECK(!utf8_problem("{\"city\": \"\xC3\x85lesund \xF0\x9F\x9A\x95\"}"));
  CHECK(utf8_problem("a\xFF") == "invalid byte sequence for encoding \"UTF8\": 0xff");
  CHECK(utf8_problem("\xC3(x") == "invalid byte sequence for encoding \"UTF8\": 0xc3 0x28");
  CHECK(utf8_problem("\xE6\x9D") == "invalid byte sequence for encoding \"UTF8\": 0xe6 0x9d");
  CHECK(utf8_problem(std::string_view("a\0b", 3)) == "invalid byte sequence for encoding \"UTF8\": 0x00");
}

TEST_CASE("any bytes escaped and unescaped are as they were, and what is malformed is refused") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(unescape_bytes(escape_bytes(all)) == all);
  CHECK(escape_bytes(std::string_view("a\0\\\xFF\n", 5)) == "a\\000\\\\\\377\n");
  for (const char* text : {"\\", "a\\1", "\\12", "\\128", "\\477", "\\x"}) CHECK_MESSAGE(!unescape_bytes(text), text);
}

}  // namespace tarn::worker::sql
