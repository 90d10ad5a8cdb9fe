#include "jinja/literals.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "jinja/utf8.h"

namespace tarn::jinja::literals {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

// (_?digit)* from `at`: where it ends.
std::size_t skip_digits(std::string_view text, std::size_t at, int base) {
  while (at < text.size()) {
    const std::size_t digit = text[at] == '_' ? at + 1 : at;
    if (digit >= text.size() || digit_value(text[digit]) >= base) break;
    at = digit + 1;
  }
  return at;
}

std::string without_underscores(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c != '_') out += c;
  }
  return out;
}

int prefix_base(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return 0;
  switch (text[1] | 0x20) {
    case 'x': return 16;
    case 'o': return 8;
    case 'b': return 2;
    default: return 0;
  }
}

std::optional<std::int64_t> read_digits(std::string_view digits, int base) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// Digits with single underscores between them, at least one, and nothing else.
bool all_digits(std::string_view text, int base) {
  return !text.empty() && text[0] != '_' && skip_digits(text, 0, base) == text.size();
}

// \ooo, \xhh, \uhhhh, \Uhhhhhhhh: the code point, and `at` past it.
Result<char32_t> code_escape(std::string_view text, std::size_t& at) {
  const char kind = text[at];
  const int base = is_digit(kind) ? 8 : 16;
  const std::size_t start = base == 8 ? at : at + 1;
  const std::size_t wanted = base == 8 ? 3 : kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
  char32_t value = 0;
  std::size_t end = start;
  while (end < text.size() && end - start < wanted && digit_value(text[end]) < base) {
    value = value * static_cast<char32_t>(base) + static_cast<char32_t>(digit_value(text[end++]));
  }
  if (base == 16 && end - start != wanted) {
    return fail(Code::kInvalidArgument, fmt::format("`\\{}` in a text needs {} hex digits", kind, wanted));
  }
  if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
    return fail(Code::kUnsupported,
                fmt::format("`\\{}` in a text names no character; write another", text.substr(at, end - at)));
  }
  at = end;
  return value;
}

std::optional<char> simple_escape(char c) {
  switch (c) {
    case '\\': return '\\';
    case '\'': return '\'';
    case '"': return '"';
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return std::nullopt;
  }
}

}  // namespace

std::size_t float_size(std::string_view text) {
  const std::size_t whole = skip_digits(text, 0, 10);
  std::size_t end = whole;
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) end = skip_digits(text, end + 1, 10);
  std::size_t exponent = end;
  if (exponent < text.size() && (text[exponent] | 0x20) == 'e') {
    ++exponent;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    if (exponent < text.size() && is_digit(text[exponent])) end = skip_digits(text, exponent, 10);
  }
  return end == whole ? 0 : end;
}

std::size_t integer_size(std::string_view text) {
  if (const int base = prefix_base(text)) {
    const std::size_t end = skip_digits(text, 2, base);
    if (end > 2) return end;
  }
  if (text[0] != '0') return skip_digits(text, 0, 10);
  return skip_digits(text, 0, 1);  // zeros
}

double read_float(std::string_view literal) {
  const std::string digits = without_underscores(literal);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) value = std::strtod(digits.c_str(), nullptr);  // 0 or infinity
  return value;
}

std::optional<std::int64_t> read_integer(std::string_view literal) {
  const int base = prefix_base(literal);
  return read_digits(without_underscores(base ? literal.substr(2) : literal), base ? base : 10);
}

Result<std::string> unescape(std::string_view between) {
  std::string out;
  for (std::size_t at = 0; at < between.size();) {
    if (between[at] != '\\' || at + 1 == between.size()) {
      out += between[at++];
      continue;
    }
    const char c = between[++at];
    if (auto simple = simple_escape(c)) {
      out += *simple;
      ++at;
    } else if (c == '\n') {
      ++at;  // the line goes on
    } else if ((c >= '0' && c <= '7') || c == 'x' || c == 'u' || c == 'U') {
      TARN_ASSIGN(const char32_t point, code_escape(between, at));
      utf8::append(out, point);
    } else if (c == 'N' || static_cast<unsigned char>(c) >= 0x80) {
      return fail(Code::kUnsupported, "`\\N` or a letter past ASCII after `\\` in a text; write the character itself");
    } else {
      out += '\\';  // and the character after it, as Python keeps an escape it does not know
    }
  }
  return out;
}

Result<std::optional<std::int64_t>> parse_integer(std::string_view text, int base) {
  text = utf8::strip_right(utf8::strip_left(text));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const int prefix = prefix_base(text);
  if (prefix && (base == prefix || base == 0)) {
    base = prefix;
    text.remove_prefix(2);
    if (text.starts_with('_')) text.remove_prefix(1);
  } else if (base == 0) {
    base = 10;
    if (text.starts_with('0') && text.find_first_not_of("0_") != std::string_view::npos) return std::nullopt;
  }
  if (!all_digits(text, base)) return std::nullopt;
  const auto value = read_digits((negative ? "-" : "") + without_underscores(text), base);
  if (!value) {
    return fail(Code::kUnsupported, "a whole number past 64 bits; they go to 9223372036854775807 here");
  }
  return *value;
}

std::optional<double> parse_float(std::string_view text) {
  text = utf8::strip_right(utf8::strip_left(text));
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  std::string lower;
  for (char c : digits) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  const double sign = negative ? -1 : 1;
  if (lower == "inf" || lower == "infinity") return sign * std::numeric_limits<double>::infinity();
  if (lower == "nan") return std::numeric_limits<double>::quiet_NaN();
  // [digits] [. [digits]] [e [sign] digits], with digits before or after the point.
  std::size_t at = !digits.empty() && is_digit(digits[0]) ? skip_digits(digits, 0, 10) : 0;
  bool any = at > 0;
  if (at < digits.size() && digits[at] == '.') {
    ++at;
    if (at < digits.size() && is_digit(digits[at])) {
      at = skip_digits(digits, at, 10);
      any = true;
    }
  }
  if (any && at < digits.size() && (digits[at] | 0x20) == 'e') {
    ++at;
    if (at < digits.size() && (digits[at] == '+' || digits[at] == '-')) ++at;
    if (at >= digits.size() || !is_digit(digits[at])) return std::nullopt;
    at = skip_digits(digits, at, 10);
  }
  if (!any || at != digits.size()) return std::nullopt;
  return sign * read_float(digits);
}

}  // namespace tarn::jinja::literals
