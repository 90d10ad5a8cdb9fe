#include "wire/postgres/datetime_text.h"

#include "wire/postgres/datetime.h"

namespace tarn::wire::postgres {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// A cursor over the text; every take_* leaves it alone when it answers no.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool take(char c) {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    if (rest_.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
      char c = rest_[i] >= 'A' && rest_[i] <= 'Z' ? static_cast<char>(rest_[i] + 32) : rest_[i];
      if (c != word[i]) return false;
    }
    rest_.remove_prefix(word.size());
    return true;
  }
  void skip_spaces() {
    while (!rest_.empty() && is_space(rest_[0])) rest_.remove_prefix(1);
  }
  std::size_t digits() const {
    std::size_t count = 0;
    while (count < rest_.size() && is_digit(rest_[count])) ++count;
    return count;
  }
  char after(std::size_t count) const { return count < rest_.size() ? rest_[count] : '\0'; }
  // `least` to `most` digits.
  bool take_number(std::size_t least, std::size_t most, int& value) {
    std::size_t count = digits() < most ? digits() : most;
    if (count < least) return false;
    value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(count);
    return true;
  }

 private:
  std::string_view rest_;
};

// A fraction's digits as microseconds, rounded to even halves as rint does.
std::int64_t take_fraction(Scanner& in) {
  double value = 0;
  double unit = 0.1;
  for (int digit = 0; in.take_number(1, 1, digit); unit /= 10) value += digit * unit;
  return static_cast<std::int64_t>(__builtin_rint(value * 1e6));
}

TimeTextStatus take_date(Scanner& in, CivilDate& date) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!in.take_number(1, 6, year) || !in.take('-') || !in.take_number(1, 2, month) || !in.take('-') ||
      !in.take_number(1, 2, day)) {
    return TimeTextStatus::kSyntax;
  }
  date = {year, month, day};
  return TimeTextStatus::kOk;
}

TimeTextStatus take_clock(Scanner& in, std::int64_t& micros) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!in.take_number(1, 2, hour) || !in.take(':') || !in.take_number(2, 2, minute)) return TimeTextStatus::kSyntax;
  if (in.take(':') && !in.take_number(2, 2, second)) return TimeTextStatus::kSyntax;
  std::int64_t fraction = in.take('.') ? take_fraction(in) : 0;
  if (hour > 24 || minute > 59 || second > 60) return TimeTextStatus::kOutOfRange;
  micros = (hour * 3600 + minute * 60 + second) * kMicrosPerSecond + fraction;
  return micros > 86'400 * kMicrosPerSecond ? TimeTextStatus::kOutOfRange : TimeTextStatus::kOk;
}

TimeTextStatus take_offset(Scanner& in, std::optional<int>& offset) {
  if (in.take_word("z") || in.take_word("utc")) {
    offset = 0;
    return TimeTextStatus::kOk;
  }
  bool west = in.peek() == '-';
  if (!in.take('+') && !in.take('-')) return TimeTextStatus::kOk;
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  if (!in.take_number(1, 2, hours)) return TimeTextStatus::kSyntax;
  if (in.take(':') || in.digits() > 0) {
    if (!in.take_number(2, 2, minutes)) return TimeTextStatus::kSyntax;
    if ((in.take(':') || in.digits() > 0) && !in.take_number(2, 2, seconds)) return TimeTextStatus::kSyntax;
  }
  if (hours > 15 || minutes > 59 || seconds > 59) return TimeTextStatus::kOutOfRange;
  offset = (hours * 3600 + minutes * 60 + seconds) * (west ? -1 : 1);
  return TimeTextStatus::kOk;
}

TimeTextStatus finish_date(CivilDate date, bool before_christ, std::int64_t& days) {
  if (date.year == 0 || date.month < 1 || date.month > 12 || date.day < 1) return TimeTextStatus::kOutOfRange;
  if (before_christ) date.year = 1 - date.year;
  if (date.year < -4713 || date.year > 294'246) return TimeTextStatus::kOutOfRange;  // what a timestamp holds
  if (date.day > days_in_month(date.year, date.month)) return TimeTextStatus::kOutOfRange;
  days = days_from_civil(date);
  return TimeTextStatus::kOk;
}

bool take_infinity(Scanner& in, TimeText& out) {
  if (in.take_word("infinity")) out.infinity = 1;
  if (in.take_word("-infinity")) out.infinity = -1;
  out.has_date = out.infinity != 0;
  return out.has_date;
}

}  // namespace

std::string_view trim_spaces(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

TimeTextStatus parse_time_text(std::string_view text, TimeText& out) {
  Scanner in(trim_spaces(text));
  if (take_infinity(in, out)) return in.at_end() ? TimeTextStatus::kOk : TimeTextStatus::kSyntax;

  CivilDate date;
  if (in.after(in.digits()) == '-') {
    if (auto status = take_date(in, date); status != TimeTextStatus::kOk) return status;
    out.has_date = true;
    if (!in.take('T') && !in.take('t')) in.skip_spaces();
  }
  if (in.digits() > 0) {
    if (auto status = take_clock(in, out.micros); status != TimeTextStatus::kOk) return status;
    out.has_clock = true;
    in.skip_spaces();
    if (auto status = take_offset(in, out.offset_seconds); status != TimeTextStatus::kOk) return status;
    in.skip_spaces();
  }
  bool before_christ = in.take_word("bc");
  if (!before_christ) in.take_word("ad");
  if (!in.at_end() || (!out.has_date && !out.has_clock)) return TimeTextStatus::kSyntax;
  return out.has_date ? finish_date(date, before_christ, out.days) : TimeTextStatus::kOk;
}

}  // namespace tarn::wire::postgres
