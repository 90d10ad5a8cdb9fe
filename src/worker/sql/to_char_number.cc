#include "worker/sql/to_char_number.h"

#include <algorithm>

namespace tarn::worker::sql {
namespace {

struct Format {
  std::string whole;     // 9 0 and , before the point
  std::string fraction;  // 9 and 0 after it
  bool point = false;
  bool fill = true;  // without FM
};

std::optional<Format> parse(std::string_view text) {
  Format format;
  if (text.size() > kNumberFormatMax) return std::nullopt;
  while (!text.empty()) {
    if (text.starts_with("FM") || text.starts_with("fm")) {
      format.fill = false;
      text.remove_prefix(2);
      continue;
    }
    char c = text[0];
    text.remove_prefix(1);
    if (c == '.' && !format.point) {
      format.point = true;
    } else if (c == '9' || c == '0') {
      (format.point ? format.fraction : format.whole) += c;
    } else if (c == ',' && !format.point) {
      format.whole += c;
    } else {
      return std::nullopt;
    }
  }
  return format;
}

struct Digits {
  bool negative = false;
  std::string whole;     // without leading zeros
  std::string fraction;  // of the length asked for
};

// Rounded half away from zero.
Digits round_to(std::string_view number, std::size_t places) {
  Digits digits{.negative = number.starts_with('-'), .whole = {}, .fraction = {}};
  if (digits.negative) number.remove_prefix(1);
  std::size_t point = std::min(number.find('.'), number.size());
  std::string all(number.substr(0, point));
  std::string_view rest = point < number.size() ? number.substr(point + 1) : std::string_view();
  all += rest.substr(0, places);
  all.append(places - std::min(places, rest.size()), '0');
  if (rest.size() > places && rest[places] >= '5') {
    std::size_t at = all.size();
    while (at > 0 && all[at - 1] == '9') all[--at] = '0';
    at > 0 ? static_cast<void>(++all[at - 1]) : static_cast<void>(all.insert(0, "1"));
  }
  digits.fraction = all.substr(all.size() - places);
  digits.whole = all.substr(0, all.size() - places);
  digits.whole.erase(0, digits.whole.find_first_not_of('0'));  // all of it, if nothing else is there
  return digits;
}

}  // namespace

std::optional<std::string> to_char_number(std::string_view number, std::string_view text) {
  std::optional<Format> format = parse(text);
  if (!format) return std::nullopt;
  Digits digits = round_to(number, format->fraction.size());
  auto room = static_cast<std::size_t>(std::ranges::count_if(format->whole, [](char c) { return c != ','; }));
  bool overflow = digits.whole.size() > room;
  if (overflow) digits.fraction.assign(digits.fraction.size(), '#');
  // "0" rather than nothing, where there is no point after it.
  if (digits.whole.empty() && room > 0 && format->fraction.empty()) digits.whole = "0";
  std::string padded(overflow ? 0 : room - digits.whole.size(), '0');
  std::size_t first = padded.size();  // digits before it are blank, but after a 0 of the format
  padded = overflow ? std::string(room, '#') : padded + digits.whole;
  std::string result;
  std::size_t at = 0;
  bool started = false;
  for (char c : format->whole) {
    if (c == ',') {
      if (started || format->fill) result += started ? ',' : ' ';
      continue;
    }
    started = started || overflow || c == '0' || at >= first;
    if (started || format->fill) result += started ? padded[at] : ' ';
    ++at;
  }
  std::size_t blanks = std::min(result.find_first_not_of(' '), result.size());
  if (digits.negative) {
    result.insert(blanks, "-");
  } else if (format->fill) {
    result.insert(0, " ");
  }
  if (!format->point) return result;
  std::string fraction = digits.fraction;
  if (!format->fill) {
    std::size_t keep = format->fraction.rfind('0') + 1;  // 0 if there is none
    while (fraction.size() > keep && fraction.back() == '0') fraction.pop_back();
  }
  return result + "." + fraction;
}

}  // namespace tarn::worker::sql
