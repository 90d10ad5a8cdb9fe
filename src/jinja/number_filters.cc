#include <fmt/format.h>

#include <array>
#include <cmath>

#include "jinja/arguments.h"
#include "jinja/arithmetic.h"
#include "jinja/filters.h"
#include "jinja/literals.h"
#include "jinja/operators.h"

namespace tarn::jinja {
namespace {

std::unexpected<Error> no_number(const Value& value, std::string_view filter) {
  if (value.is_undefined()) return undefined_error(value);
  return fail(Code::kInvalidArgument, fmt::format("`{}` takes a number, not {}", filter, value.type_name()));
}

Result<Value> abs(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "abs", {}));
  if (const auto integer = whole(value)) return *integer < 0 ? negate(value) : Result<Value>(Value(*integer));
  if (const double* floating = value.floating()) return Value(std::fabs(*floating));
  return no_number(value, "abs");
}

// int(float(text)), the default if it is none.
Result<Value> through_float(const Value& value, const Value& otherwise) {
  const auto floating = value.string() ? literals::parse_float(*value.string()) : std::nullopt;
  if (!floating || !std::isfinite(*floating)) return otherwise;
  TARN_ASSIGN(const std::int64_t truncated, to_whole(*floating));
  return Value(truncated);
}

Result<Value> to_int(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "int", {"default", "base"}));
  TARN_ASSIGN(const std::int64_t base, taken.integer(1, 10));
  const Value otherwise = taken.value(0, Value(0));
  if (value.is_undefined()) return undefined_error(value);
  if (const auto integer = whole(value)) return Value(*integer);
  if (const double* floating = value.floating()) {
    if (std::isnan(*floating)) return otherwise;
    TARN_ASSIGN(const std::int64_t truncated, to_whole(*floating));
    return Value(truncated);
  }
  if (value.string() && (base == 0 || (base >= 2 && base <= 36))) {
    TARN_TRY(call.meter.spend(1 + value.string()->size() / 16));
    TARN_ASSIGN(const auto parsed, literals::parse_integer(*value.string(), static_cast<int>(base)));
    if (parsed) return Value(*parsed);
  }
  return through_float(value, otherwise);
}

Result<Value> to_float(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "float", {"default"}));
  if (value.is_undefined()) return undefined_error(value);
  if (const auto given = number(value)) return Value(*given);
  if (value.string()) {
    if (const auto parsed = literals::parse_float(*value.string())) return Value(*parsed);
  }
  return taken.value(0, Value(0.0));
}

std::optional<std::int64_t> power_of_ten(std::int64_t digits) {
  if (digits < 0 || digits > 18) return std::nullopt;
  std::int64_t power = 1;
  for (; digits > 0; --digits) power *= 10;
  return power;
}

// round(int, -digits): to the nearest multiple, the even one between two.
Result<Value> round_whole(std::int64_t value, std::int64_t digits) {
  if (digits >= 0) return Value(value);
  const auto unit = power_of_ten(-digits);
  if (!unit)
    return digits < -19 ? Result<Value>(Value(0))
                        : fail(Code::kUnsupported, "`round` of a whole number to that many digits");
  std::int64_t rest = value % *unit;
  if (rest < 0) rest += *unit;
  std::int64_t down = 0;
  if (__builtin_sub_overflow(value, rest, &down)) return fail(Code::kUnsupported, "the rounded number is past 64 bits");
  const std::int64_t half = *unit / 2;
  const bool up = rest > half || (rest == half && (down / *unit) % 2 != 0);
  if (up && __builtin_add_overflow(down, *unit, &down))
    return fail(Code::kUnsupported, "the rounded number is past 64 bits");
  return Value(down);
}

// ceil or floor of value * 10 ** precision, divided by it again.
Result<Value> round_toward(const Value& value, std::int64_t precision, bool up, Meter& meter) {
  const auto scale = arithmetic(BinaryOp::kPower, Value(10), Value(precision));
  if (!scale) return std::unexpected(scale.error());
  TARN_ASSIGN(const Value scaled, binary(BinaryOp::kMultiply, value, *scale, meter));
  Value rounded = scaled;
  if (const double* floating = scaled.floating()) {
    TARN_ASSIGN(const std::int64_t integer, to_whole(up ? std::ceil(*floating) : std::floor(*floating)));
    rounded = Value(integer);
  }
  return binary(BinaryOp::kDivide, rounded, *scale, meter);
}

Result<Value> round(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "round", {"precision", "method"}));
  TARN_ASSIGN(const std::int64_t precision, taken.integer(0, 0));
  TARN_ASSIGN(const std::string method, taken.text(1, "common"));
  if (!number(value)) return no_number(value, "round");
  if (method == "ceil" || method == "floor") return round_toward(value, precision, method == "ceil", call.meter);
  if (method != "common") return fail(Code::kInvalidArgument, "the method of `round` is common, ceil or floor");
  if (const auto integer = whole(value)) return round_whole(*integer, precision);
  const double rounded =
      round_digits(*value.floating(), static_cast<int>(std::clamp<std::int64_t>(precision, -1000, 1000)));
  if (std::isinf(rounded) && !std::isinf(*value.floating()))
    return fail(Code::kInvalidArgument, "the rounded number is too large for a float");
  return Value(rounded);
}

constexpr std::array kFilters =
    std::to_array<FilterEntry>({{"abs", abs}, {"float", to_float}, {"int", to_int}, {"round", round}});

}  // namespace

std::span<const FilterEntry> number_filters() { return kFilters; }

}  // namespace tarn::jinja
