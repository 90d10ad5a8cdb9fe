#include <fmt/format.h>

#include <algorithm>

#include "jinja/arithmetic.h"
#include "jinja/containers.h"
#include "jinja/format.h"
#include "jinja/format_number.h"
#include "jinja/operators.h"
#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

std::unexpected<Error> wrong(std::string_view what) {
  return fail(Code::kInvalidArgument, fmt::format("in a text with %: {}", what));
}

class Percent {
 public:
  Percent(std::string_view format, const Value& values, Meter& meter)
      : format_(format), values_(values), tuple_(as<Tuple>(values)), meter_(meter) {}

  Result<std::string> run() {
    TARN_TRY(meter_.make(format_.size()));
    while (at_ < format_.size()) {
      const std::size_t percent = std::min(format_.find('%', at_), format_.size());
      out_ += format_.substr(at_, percent - at_);
      at_ = percent;
      if (at_ < format_.size()) TARN_TRY(directive());
    }
    if (!is_mapping() && next_ < (tuple_ ? tuple_->items.size() : 1))
      return wrong("there are more values than places for them");
    return std::move(out_);
  }

 private:
  // Python asks nothing of values that have items by key, even of a list.
  bool is_mapping() const {
    return values_.dict() || as<List>(values_) || as<Range>(values_) || values_.is_undefined();
  }

  char peek() const { return at_ < format_.size() ? format_[at_] : '\0'; }

  Result<Value> argument() {
    if (by_key_) return std::move(keyed_);
    if (tuple_ ? next_ >= tuple_->items.size() : next_ > 0) return wrong("there are fewer values than places for them");
    ++next_;
    return tuple_ ? tuple_->items[next_ - 1] : values_;
  }

  Result<void> directive() {
    ++at_;  // %
    by_key_ = false;
    if (peek() == '%') {
      out_ += format_[at_++];
      return {};
    }
    Field field;
    if (peek() == '(') TARN_TRY(key());
    bool zeros = false, left = false;
    for (; at_ < format_.size() && std::string_view("-+ #0").find(format_[at_]) != std::string_view::npos; ++at_) {
      const char flag = format_[at_];
      if (flag == '-') left = true;
      if (flag == '0') zeros = true;
      if (flag == '#') field.alternate = true;
      if (flag == '+' || (flag == ' ' && field.sign != '+')) field.sign = flag;
    }
    TARN_ASSIGN(const auto width, size(left));
    field.width = width.value_or(0);
    if (peek() == '.') {
      ++at_;
      bool negative = false;
      TARN_ASSIGN(const auto precision, size(negative));
      if (precision.value_or(0) > kPrecisionMax)
        return fail(Code::kLimit, fmt::format("more than {} digits asked of a text with %", kPrecisionMax));
      field.precision = negative ? 0 : static_cast<int>(precision.value_or(0));
    }
    if (peek() == 'h' || peek() == 'l' || peek() == 'L') ++at_;
    if (at_ >= format_.size()) return wrong("it ends within a `%…`; write %% for a percent sign");
    field.type = format_[at_++];
    field.align = left ? '<' : '>';
    return convert(field, zeros && !left);
  }

  Result<void> key() {
    std::size_t end = at_ + 1;
    for (int open = 1; end < format_.size(); ++end) {
      if (format_[end] == '(') ++open;
      if (format_[end] == ')' && --open == 0) break;
    }
    if (end >= format_.size()) return wrong("a `%(` is not closed");
    const std::string_view name = format_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    if (values_.is_undefined()) return undefined_error(values_);
    const Dict* dict = values_.dict();
    if (!dict) return wrong("`%(name)s` takes its values from a dict");
    TARN_ASSIGN(const auto place, dict->find(Value(name), meter_));
    if (!place) return wrong(fmt::format("the dict has no `{}`", name));
    keyed_ = dict->entries[*place].second;
    by_key_ = true;
    return {};
  }

  // A width or precision: digits, or `*` for the next value.
  Result<std::optional<std::size_t>> size(bool& negative) {
    std::size_t value = 0;
    if (peek() == '*') {
      ++at_;
      TARN_ASSIGN(const Value given, argument());
      const auto number_given = whole(given);
      if (!number_given) return wrong("`*` takes a whole number");
      if (*number_given < 0) negative = true;
      value = *number_given == INT64_MIN ? SIZE_MAX
                                         : static_cast<std::size_t>(*number_given < 0 ? -*number_given : *number_given);
    } else if (peek() >= '0' && peek() <= '9') {
      while (peek() >= '0' && peek() <= '9' && value <= kFieldWidthMax)
        value = value * 10 + static_cast<std::size_t>(format_[at_++] - '0');
    } else {
      return std::nullopt;
    }
    if (value > kFieldWidthMax)
      return fail(Code::kLimit, fmt::format("a field wider than {} in a text with %", kFieldWidthMax));
    return value;
  }

  Result<void> convert(Field field, bool zeros) {
    TARN_ASSIGN(const Value value, argument());
    if (field.type == 's' || field.type == 'r' || field.type == 'c') return text(value, field);
    if (zeros) {
      field.fill = "0";
      field.align = '=';
    }
    TARN_ASSIGN(std::string digits, number_digits(value, field));
    TARN_ASSIGN(const std::string laid, lay_out_number(std::move(digits), field, meter_));
    out_ += laid;
    return {};
  }

  Result<void> text(const Value& value, Field field) {
    std::string body;
    if (field.type == 'c') {
      const auto code = whole(value);
      if (code && (*code < 0 || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000)))
        return wrong("%c takes a character or its code");
      if (!code && !(value.string() && utf8::length(*value.string()) == 1))
        return wrong("%c takes a character or its code");
      if (code)
        utf8::append(body, static_cast<char32_t>(*code));
      else
        body = *value.string();
      field.precision = -1;
    } else {
      TARN_ASSIGN(body, field.type == 's' ? text_of(value, meter_) : repr_of(value, meter_));
    }
    TARN_ASSIGN(const std::string laid, lay_out_text(body, field, meter_));
    out_ += laid;
    return {};
  }

  Result<std::string> number_digits(const Value& value, Field& field) {
    if (std::string_view("diuxXo").find(field.type) != std::string_view::npos) {
      const bool decimal = field.type == 'd' || field.type == 'i' || field.type == 'u';
      if (decimal) field.type = 'd';
      if (const auto integer = whole(value)) return whole_digits(*integer, field);
      if (!decimal || !value.floating())
        return wrong(fmt::format("%{} takes a whole number, not {}", field.type, value.type_name()));
      TARN_ASSIGN(const std::int64_t truncated, to_whole(*value.floating()));
      return whole_digits(truncated, field);
    }
    if (std::string_view("eEfFgG").find(field.type) == std::string_view::npos) {
      return fail(
          Code::kUnsupported,
          fmt::format(
              "in a text with %: `%{}` is none of %s %r %d %i %u %x %X %o %e %f %g %c; write %% for a percent sign",
              field.type));
    }
    const auto floating = number(value);
    if (!floating) return wrong(fmt::format("%{} takes a number, not {}", field.type, value.type_name()));
    return float_digits(*floating, field);
  }

  const std::string_view format_;
  const Value& values_;
  const Tuple* tuple_;
  Meter& meter_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  bool by_key_ = false;
  Value keyed_;
  std::string out_;
};

}  // namespace

Result<std::string> format_percent(std::string_view format, const Value& values, Meter& meter) {
  return Percent(format, values, meter).run();
}

}  // namespace tarn::jinja
