// Civil dates for the text forms: the proleptic Gregorian calendar, as Postgres counts it.
#pragma once

#include <cstdint>

namespace tarn::wire::postgres {

struct CivilDate {
  std::int64_t year = 1970;  // astronomical: 0 is 1 BC
  int month = 1;
  int day = 1;
};

CivilDate civil_from_days(std::int64_t days);  // since 1970-01-01
std::int64_t days_from_civil(const CivilDate& date);
int days_in_month(std::int64_t year, int month);

}  // namespace tarn::wire::postgres
