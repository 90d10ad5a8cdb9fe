// The ISO 8601 forms of dates and times, as clients send them in parameters.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tarn::wire::postgres {

struct TimeText {
  int infinity = 0;  // 1, -1: "infinity", "-infinity" (then has_date)
  bool has_date = false;
  bool has_clock = false;
  std::int64_t days = 0;    // since 1970-01-01
  std::int64_t micros = 0;  // of the day, up to 24:00:00
  std::optional<int> offset_seconds;
};

enum class TimeTextStatus { kOk, kSyntax, kOutOfRange };

// [YYYY-MM-DD] [HH:MM[:SS[.ffffff]]] [Z|±HH[[:]MM[[:]SS]]] [BC], a space or T between date and time.
TimeTextStatus parse_time_text(std::string_view text, TimeText& out);

std::string_view trim_spaces(std::string_view text);  // C's isspace, both ends

}  // namespace tarn::wire::postgres
