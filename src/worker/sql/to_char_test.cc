#include "worker/sql/to_char.h"

#include <doctest/doctest.h>

#include "worker/sql/to_char_number.h"

using tarn::worker::sql::to_char;

// Expected texts are Postgres 15's own.
TEST_CASE("to_char writes times as Postgres does") {
  constexpr std::int64_t kMoment = 1'583'298'367'089'012;  // 2020-03-04 05:06:07.089012, a Wednesday
  CHECK(to_char(kMoment, "YYYY-MM-DD HH24:MI:SS.US") == "2020-03-04 05:06:07.089012");
  CHECK(to_char(kMoment, "FMMonth FMDD, YYYY HH12:MI am") == "March 4, 2020 05:06 am");
  CHECK(to_char(kMoment, "Month|MON|dy|Day|D|DDD|Q|WW|IW|IYYY|ID|CC|W|MS|YY") ==
        "March    |MAR|wed|Wednesday|4|064|1|10|10|2020|3|21|1|089|20");
  CHECK(to_char(kMoment, "DDth \"of\" Mon") == "04th of Mar");
  CHECK(to_char(-1, "YYYY-MM-DD HH24:MI:SS.US") == "1969-12-31 23:59:59.999999");
  CHECK(to_char(0, "") == "");
}

TEST_CASE("to_char writes numbers as Postgres does") {
  using tarn::worker::sql::to_char_number;
  auto text = [](std::string_view number, std::string_view format) {
    return to_char_number(number, format).value_or("refused");
  };
  CHECK(text("1234.5", "9999.99") == " 1234.50");
  CHECK(text("0.5", "FM990.00") == "0.50");
  CHECK(text("0.5", "999.99") == "    .50");
  CHECK(text("1234567", "FM9,999,999") == "1,234,567");
  CHECK(text("12", "9,999,999") == "        12");
  CHECK(text("-7", "999") == "  -7");
  CHECK(text("-7", "000") == "-007");
  CHECK(text("12", "000") == " 012");
  CHECK(text("0", "999") == "   0");
  CHECK(text("0", "FM999") == "0");
  CHECK(text("12345", "999") == " ###");
  CHECK(text("12", "FM99.99") == "12.");
  CHECK(text("12.3", "FM99.90") == "12.30");
  CHECK(text("9.995", "9.99") == " #.##");
  CHECK(text("-0.126", "FM0.00") == "-0.13");
  CHECK(text("7", "") == " ");
  CHECK(text("7", "999 EUR") == "refused");
  CHECK(text("7", "S9") == "refused");
}
