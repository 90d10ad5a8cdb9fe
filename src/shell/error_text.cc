#include "shell/error_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "shell/text_width.h"

namespace tarn::shell {
namespace {

// Characters off the front until the rest is no wider than `width`.
std::string_view last_columns(std::string_view text, std::size_t width) {
  while (display_width(text) > width) text.remove_prefix(byte_of_character(text, 1));
  return text;
}

std::string_view first_columns(std::string_view text, std::size_t width) {
  std::size_t characters = std::min(text.size(), width);
  text = text.substr(0, byte_of_character(text, characters));  // no wider than bytes: what is left is little
  while (display_width(text) > width) text = text.substr(0, byte_of_character(text, --characters));
  return text;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace(line, '\t', ' ');
  return printable(line);
}

struct Place {
  std::size_t at;     // byte of the statement
  std::size_t begin;  // of its line
  std::size_t end;
  int line;  // of the statement, from 0
};

Place find_place(std::string_view statement, int position) {
  std::size_t at = byte_of_character(statement, static_cast<std::size_t>(position - 1));
  std::size_t before = at == 0 ? std::string_view::npos : statement.rfind('\n', at - 1);
  return {.at = at,
          .begin = before == std::string_view::npos ? 0 : before + 1,
          .end = std::min(statement.find('\n', at), statement.size()),
          .line = static_cast<int>(std::ranges::count(statement.substr(0, at), '\n'))};
}

// The line of the statement, and a caret below the place.
std::string pointed(std::string_view statement, const Place& place, int line) {
  std::string before = one_line(statement.substr(place.begin, place.at - place.begin));
  std::string after = one_line(statement.substr(place.at, place.end - place.at));
  std::string_view left = last_columns(before, kErrorLineWidth * 2 / 3);
  std::string_view right = first_columns(after, kErrorLineWidth - display_width(left));
  std::string head = fmt::format("LINE {}: {}{}", line, left.size() < before.size() ? "..." : "", left);
  return fmt::format("{}{}{}\n{}^\n", head, right, right.size() < after.size() ? "..." : "",
                     std::string(display_width(head), ' '));
}

std::string further(const Report& report) {
  std::string text;
  if (!report.detail.empty()) text += fmt::format("DETAIL: {}\n", printable(report.detail));
  if (!report.hint.empty()) text += fmt::format("HINT: {}\n", printable(report.hint));
  return text;
}

}  // namespace

std::string error_text(const Report& report, std::string_view statement, std::string_view file, int line) {
  std::string where;
  if (report.position <= 0) {
    if (!file.empty()) where = fmt::format("{}:{}: ", file, line);
    return fmt::format("{}{}: {} (SQLSTATE {})\n{}", where, report.severity, printable(report.message), report.sqlstate,
                       further(report));
  }
  Place place = find_place(statement, report.position);
  if (!file.empty()) where = fmt::format("{}:{}: ", file, line + place.line);
  return fmt::format("{}{}: {} (SQLSTATE {})\n{}{}", where, report.severity, printable(report.message), report.sqlstate,
                     pointed(statement, place, line + place.line), further(report));
}

std::string notice_text(const Report& report) {
  return fmt::format("{}: {}\n{}", report.severity, printable(report.message), further(report));
}

}  // namespace tarn::shell
