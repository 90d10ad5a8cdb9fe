#include "jinja/arithmetic.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "jinja/operators.h"

namespace tarn::jinja {
namespace {

std::unexpected<Error> past_64_bits() {
  return fail(Code::kUnsupported,
              "the result is past 64 bits; whole numbers go from -9223372036854775808 to 9223372036854775807 here");
}

std::unexpected<Error> by_zero() {
  return fail(Code::kInvalidArgument, "division by zero; test the divisor with `if` first");
}

Result<Value> checked(bool overflow, std::int64_t value) {
  if (overflow) return past_64_bits();
  return Value(value);
}

std::int64_t floor_quotient(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

// a / b as the nearest double: exact where both fit one, else by a quotient of at least 55 bits and a sticky one.
double true_quotient(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (std::abs(a / 2) < kExact / 2 && std::abs(b / 2) < kExact / 2)
    return static_cast<double>(a) / static_cast<double>(b);
  const auto magnitude = [](std::int64_t x) {
    return x < 0 ? 0 - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x);
  };
  const std::uint64_t top = magnitude(a), bottom = magnitude(b);
  if (top == 0) return b < 0 ? -0.0 : 0.0;
  const int shift = std::max(0, 56 + static_cast<int>(std::bit_width(bottom)) - static_cast<int>(std::bit_width(top)));
  const auto wide = static_cast<unsigned __int128>(top) << shift;
  auto quotient = static_cast<std::uint64_t>(wide / bottom);
  if (wide % bottom != 0) quotient |= 1;
  const double value = std::ldexp(static_cast<double>(quotient), -shift);
  return (a < 0) != (b < 0) ? -value : value;
}

Result<Value> power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) return by_zero();
    return Value(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  }
  std::int64_t result = 1;
  bool overflow = false, base_overflow = false;
  for (auto left = static_cast<std::uint64_t>(exponent); left > 0; left >>= 1) {
    if (left & 1) overflow = overflow || base_overflow || __builtin_mul_overflow(result, base, &result);
    base_overflow = base_overflow || __builtin_mul_overflow(base, base, &base);
  }
  return checked(overflow, result);
}

Result<Value> of_wholes(BinaryOp op, std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  switch (op) {
    case BinaryOp::kAdd: return checked(__builtin_add_overflow(a, b, &out), out);
    case BinaryOp::kSubtract: return checked(__builtin_sub_overflow(a, b, &out), out);
    case BinaryOp::kMultiply: return checked(__builtin_mul_overflow(a, b, &out), out);
    case BinaryOp::kPower: return power(a, b);
    default: break;
  }
  if (b == 0) return by_zero();
  if (op == BinaryOp::kDivide) return Value(true_quotient(a, b));
  if (b == -1)
    return op == BinaryOp::kModulo ? Value(std::int64_t{0})
                                   : checked(__builtin_sub_overflow(std::int64_t{0}, a, &out), out);
  const std::int64_t quotient = floor_quotient(a, b);
  return Value(op == BinaryOp::kFloorDivide ? quotient : a - quotient * b);
}

// Python's divmod of floats: the remainder has the divisor's sign.
struct Divided {
  double quotient, remainder;
};
Divided divide(double a, double b) {
  double remainder = std::fmod(a, b);
  double quotient = (a - remainder) / b;
  if (remainder != 0) {
    if ((b < 0) != (remainder < 0)) {
      remainder += b;
      quotient -= 1;
    }
  } else {
    remainder = std::copysign(0.0, b);
  }
  if (quotient == 0) return {std::copysign(0.0, a / b), remainder};
  double floored = std::floor(quotient);
  if (quotient - floored > 0.5) floored += 1;
  return {floored, remainder};
}

Result<Value> of_floats(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kAdd: return Value(a + b);
    case BinaryOp::kSubtract: return Value(a - b);
    case BinaryOp::kMultiply: return Value(a * b);
    case BinaryOp::kPower: {
      if (a == 0 && b < 0) return by_zero();
      if (a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::floor(b)) {
        return fail(Code::kUnsupported, "a negative number to the power of a fraction is complex, which is not there");
      }
      const double result = std::pow(a, b);
      if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) {
        return fail(Code::kInvalidArgument, "the result of `**` is too large for a float");
      }
      return Value(result);
    }
    default: break;
  }
  if (b == 0) return by_zero();
  if (op == BinaryOp::kDivide) return Value(a / b);
  const Divided divided = divide(a, b);
  return Value(op == BinaryOp::kFloorDivide ? divided.quotient : divided.remainder);
}

std::partial_ordering compare_mixed(std::int64_t a, double b) {
  if (std::isnan(b)) return std::partial_ordering::unordered;
  if (b >= 9223372036854775808.0) return std::partial_ordering::less;
  if (b < -9223372036854775808.0) return std::partial_ordering::greater;
  const double whole_part = std::trunc(b);
  const auto order = a <=> static_cast<std::int64_t>(whole_part);
  if (order != 0) return order;
  return 0.0 <=> (b - whole_part);
}

}  // namespace

Result<Value> arithmetic(BinaryOp op, const Value& left, const Value& right) {
  const auto a = whole(left), b = whole(right);
  if (a && b) return of_wholes(op, *a, *b);
  return of_floats(op, *number(left), *number(right));
}

std::partial_ordering compare_numbers(const Value& left, const Value& right) {
  const auto a = whole(left), b = whole(right);
  if (a && b) return *a <=> *b;
  if (a) return compare_mixed(*a, *right.floating());
  if (b) return 0 <=> compare_mixed(*b, *left.floating());
  return *left.floating() <=> *right.floating();
}

Result<Value> negate(const Value& value) {
  if (const auto integer = whole(value)) return of_wholes(BinaryOp::kSubtract, 0, *integer);
  if (const double* floating = value.floating()) return Value(-*floating);
  if (value.is_undefined()) return undefined_error(value);
  return fail(Code::kInvalidArgument, fmt::format("`-` does not go with {}", value.type_name()));
}

Result<Value> plus(const Value& value) {
  if (const auto integer = whole(value)) return Value(*integer);
  if (value.floating()) return value;
  if (value.is_undefined()) return undefined_error(value);
  return fail(Code::kInvalidArgument, fmt::format("`+` does not go with {}", value.type_name()));
}

// As Python does: through the decimal text, so that 2.675 to two digits is what its true value says.
double round_digits(double value, int digits) {
  if (!std::isfinite(value) || digits > 323) return value;
  if (digits < -308) return std::copysign(0.0, value);
  if (digits < 0) {
    const double scale = std::pow(10.0, -digits);
    const double scaled = value / scale;
    double rounded = std::nearbyint(scaled);
    return rounded * scale;
  }
  return std::strtod(fmt::format("{:.{}f}", value, digits).c_str(), nullptr);
}

Result<std::int64_t> to_whole(double value) {
  if (std::isnan(value) || std::isinf(value)) {
    return fail(Code::kInvalidArgument, "infinity and NaN are no whole numbers");
  }
  if (value >= 9223372036854775808.0 || value < -9223372036854775808.0) return past_64_bits();
  return static_cast<std::int64_t>(value);
}

}  // namespace tarn::jinja
