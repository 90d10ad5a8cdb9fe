#include "worker/sql/to_char.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "wire/postgres/datetime.h"

namespace tarn::worker::sql {
namespace {

using wire::postgres::CivilDate;
using wire::postgres::days_from_civil;

constexpr std::int64_t kMicrosADay = 86'400'000'000;
constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::size_t kLongestName = 9;  // "September", "Wednesday": full names are padded to it

struct Moment {
  std::int64_t day;  // since 1970-01-01
  CivilDate date;
  std::int64_t micros;  // of the day

  std::int64_t hour() const { return micros / 3'600'000'000; }
  std::int64_t minute() const { return micros / 60'000'000 % 60; }
  std::int64_t second() const { return micros / 1'000'000 % 60; }
  int weekday() const { return static_cast<int>(((day + 4) % 7 + 7) % 7); }  // 0: Sunday
  std::int64_t day_of_year() const { return day - days_from_civil({date.year, 1, 1}) + 1; }
};

struct IsoWeek {
  std::int64_t year, week;
};

IsoWeek iso_week(const Moment& m) {
  std::int64_t thursday = m.day - (m.weekday() + 6) % 7 + 3;
  std::int64_t year = wire::postgres::civil_from_days(thursday).year;
  return {year, (thursday - days_from_civil({year, 1, 1})) / 7 + 1};
}

enum class Pattern {
  kHour24,
  kHour12,
  kMinute,
  kSecond,
  kMillis,
  kMicros,
  kSecondsOfDay,
  kMeridiem,
  kYear,
  kYear3,
  kYear2,
  kYear1,
  kIsoYear,
  kMonthName,
  kMonthShort,
  kMonth,
  kDayName,
  kDayShort,
  kDayOfYear,
  kDay,
  kWeekday,
  kIsoWeekday,
  kIsoWeek,
  kWeek,
  kWeekOfMonth,
  kQuarter,
  kCentury,
};

struct Entry {
  std::string_view text;
  Pattern pattern;
};

// Longer ones before those they begin with. Names follow the case of their pattern.
constexpr std::array kEntries = std::to_array<Entry>({
    {"HH24", Pattern::kHour24},
    {"HH12", Pattern::kHour12},
    {"HH", Pattern::kHour12},
    {"MI", Pattern::kMinute},
    {"SSSSS", Pattern::kSecondsOfDay},
    {"SSSS", Pattern::kSecondsOfDay},
    {"SS", Pattern::kSecond},
    {"MS", Pattern::kMillis},
    {"US", Pattern::kMicros},
    {"AM", Pattern::kMeridiem},
    {"PM", Pattern::kMeridiem},
    {"YYYY", Pattern::kYear},
    {"YYY", Pattern::kYear3},
    {"YY", Pattern::kYear2},
    {"IYYY", Pattern::kIsoYear},
    {"Y", Pattern::kYear1},
    {"MONTH", Pattern::kMonthName},
    {"MON", Pattern::kMonthShort},
    {"MM", Pattern::kMonth},
    {"DAY", Pattern::kDayName},
    {"DY", Pattern::kDayShort},
    {"DDD", Pattern::kDayOfYear},
    {"DD", Pattern::kDay},
    {"D", Pattern::kWeekday},
    {"IW", Pattern::kIsoWeek},
    {"ID", Pattern::kIsoWeekday},
    {"WW", Pattern::kWeek},
    {"W", Pattern::kWeekOfMonth},
    {"Q", Pattern::kQuarter},
    {"CC", Pattern::kCentury},
});

char upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }

bool starts_with_any_case(std::string_view text, std::string_view upper_case) {
  if (text.size() < upper_case.size()) return false;
  for (std::size_t i = 0; i < upper_case.size(); ++i) {
    if (upper(text[i]) != upper_case[i]) return false;
  }
  return true;
}

// A name in the case of the pattern as it was written: MONTH, Month, month.
std::string name_like(std::string_view name, std::string_view written, bool padded) {
  std::string result(name);
  bool all_upper = written.size() > 1 && std::isupper(static_cast<unsigned char>(written[0])) &&
                   std::isupper(static_cast<unsigned char>(written[1]));
  bool all_lower = std::islower(static_cast<unsigned char>(written[0])) != 0;
  for (char& c : result)
    c = all_upper ? upper(c) : all_lower ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : c;
  if (padded && result.size() < kLongestName) result.append(kLongestName - result.size(), ' ');
  return result;
}

struct Number {
  std::int64_t value;
  int width;
};

Number number_of(Pattern pattern, const Moment& m) {
  std::int64_t year = m.date.year > 0 ? m.date.year : 1 - m.date.year;
  switch (pattern) {
    case Pattern::kHour24: return {m.hour(), 2};
    case Pattern::kHour12: return {m.hour() % 12 == 0 ? 12 : m.hour() % 12, 2};
    case Pattern::kMinute: return {m.minute(), 2};
    case Pattern::kSecond: return {m.second(), 2};
    case Pattern::kMillis: return {m.micros / 1'000 % 1'000, 3};
    case Pattern::kMicros: return {m.micros % 1'000'000, 6};
    case Pattern::kSecondsOfDay: return {m.micros / 1'000'000, 1};
    case Pattern::kYear: return {year, 4};
    case Pattern::kYear3: return {year % 1'000, 3};
    case Pattern::kYear2: return {year % 100, 2};
    case Pattern::kYear1: return {year % 10, 1};
    case Pattern::kIsoYear: return {iso_week(m).year, 4};
    case Pattern::kMonth: return {m.date.month, 2};
    case Pattern::kDayOfYear: return {m.day_of_year(), 3};
    case Pattern::kDay: return {m.date.day, 2};
    case Pattern::kWeekday: return {m.weekday() + 1, 1};
    case Pattern::kIsoWeekday: return {m.weekday() == 0 ? 7 : m.weekday(), 1};
    case Pattern::kIsoWeek: return {iso_week(m).week, 2};
    case Pattern::kWeek: return {(m.day_of_year() - 1) / 7 + 1, 2};
    case Pattern::kWeekOfMonth: return {(m.date.day - 1) / 7 + 1, 1};
    case Pattern::kQuarter: return {(m.date.month - 1) / 3 + 1, 1};
    case Pattern::kCentury: return {(year + 99) / 100, 2};
    default: return {0, 1};
  }
}

std::string_view ordinal(std::int64_t value, bool upper_case) {
  std::int64_t last = value % 100 / 10 == 1 ? 0 : value % 10;
  switch (last) {
    case 1: return upper_case ? "ST" : "st";
    case 2: return upper_case ? "ND" : "nd";
    case 3: return upper_case ? "RD" : "rd";
    default: return upper_case ? "TH" : "th";
  }
}

// `text` inside double quotes, where `format` begins with one; the quotes are taken off `format`.
std::string quoted_text(std::string_view& format) {
  std::string result;
  format.remove_prefix(1);
  while (!format.empty() && format[0] != '"') {
    if (format[0] == '\\' && format.size() > 1) format.remove_prefix(1);
    result += format[0];
    format.remove_prefix(1);
  }
  if (!format.empty()) format.remove_prefix(1);
  return result;
}

std::string one_pattern(Pattern pattern, const Moment& m, std::string_view written, bool fill, std::string_view& rest) {
  switch (pattern) {
    case Pattern::kMonthName: return name_like(kMonths[static_cast<std::size_t>(m.date.month - 1)], written, fill);
    case Pattern::kMonthShort:
      return name_like(kMonths[static_cast<std::size_t>(m.date.month - 1)].substr(0, 3), written, false);
    case Pattern::kDayName: return name_like(kDays[static_cast<std::size_t>(m.weekday())], written, fill);
    case Pattern::kDayShort:
      return name_like(kDays[static_cast<std::size_t>(m.weekday())].substr(0, 3), written, false);
    case Pattern::kMeridiem: return name_like(m.hour() < 12 ? "AM" : "PM", written, false);
    default: break;
  }
  Number number = number_of(pattern, m);
  std::string result = fmt::format("{:0{}}", number.value, fill ? number.width : 1);
  if (rest.starts_with("TH") || rest.starts_with("th")) {
    result += ordinal(number.value, rest[0] == 'T');
    rest.remove_prefix(2);
  }
  return result;
}

}  // namespace

std::string to_char(std::int64_t micros, std::string_view format) {
  std::int64_t day = micros / kMicrosADay - (micros % kMicrosADay < 0 ? 1 : 0);
  Moment moment{.day = day, .date = wire::postgres::civil_from_days(day), .micros = micros - day * kMicrosADay};
  std::string result;
  bool fill = true;
  while (!format.empty()) {
    if (format[0] == '"') {
      result += quoted_text(format);
      continue;
    }
    if (starts_with_any_case(format, "FM")) {
      fill = false;
      format.remove_prefix(2);
      continue;
    }
    auto entry = std::ranges::find_if(kEntries, [&](const Entry& e) { return starts_with_any_case(format, e.text); });
    if (entry == kEntries.end()) {
      result += format[0];
      format.remove_prefix(1);
      continue;
    }
    std::string_view written = format.substr(0, entry->text.size());
    format.remove_prefix(written.size());
    result += one_pattern(entry->pattern, moment, written, fill, format);
    fill = true;
  }
  return result;
}

}  // namespace tarn::worker::sql
