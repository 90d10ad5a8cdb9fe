#include "wire/postgres/datetime.h"

#include <charconv>
#include <cstdlib>

#include "wire/postgres/values.h"

namespace tarn::wire::postgres {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

std::int64_t floor_div(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

void append(Buffer& out, std::string_view text) { text_bytes(out, text); }

// At least `width` digits.
void append_padded(Buffer& out, std::int64_t value, int width) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  for (auto size = end - digits; size < width; ++size) append(out, "0");
  append(out, {digits, static_cast<std::size_t>(end - digits)});
}

void append_civil(Buffer& out, const CivilDate& date) {
  append_padded(out, date.year > 0 ? date.year : 1 - date.year, 4);
  append(out, "-");
  append_padded(out, date.month, 2);
  append(out, "-");
  append_padded(out, date.day, 2);
}

// ".5" of 500,000; nothing of 0.
void append_fraction(Buffer& out, std::int64_t micros) {
  if (micros == 0) return;
  int width = 6;
  for (; micros % 10 == 0; micros /= 10) --width;
  append(out, ".");
  append_padded(out, micros, width);
}

void append_clock(Buffer& out, std::int64_t micros) {
  std::int64_t seconds = micros / kMicrosPerSecond;
  append_padded(out, seconds / 3600, 2);
  append(out, ":");
  append_padded(out, seconds / 60 % 60, 2);
  append(out, ":");
  append_padded(out, seconds % 60, 2);
  append_fraction(out, micros % kMicrosPerSecond);
}

// "+05:30"; seconds only if there are any (src/backend/utils/adt/datetime.c, EncodeTimezone).
void append_offset(Buffer& out, int seconds) {
  append(out, seconds < 0 ? "-" : "+");
  int size = std::abs(seconds);
  append_padded(out, size / 3600, 2);
  if (size % 3600 == 0) return;
  append(out, ":");
  append_padded(out, size / 60 % 60, 2);
  if (size % 60 == 0) return;
  append(out, ":");
  append_padded(out, size % 60, 2);
}

bool append_infinity(Buffer& out, bool plus, bool minus) {
  if (plus) append(out, "infinity");
  if (minus) append(out, "-infinity");
  return plus || minus;
}

// Returns whether the year is BC, which goes last.
bool append_instant(Buffer& out, std::int64_t micros) {
  std::int64_t days = floor_div(micros, kMicrosPerDay);
  CivilDate date = civil_from_days(days);
  append_civil(out, date);
  append(out, " ");
  append_clock(out, micros - days * kMicrosPerDay);
  return date.year <= 0;
}

void append_unit(Buffer& out, bool& first, bool& negative_before, std::int64_t value, std::string_view unit) {
  if (value == 0) return;
  if (!first) append(out, " ");
  if (negative_before && value > 0) append(out, "+");
  text_int(out, value);
  append(out, " ");
  append(out, unit);
  if (value != 1) append(out, "s");
  first = false;
  negative_before = value < 0;
}

}  // namespace

// Howard Hinnant's algorithms ("chrono-Compatible Low-Level Date Algorithms"): years begin in March, eras have 400.
CivilDate civil_from_days(std::int64_t days) {
  days += 719'468;
  std::int64_t era = floor_div(days, 146'097);
  std::int64_t day_of_era = days - era * 146'097;
  std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  std::int64_t month = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

std::int64_t days_from_civil(const CivilDate& date) {
  std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  std::int64_t era = floor_div(year, 400);
  std::int64_t year_of_era = year - era * 400;
  std::int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

int days_in_month(std::int64_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

void text_date(Buffer& out, std::int32_t days) {
  if (append_infinity(out, days == kDateInfinity, days == -kDateInfinity)) return;
  CivilDate date = civil_from_days(days);
  append_civil(out, date);
  if (date.year <= 0) append(out, " BC");
}

void text_time(Buffer& out, std::int64_t micros) { append_clock(out, micros); }

void text_timestamp(Buffer& out, std::int64_t micros) {
  if (append_infinity(out, micros == kTimestampInfinity, micros == -kTimestampInfinity)) return;
  if (append_instant(out, micros)) append(out, " BC");
}

void text_timestamptz(Buffer& out, std::int64_t micros, int offset_seconds) {
  if (append_infinity(out, micros == kTimestampInfinity, micros == -kTimestampInfinity)) return;
  std::int64_t local = 0;
  if (__builtin_add_overflow(micros, offset_seconds * kMicrosPerSecond, &local)) local = micros;
  bool before_christ = append_instant(out, local);
  append_offset(out, offset_seconds);
  if (before_christ) append(out, " BC");
}

// IntervalStyle postgres (src/backend/utils/adt/datetime.c, EncodeInterval): "1 year 2 mons -3 days +04:05:06.5".
void text_interval(Buffer& out, std::int32_t months, std::int32_t days, std::int64_t micros) {
  bool first = true;
  bool negative_before = false;
  append_unit(out, first, negative_before, months / 12, "year");
  append_unit(out, first, negative_before, months % 12, "mon");
  append_unit(out, first, negative_before, days, "day");
  if (micros == 0 && !first) return;
  if (!first) append(out, " ");
  append(out, micros < 0 ? "-" : negative_before ? "+" : "");
  std::uint64_t size = micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  append_clock(out, static_cast<std::int64_t>(size));
}

}  // namespace tarn::wire::postgres
