#include "worker/sql/to_char.h"

#include <doctest/doctest.h>

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
