// Python's str() and repr().
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "jinja/containers.h"
#include "jinja/operators.h"
#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

// Appends to a text that a meter pays.
class Paid {
 public:
  explicit Paid(Meter& meter) : meter_(meter) {}
  Result<void> add(std::string_view text) {
    TARN_TRY(meter_.make(text.size()));
    out_ += text;
    return {};
  }
  Result<void> add_repr(const Value& value) {
    TARN_ASSIGN(const std::string text, repr_of(value, meter_));
    return add(text);
  }
  // a, b, c
  template <class Items, class Add>
  Result<void> list(const Items& items, Add add_one) {
    bool first = true;
    for (const auto& each : items) {
      if (!first) TARN_TRY(add(", "));
      first = false;
      TARN_TRY(add_one(each));
    }
    return {};
  }
  std::string take() { return std::move(out_); }

 private:
  Meter& meter_;
  std::string out_;
};

Result<std::string> repr_of_dict(const Dict& dict, Meter& meter) {
  Paid out(meter);
  TARN_TRY(out.add("{"));
  TARN_TRY(out.list(dict.entries, [&](const auto& entry) -> Result<void> {
    TARN_TRY(out.add_repr(entry.first));
    TARN_TRY(out.add(": "));
    return out.add_repr(entry.second);
  }));
  TARN_TRY(out.add("}"));
  return out.take();
}

// Code points past ASCII that Python writes as escapes: controls, separators, formats, private and surrogates.
bool is_printable(char32_t point) {
  struct Span {
    char32_t first, last;
  };
  static constexpr Span kNot[] = {{0x7f, 0xa0},     {0xad, 0xad},     {0x600, 0x605},     {0x61c, 0x61c},
                                  {0x6dd, 0x6dd},   {0x70f, 0x70f},   {0x890, 0x891},     {0x8e2, 0x8e2},
                                  {0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200f},   {0x2028, 0x202f},
                                  {0x205f, 0x206f}, {0x3000, 0x3000}, {0xd800, 0xf8ff},   {0xfeff, 0xfeff},
                                  {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0x10ffff}};
  return point >= 0x20 &&
         std::ranges::none_of(kNot, [&](const Span& span) { return point >= span.first && point <= span.last; });
}

void append_escaped(std::string& out, const utf8::Point& point, std::string_view bytes, char quote) {
  const char32_t c = point.value;
  if (c == static_cast<char32_t>(quote) || c == '\\') {
    out += '\\';
    out += static_cast<char>(c);
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\r') {
    out += "\\r";
  } else if (c == '\t') {
    out += "\\t";
  } else if (point.valid && is_printable(c)) {
    out += bytes;
  } else {
    const auto number = static_cast<std::uint32_t>(c);
    out += c < 0x100     ? fmt::format("\\x{:02x}", number)
           : c < 0x10000 ? fmt::format("\\u{:04x}", number)
                         : fmt::format("\\U{:08x}", number);
  }
}

}  // namespace

Result<std::string> List::text(Meter& meter) const {
  Paid out(meter);
  TARN_TRY(out.add("["));
  TARN_TRY(out.list(items, [&](const Value& each) { return out.add_repr(each); }));
  TARN_TRY(out.add("]"));
  return out.take();
}

Result<std::string> Tuple::text(Meter& meter) const {
  Paid out(meter);
  TARN_TRY(out.add("("));
  TARN_TRY(out.list(items, [&](const Value& each) { return out.add_repr(each); }));
  TARN_TRY(out.add(items.size() == 1 ? ",)" : ")"));
  return out.take();
}

Result<std::string> Dict::text(Meter& meter) const { return repr_of_dict(*this, meter); }

Result<std::string> DictView::text(Meter& meter) const {
  Paid out(meter);
  TARN_TRY(out.add(fmt::format("{}([", type_name())));
  for (std::size_t place = 0; place < dict->entries.size(); ++place) {
    if (place > 0) TARN_TRY(out.add(", "));
    TARN_TRY(out.add_repr(at(place)));
  }
  TARN_TRY(out.add("])"));
  return out.take();
}

Result<std::string> Range::text(Meter&) const {
  return step == 1 ? fmt::format("range({}, {})", start, stop) : fmt::format("range({}, {}, {})", start, stop, step);
}

Result<std::string> Namespace::text(Meter& meter) const {
  TARN_ASSIGN(const std::string inner, repr_of_dict(*attributes, meter));
  return fmt::format("<Namespace {}>", inner);
}

Result<std::string> Function::text(Meter&) const {
  return fail(Code::kUnsupported, fmt::format("`{}` is a function, which has no text; call it: `{}()`", name, name));
}

Result<std::string> Method::text(Meter&) const {
  return fail(Code::kUnsupported, fmt::format("`{}` is a method, which has no text; call it: `.{}()`", name, name));
}

Result<std::string> Iterator::text(Meter&) const {
  return fail(Code::kUnsupported, "items that come one by one have no text; make them a list first: `| list`");
}

std::string repr_of_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto [end, error] = std::to_chars(std::begin(buffer), std::end(buffer), value, std::chars_format::scientific);
  const std::string_view all(buffer, static_cast<std::size_t>(end - buffer));
  const bool negative = all.starts_with('-');
  const std::size_t e = all.find('e');
  std::string digits(1, all[negative ? 1 : 0]);
  if (e > (negative ? 3U : 2U)) digits += all.substr(negative ? 3 : 2, e - (negative ? 3 : 2));
  int exponent = 0;
  const std::string_view power = all.substr(all[e + 1] == '+' ? e + 2 : e + 1);
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  const std::string sign = negative ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    const std::string mantissa = digits.size() == 1 ? digits : fmt::format("{}.{}", digits[0], digits.substr(1));
    return fmt::format("{}{}e{}{:02}", sign, mantissa, exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (exponent < 0)
    return fmt::format("{}0.{}{}", sign, std::string(static_cast<std::size_t>(-exponent - 1), '0'), digits);
  const auto whole_digits = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole_digits)
    return fmt::format("{}{}{}.0", sign, digits, std::string(whole_digits - digits.size(), '0'));
  return fmt::format("{}{}.{}", sign, digits.substr(0, whole_digits), digits.substr(whole_digits));
}

std::string repr_of_text(std::string_view text) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t at = 0; at < text.size();) {
    const utf8::Point point = utf8::decode(text, at);
    append_escaped(out, point, text.substr(at, point.size), quote);
    at += point.size;
  }
  out += quote;
  return out;
}

Result<std::string> text_of(const Value& value, Meter& meter) {
  if (const std::string* text = value.string()) {
    TARN_TRY(meter.spend(1 + text->size() / 64));
    return *text;
  }
  if (value.is_undefined()) return "";
  if (auto* object = value.object()) {
    const Meter::Level level(meter);
    TARN_TRY(level.check());
    return object->text(meter);
  }
  return repr_of(value, meter);
}

Result<std::string> repr_of(const Value& value, Meter& meter) {
  TARN_TRY(meter.spend());
  if (value.is_none()) return "None";
  if (value.is_undefined()) return "Undefined";
  if (const bool* boolean = value.boolean()) return *boolean ? "True" : "False";
  if (const std::int64_t* integer = value.integer()) return fmt::format("{}", *integer);
  if (const double* floating = value.floating()) return repr_of_float(*floating);
  if (const std::string* text = value.string()) {
    TARN_TRY(meter.make(4 * text->size()));
    return repr_of_text(*text);
  }
  const Meter::Level level(meter);
  TARN_TRY(level.check());
  return value.object()->repr(meter);
}

}  // namespace tarn::jinja
