#include <doctest/doctest.h>

#include "sql/rewrite.h"

using namespace tarn::sql;

namespace {

const std::vector<ColumnInfo> kFlights{{"year", 20, -1}, {"month", 23, -1}, {"carrier", 25, -1}, {"dep_delay", 701, -1},
                                       {"fare", 1700, ((10 << 16) | 2) + 4}, {"time_hour", 1184, -1}, {"day", 1082, -1},
                                       {"extra", 114, -1}, {"ok", 16, -1}, {"raw", 17, -1}};
const std::vector<ColumnInfo> kAirlines{{"carrier", 25, -1}, {"name", 25, -1}};

Context context() {
  Context c;
  c.table = [](std::string_view name_space, std::string_view name) -> const std::vector<ColumnInfo>* {
    if (name_space != "public") return nullptr;
    if (name == "flights") return &kFlights;
    if (name == "airlines") return &kAirlines;
    return nullptr;
  };
  return c;
}

// The rewritten SQL, or "SQLSTATE@position".
std::string rewritten(std::string_view text) {
  auto parsed = parse(text);
  if (!parsed) return parsed.error().sqlstate + "@" + std::to_string(parsed.error().position) + " " + parsed.error().message;
  if (parsed->empty()) return "";
  if (parsed->front().kind == Kind::kUnsupported) return parsed->front().problem.sqlstate;
  auto result = rewrite(parsed->front(), context());
  if (!result) return result.error().sqlstate + "@" + std::to_string(result.error().position) + " " + result.error().message;
  return result->sql;
}

}  // namespace

TEST_CASE("show") {
  for (const char* text : {"select 1", "select count(*), avg(year) from flights f group by carrier order by 2 desc",
                           "select * from flights join airlines using (carrier) where fare/3 > 1.5e3 and 'x' ~ '^a'"}) {
    MESSAGE(text << " => " << rewritten(text));
  }
}
