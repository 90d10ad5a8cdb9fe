#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "jinja/arithmetic.h"
#include "jinja/containers.h"
#include "jinja/format.h"
#include "jinja/format_number.h"
#include "jinja/operators.h"
#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

std::unexpected<Error> wrong(std::string_view what) {
  return fail(Code::kInvalidArgument, fmt::format("`format`: {}", what));
}

std::optional<std::int64_t> all_digits(std::string_view text) {
  std::int64_t value = 0;
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

// [[fill]align][sign][#][0][width][,_][.precision][type]
class Spec {
 public:
  explicit Spec(std::string_view text) : text_(text) {}

  Result<Field> parse() {
    Field field;
    fill(field);
    if (peek() == '+' || peek() == '-' || peek() == ' ') field.sign = text_[at_++];
    if (take('#')) field.alternate = true;
    if (take('0')) {
      if (!has_fill_) field.fill = "0";
      field.zeros = field.align == 0;
      if (field.zeros) field.align = '=';
    }
    TARN_ASSIGN(field.width, size(kFieldWidthMax));
    if (peek() == ',' || peek() == '_') field.group = text_[at_++];
    if (take('.')) {
      if (peek() < '0' || peek() > '9') return wrong("digits are missing after `.`");
      TARN_ASSIGN(const std::size_t precision, size(kPrecisionMax));
      field.precision = static_cast<int>(precision);
    }
    if (at_ < text_.size()) field.type = text_[at_++];
    if (at_ < text_.size())
      return fail(Code::kUnsupported, fmt::format("`format`: `{}` is no format for a value", text_));
    return field;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  static bool is_align(char c) { return c == '<' || c == '>' || c == '^' || c == '='; }

  void fill(Field& field) {
    if (text_.empty()) return;
    const std::size_t first = utf8::decode(text_, 0).size;
    if (first < text_.size() && is_align(text_[first])) {
      field.fill = text_.substr(0, first);
      field.align = text_[first];
      has_fill_ = true;
      at_ = first + 1;
    } else if (is_align(text_[0])) {
      field.align = text_[0];
      at_ = 1;
    }
  }

  Result<std::size_t> size(std::size_t max) {
    std::size_t value = 0;
    while (peek() >= '0' && peek() <= '9') {
      value = value * 10 + static_cast<std::size_t>(text_[at_++] - '0');
      if (value > max) return fail(Code::kLimit, fmt::format("`format`: more than {} in `{}`", max, text_));
    }
    return value;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  bool has_fill_ = false;
};

Result<std::string> format_value(const Value& value, std::string_view spec, Meter& meter) {
  if (spec.empty()) return text_of(value, meter);
  TARN_ASSIGN(Field field, Spec(spec).parse());
  if (const std::string* text = value.string()) {
    if (field.zeros) field.align = '<';
    if (field.type != 0 && field.type != 's') return wrong(fmt::format("a text is not formatted as `{}`", field.type));
    if (field.sign != '-' || field.alternate || field.group || field.align == '=') {
      return fail(Code::kUnsupported, fmt::format("`format`: `{}` is for numbers, and this is a text", spec));
    }
    return lay_out_text(*text, field, meter);
  }
  const auto integer = whole(value);
  const bool as_float = field.type != 0 && std::string_view("eEfFgG%").find(field.type) != std::string_view::npos;
  if (integer && !as_float) {
    if (field.precision >= 0) return wrong("a whole number has no digits after the point");
    TARN_ASSIGN(std::string digits, whole_digits(*integer, field));
    return lay_out_number(std::move(digits), field, meter);
  }
  const auto floating = number(value);
  if (!floating) {
    return fail(Code::kInvalidArgument,
                fmt::format("`format`: a value of type {} takes no format; make it a text first", value.type_name()));
  }
  if (field.type == 0 && field.precision >= 0) {
    return fail(Code::kUnsupported, "`format`: say how a fraction is written: `.2f`, `.3e` or `.4g`");
  }
  TARN_ASSIGN(std::string digits,
              field.type == 0 ? Result<std::string>(repr_of_float(*floating)) : float_digits(*floating, field));
  return lay_out_number(std::move(digits), field, meter);
}

class Braces {
 public:
  Braces(std::string_view format, const Call& call) : format_(format), call_(call) {}

  Result<std::string> run() {
    TARN_TRY(call_.meter.make(format_.size()));
    while (at_ < format_.size()) {
      const char c = format_[at_];
      if (c != '{' && c != '}') {
        out_ += c;
        ++at_;
      } else if (at_ + 1 < format_.size() && format_[at_ + 1] == c) {
        out_ += c;
        at_ += 2;
      } else if (c == '}') {
        return wrong("a `}` closes nothing; write }} for one");
      } else {
        TARN_TRY(field());
      }
    }
    return std::move(out_);
  }

 private:
  Result<void> field() {
    const std::size_t end = format_.find_first_of("{}", at_ + 1);
    if (end == std::string_view::npos) return wrong("a `{` is not closed; write {{ for one");
    if (format_[end] == '{') return fail(Code::kUnsupported, "`format`: a field within a field is not supported");
    std::string_view body = format_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    // `[…]` may hold what would else end the name.
    std::size_t name_end = 0;
    for (bool bracket = false; name_end < body.size(); ++name_end) {
      if (body[name_end] == '[') bracket = true;
      if (body[name_end] == ']') bracket = false;
      if (!bracket && (body[name_end] == '!' || body[name_end] == ':')) break;
    }
    TARN_ASSIGN(Value value, find(body.substr(0, name_end)));
    body.remove_prefix(name_end);
    if (body.starts_with('!')) {
      const char conversion = body.size() > 1 ? body[1] : '\0';
      if (conversion != 's' && conversion != 'r')
        return fail(Code::kUnsupported, "`format`: after `!` comes `s` or `r`");
      TARN_ASSIGN(value, conversion == 's' ? text_of(value, call_.meter) : repr_of(value, call_.meter));
      body.remove_prefix(2);
    }
    if (!body.empty() && !body.starts_with(':')) return wrong("`:` is missing after `!s` or `!r`");
    TARN_ASSIGN(const std::string text, format_value(value, body.empty() ? body : body.substr(1), call_.meter));
    TARN_TRY(call_.meter.make(text.size()));
    out_ += text;
    return {};
  }

  // name.attribute[item]
  Result<Value> find(std::string_view path) {
    const std::size_t first_end = std::min(path.find_first_of(".["), path.size());
    TARN_ASSIGN(Value value, first(path.substr(0, first_end)));
    path.remove_prefix(first_end);
    while (!path.empty()) {
      const bool item = path[0] == '[';
      const std::size_t end = item ? path.find(']') : std::min(path.find_first_of(".[", 1), path.size());
      if (end == std::string_view::npos || (!item && path[0] != '.') || end == 1)
        return wrong("a name in braces is not complete");
      const std::string_view part = path.substr(1, end - 1);
      if (item) {
        const auto index = all_digits(part);
        TARN_ASSIGN(value, get_item(value, index ? Value(*index) : Value(part), call_.meter));
      } else {
        TARN_ASSIGN(value, get_attribute(value, part, call_.meter));
      }
      path.remove_prefix(item ? end + 1 : end);
    }
    return value;
  }

  Result<Value> first(std::string_view name) {
    const auto index = all_digits(name);
    if (name.empty() || index) {
      const Numbering wanted = name.empty() ? Numbering::kAutomatic : Numbering::kManual;
      if (numbering_ != Numbering::kNone && numbering_ != wanted)
        return wrong("either all fields have numbers or none");
      numbering_ = wanted;
      const auto place = index ? static_cast<std::size_t>(*index) : next_++;
      if (place >= call_.arguments.size()) return wrong(fmt::format("there is no value for field {}", place));
      return call_.arguments[place];
    }
    const auto found = std::ranges::find(call_.named, name, &std::pair<std::string, Value>::first);
    if (found == call_.named.end()) return wrong(fmt::format("there is no value named `{}`", name));
    return found->second;
  }

  enum class Numbering { kNone, kAutomatic, kManual };

  const std::string_view format_;
  const Call& call_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  Numbering numbering_ = Numbering::kNone;
  std::string out_;
};

}  // namespace

Result<std::string> format_braces(std::string_view format, const Call& call) { return Braces(format, call).run(); }

}  // namespace tarn::jinja
