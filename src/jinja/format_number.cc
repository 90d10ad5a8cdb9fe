#include "jinja/format_number.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

// `body` between as much fill as the width asks for.
Result<std::string> pad(const std::string& body, const Field& field, char align, Meter& meter) {
  const std::size_t length = utf8::length(body);
  const std::size_t missing = field.width > length ? field.width - length : 0;
  TARN_TRY(meter.make(body.size() + missing * field.fill.size()));
  const std::size_t left = align == '>' ? missing : align == '^' ? missing / 2 : 0;
  std::string out;
  for (std::size_t i = 0; i < left; ++i) out += field.fill;
  out += body;
  for (std::size_t i = left; i < missing; ++i) out += field.fill;
  return out;
}

std::string grouped(std::string_view digits, char group, std::size_t every) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % every == 0) out += group;
    out += digits[i];
  }
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Result<std::string> whole_digits(std::int64_t value, const Field& field) {
  const std::uint64_t magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string digits, prefix;
  switch (field.type) {
    case 0:
    case 'd': digits = fmt::format("{}", magnitude); break;
    case 'b': digits = fmt::format("{:b}", magnitude), prefix = "0b"; break;
    case 'o': digits = fmt::format("{:o}", magnitude), prefix = "0o"; break;
    case 'x': digits = fmt::format("{:x}", magnitude), prefix = "0x"; break;
    case 'X': digits = fmt::format("{:X}", magnitude), prefix = "0X"; break;
    default: return fail(Code::kUnsupported, fmt::format("a whole number is not formatted as `{}` here", field.type));
  }
  if (field.precision > static_cast<int>(digits.size()))
    digits.insert(0, static_cast<std::size_t>(field.precision) - digits.size(), '0');
  return (value < 0 ? "-" : "") + (field.alternate ? prefix : "") + digits;
}

Result<std::string> float_digits(double value, const Field& field) {
  if (field.alternate) return fail(Code::kUnsupported, "`#` with a fraction is not supported");
  const char type = field.type == '%' ? 'f' : static_cast<char>(std::tolower(field.type));
  const int precision = field.precision < 0 ? 6 : field.precision;
  if (field.type == '%') value *= 100;
  std::string digits;
  if (std::isnan(value)) {
    digits = "nan";
  } else if (std::isinf(value)) {
    digits = value < 0 ? "-inf" : "inf";
  } else {
    switch (type) {
      case 'f': digits = fmt::format("{:.{}f}", value, precision); break;
      case 'e': digits = fmt::format("{:.{}e}", value, precision); break;
      case 'g': digits = fmt::format("{:.{}g}", value, precision == 0 ? 1 : precision); break;
      default: return fail(Code::kUnsupported, fmt::format("a fraction is not formatted as `{}` here", field.type));
    }
  }
  if (field.type == 'E' || field.type == 'F' || field.type == 'G') {
    for (char& c : digits) c = static_cast<char>(std::toupper(c));
  }
  if (field.type == '%') digits += '%';
  return digits;
}

Result<std::string> lay_out_number(std::string digits, const Field& field, Meter& meter) {
  std::string sign;
  if (digits.starts_with('-')) {
    sign = "-";
    digits.erase(0, 1);
  } else if (field.sign != '-') {
    sign = field.sign;
  }
  const bool zeros_inside = field.align == '=';
  if (field.group) {
    const std::size_t whole = static_cast<std::size_t>(std::ranges::find_if_not(digits, is_digit) - digits.begin());
    const bool hex = field.type == 'x' || field.type == 'X' || field.type == 'b' || field.type == 'o';
    if (hex || (zeros_inside && field.fill == "0"))
      return fail(Code::kUnsupported, "groups of digits with zeros before them or of hex digits are not supported");
    digits = grouped(std::string_view(digits).substr(0, whole), field.group, 3) + digits.substr(whole);
  }
  if (!zeros_inside) return pad(sign + digits, field, field.align ? field.align : '>', meter);
  if (digits.starts_with("0x") || digits.starts_with("0X") || digits.starts_with("0o") || digits.starts_with("0b")) {
    sign += digits.substr(0, 2);
    digits.erase(0, 2);
  }
  Field inside = field;
  inside.width = field.width > sign.size() ? field.width - sign.size() : 0;
  TARN_ASSIGN(const std::string padded, pad(digits, inside, '>', meter));
  return sign + padded;
}

Result<std::string> lay_out_text(std::string_view text, const Field& field, Meter& meter) {
  if (field.precision >= 0) text = text.substr(0, utf8::offset(text, static_cast<std::size_t>(field.precision)));
  return pad(std::string(text), field, field.align ? field.align : '<', meter);
}

}  // namespace tarn::jinja
