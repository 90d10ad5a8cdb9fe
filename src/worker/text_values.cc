#include "worker/text_values.h"

#include <chrono>
#include <string>

namespace tarn::worker {
namespace {

// Reads text from the left.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool take(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view wanted) {
    if (text_.empty() || !wanted.contains(text_.front())) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool next_is_digit() const { return !text_.empty() && is_digit(text_.front()); }
  unsigned take_digit() {
    unsigned digit = static_cast<unsigned>(text_.front() - '0');
    text_.remove_prefix(1);
    return digit;
  }
  // Exactly `count` digits.
  bool number(int count, unsigned& out) {
    out = 0;
    for (; count > 0; --count) {
      if (!next_is_digit()) return false;
      out = out * 10 + take_digit();
    }
    return true;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view text_;
};

bool scan_date(Scanner& in, std::int32_t& days) {
  unsigned year, month, day;
  if (!in.number(4, year) || !in.take('-') || !in.number(2, month) || !in.take('-') || !in.number(2, day)) return false;
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                   std::chrono::day(day)};
  if (!date.ok() || year == 0) return false;
  days = static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
  return true;
}

bool scan_time(Scanner& in, std::int64_t& micros) {
  unsigned hour, minute, second = 0;
  if (!in.number(2, hour) || !in.take(':') || !in.number(2, minute)) return false;
  std::int64_t fraction = 0;
  if (in.take(':')) {
    if (!in.number(2, second)) return false;
    if (in.take_any(".,")) {
      if (!in.next_is_digit()) return false;
      for (int i = 0; i < 6; ++i) fraction = fraction * 10 + (in.next_is_digit() ? in.take_digit() : 0);
      while (in.next_is_digit()) in.take_digit();
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  micros = ((std::int64_t{hour} * 60 + minute) * 60 + second) * 1'000'000 + fraction;
  return true;
}

// Seconds east of UTC.
bool scan_zone(Scanner& in, std::int64_t& seconds) {
  seconds = 0;
  if (in.take_any("Zz")) return true;
  bool west = in.take('-');
  if (!west && !in.take('+')) return false;
  unsigned hours, minutes = 0, zone_seconds = 0;
  if (!in.number(2, hours)) return false;
  bool colon = in.take(':');
  if ((colon || in.next_is_digit()) && !in.number(2, minutes)) return false;
  if (in.take(':') && !in.number(2, zone_seconds)) return false;
  if (hours > 18 || minutes > 59 || zone_seconds > 59) return false;
  seconds = (std::int64_t{hours} * 60 + minutes) * 60 + zone_seconds;
  if (west) seconds = -seconds;
  return true;
}

constexpr unsigned __int128 kTooLarge = ~static_cast<unsigned __int128>(0);

// value * 10^exponent; kTooLarge past 10^38.
unsigned __int128 scale_up(unsigned __int128 value, int exponent) {
  static constexpr unsigned __int128 kLimit = static_cast<unsigned __int128>(10'000'000'000'000'000'000u) *
                                              static_cast<unsigned __int128>(10'000'000'000'000'000'000u);
  for (; exponent > 0 && value != 0; --exponent) {
    if (value >= kLimit / 10) return kTooLarge;
    value *= 10;
  }
  return value;
}

struct Digits {
  unsigned __int128 value = 0;
  int exponent = 0;  // of ten
};

// Digits with at most one point in them and perhaps an exponent. Zeros are only counted until a digit follows, so that
// any number of trailing ones is fine.
bool scan_digits(Scanner& in, Digits& out) {
  int zeros = 0, count = 0;
  bool point = false, any = false;
  while (true) {
    if (!point && in.take('.')) {
      point = true;
      continue;
    }
    if (!in.next_is_digit()) break;
    any = true;
    unsigned digit = in.take_digit();
    if (point) --out.exponent;
    if (digit == 0 && out.value == 0) continue;
    if (digit == 0) {
      ++zeros;
      continue;
    }
    count += zeros + 1;
    if (count > 38) return false;
    for (; zeros > 0; --zeros) out.value *= 10;
    out.value = out.value * 10 + digit;
  }
  out.exponent += zeros;
  if (!any) return false;
  if (!in.take_any("eE")) return true;
  bool negative = in.take('-');
  if (!negative) in.take('+');
  if (!in.next_is_digit()) return false;
  int exponent = 0;
  while (in.next_is_digit()) {
    exponent = exponent * 10 + static_cast<int>(in.take_digit());
    if (exponent > 10'000) return false;
  }
  out.exponent += negative ? -exponent : exponent;
  return true;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

std::optional<std::int32_t> parse_date(std::string_view text) {
  Scanner in(text);
  std::int32_t days;
  if (!scan_date(in, days) || !in.at_end()) return std::nullopt;
  return days;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  Scanner in(text);
  std::int64_t micros;
  if (!scan_time(in, micros) || !in.at_end()) return std::nullopt;
  return micros;
}

std::optional<ParsedTimestamp> parse_timestamp(std::string_view text) {
  Scanner in(text);
  std::int32_t days;
  std::int64_t micros = 0, zone = 0;
  if (!scan_date(in, days)) return std::nullopt;
  ParsedTimestamp out;
  if (!in.at_end()) {
    if (!in.take_any("Tt ") || !scan_time(in, micros)) return std::nullopt;
    if (!in.at_end()) {
      in.take(' ');
      if (!scan_zone(in, zone) || !in.at_end()) return std::nullopt;
      out.has_zone = true;
    }
  }
  out.micros = std::int64_t{days} * 86'400'000'000 + micros - zone * 1'000'000;
  return out;
}

std::optional<__int128> parse_decimal(std::string_view text, int precision, int scale) {
  Scanner in(text);
  bool negative = in.take('-');
  if (!negative) in.take('+');
  Digits digits;
  if (!scan_digits(in, digits) || !in.at_end()) return std::nullopt;
  if (digits.value == 0) return 0;
  int shift = digits.exponent + scale;
  if (shift < 0) return std::nullopt;  // its last digit is not a zero, so something would be lost
  unsigned __int128 value = scale_up(digits.value, shift);
  if (value == kTooLarge || value >= scale_up(1, precision)) return std::nullopt;
  return negative ? -static_cast<__int128>(value) : static_cast<__int128>(value);
}

bool parse_base64(std::string_view text, Buffer& out) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  unsigned bits = 0;
  int count = 0;
  for (char c : text) {
    int digit = base64_digit(c);
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<unsigned>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<std::byte>(bits >> count));
    }
  }
  return (bits & ((1u << count) - 1)) == 0;
}

}  // namespace tarn::worker
