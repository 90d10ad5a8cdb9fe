#include "wire/postgres/values.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "base/assert.h"
#include "base/endian.h"

namespace tarn::wire::postgres {
namespace {

constexpr int kNumericBase = 10000;
constexpr std::int64_t kEpochDays = 10957;  // 2000-01-01
constexpr std::int64_t kEpochMicros = kEpochDays * 86'400'000'000;

void append(Buffer& out, const char* text, std::size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(text);
  out.insert(out.end(), bytes, bytes + size);
}
void append(Buffer& out, std::string_view text) { append(out, text.data(), text.size()); }
void append(Buffer& out, char c) { out.push_back(static_cast<std::byte>(c)); }

template <class T>
void append_be(Buffer& out, T value) {
  std::size_t at = out.size();
  out.resize(at + sizeof(T));
  store_be<T>(out.data() + at, value);
}

template <class T>
void append_integer(Buffer& out, T value) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  append(out, digits, static_cast<std::size_t>(end - digits));
}

// Significant digits and the exponent of the first: 1234.5 is "12345", 3.
struct Digits {
  char text[20];
  int size = 0;
  int exponent = 0;
};

// The digits of to_chars' scientific form "d.ddde±xx".
Digits split_scientific(const char* begin, const char* end) {
  Digits digits;
  const char* e = std::find(begin, end, 'e');
  for (const char* c = begin; c != e; ++c) {
    if (*c != '.') digits.text[digits.size++] = *c;
  }
  const char* exponent = e + 1;
  if (*exponent == '+') ++exponent;
  std::from_chars(exponent, end, digits.exponent);
  while (digits.size > 1 && digits.text[digits.size - 1] == '0') --digits.size;
  return digits;
}

// True if the digits are exactly the middle between two neighbouring floats of `mantissa_bits`: Postgres never prints
// those, since a reader that does not round half to even would read another value (src/common/d2s.c, acceptBounds).
// Only integers above 2^mantissa_bits can be: a middle below takes more digits than the value itself.
bool is_middle(const Digits& digits, int mantissa_bits) {
  int zeros = digits.exponent - (digits.size - 1);
  if (zeros < 0 || zeros > 23) return false;  // 5^23 is the last power below 2^54
  std::uint64_t value = 0;
  std::from_chars(digits.text, digits.text + digits.size, value);
  if (value == 0) return false;  // zero itself, or above 2^64
  UInt128 odd = value >> std::countr_zero(value);
  for (int i = 0; i < zeros; ++i) odd *= 5;
  return odd >> mantissa_bits == 1;
}

// The fewest digits that read back as `value` (positive, finite), the closest to it of those.
template <class Float>
Digits shortest(Float value) {
  constexpr int kMantissaBits = std::numeric_limits<Float>::digits;
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  Digits digits = split_scientific(text, end);
  if (!is_middle(digits, kMantissaBits)) return digits;
  for (int precision = digits.size;; ++precision) {  // digits after the point: one more than before, or two, ...
    end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, precision).ptr;
    digits = split_scientific(text, end);
    Float back = 0;
    std::from_chars(text, end, back);
    if (back == value && !is_middle(digits, kMantissaBits)) return digits;
  }
}

void append_fixed(Buffer& out, const Digits& digits) {
  int point = digits.exponent + 1;  // digits before the point
  if (point <= 0) {
    append(out, "0.");
    for (int i = point; i < 0; ++i) append(out, '0');
    append(out, digits.text, static_cast<std::size_t>(digits.size));
    return;
  }
  int whole = std::min(point, digits.size);
  append(out, digits.text, static_cast<std::size_t>(whole));
  for (int i = whole; i < point; ++i) append(out, '0');
  if (digits.size > whole) {
    append(out, '.');
    append(out, digits.text + whole, static_cast<std::size_t>(digits.size - whole));
  }
}

void append_exponent(Buffer& out, const Digits& digits) {
  append(out, digits.text[0]);
  if (digits.size > 1) {
    append(out, '.');
    append(out, digits.text + 1, static_cast<std::size_t>(digits.size - 1));
  }
  append(out, 'e');
  append(out, digits.exponent < 0 ? '-' : '+');
  int exponent = std::abs(digits.exponent);
  if (exponent < 10) append(out, '0');
  append_integer(out, exponent);
}

// `fixed_max`: the largest exponent written without e, as printf's %g with the type's guaranteed digits.
template <class Float>
void text_float(Buffer& out, Float value, int extra_float_digits, int guaranteed_digits) {
  if (std::isnan(value)) return append(out, "NaN");
  if (std::isinf(value)) return append(out, value < 0 ? "-Infinity" : "Infinity");
  if (extra_float_digits <= 0) {
    char text[64];
    int precision = std::max(1, guaranteed_digits + extra_float_digits);
    auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, precision).ptr;
    return append(out, text, static_cast<std::size_t>(end - text));
  }
  if (std::signbit(value)) append(out, '-');
  Digits digits = shortest(std::abs(value));
  if (digits.exponent >= -4 && digits.exponent < guaranteed_digits) {
    append_fixed(out, digits);
  } else {
    append_exponent(out, digits);
  }
}

UInt128 magnitude(Int128 value) { return value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value); }

void append_numeric(Buffer& out, bool negative, UInt128 value, int scale) {
  TARN_ASSERT(scale >= 0 && scale <= kNumericScaleMax);
  char digits[80];  // 39 digits at most, or `scale` zeros before them
  char* end = digits + sizeof digits;
  char* at = end;
  int written = 0;
  do {
    if (written == scale && scale > 0) *--at = '.';
    *--at = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
    ++written;
  } while (value != 0 || written <= scale);
  if (negative) *--at = '-';
  append(out, at, static_cast<std::size_t>(end - at));
}

// src/backend/utils/adt/numeric.c, numeric_send: ndigits, weight, sign, dscale, digits of base 10000 from the first
// that is not zero to the last.
void append_binary_numeric(Buffer& out, bool negative, UInt128 value, int scale) {
  TARN_ASSERT(scale >= 0 && scale <= kNumericScaleMax);
  std::int16_t digits[12];  // least first; 39 decimal digits and up to 3 of padding
  int count = 0;
  int padding = (4 - scale % 4) % 4;  // fraction digits filled up to a whole base-10000 digit
  static constexpr int kPower[] = {1, 10, 100, 1000};
  int first = static_cast<int>(value % static_cast<UInt128>(kNumericBase / kPower[padding]));
  UInt128 rest = value / static_cast<UInt128>(kNumericBase / kPower[padding]);
  digits[count++] = static_cast<std::int16_t>(first * kPower[padding]);
  for (; rest != 0; rest /= kNumericBase) digits[count++] = static_cast<std::int16_t>(rest % kNumericBase);

  int lowest = 0;
  while (count > lowest && digits[lowest] == 0) ++lowest;
  while (count > lowest && digits[count - 1] == 0) --count;
  bool zero = count == lowest;
  int weight = zero ? 0 : count - 1 - (scale + padding) / 4;
  append_be<std::int16_t>(out, static_cast<std::int16_t>(count - lowest));
  append_be<std::int16_t>(out, static_cast<std::int16_t>(weight));
  append_be<std::uint16_t>(out, negative && !zero ? 0x4000 : 0);
  append_be<std::int16_t>(out, static_cast<std::int16_t>(scale));
  for (int i = count - 1; i >= lowest; --i) append_be<std::int16_t>(out, digits[i]);
}

}  // namespace

void text_bool(Buffer& out, bool value) { append(out, value ? 't' : 'f'); }
void text_int(Buffer& out, std::int64_t value) { append_integer(out, value); }
void text_uint(Buffer& out, std::uint64_t value) { append_integer(out, value); }
void text_float4(Buffer& out, float value, int extra_float_digits) { text_float(out, value, extra_float_digits, 6); }
void text_float8(Buffer& out, double value, int extra_float_digits) { text_float(out, value, extra_float_digits, 15); }
void text_numeric(Buffer& out, Int128 unscaled, int scale) {
  append_numeric(out, unscaled < 0, magnitude(unscaled), scale);
}
void text_numeric(Buffer& out, UInt128 unscaled) { append_numeric(out, false, unscaled, 0); }
void text_bytes(Buffer& out, std::string_view value) { append(out, value); }

void text_bytea(Buffer& out, ByteView value) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::size_t at = out.size();
  out.resize(at + 2 + 2 * value.size());
  out[at++] = std::byte('\\');
  out[at++] = std::byte('x');
  for (std::byte b : value) {
    out[at++] = std::byte(kHex[std::to_integer<int>(b) >> 4]);
    out[at++] = std::byte(kHex[std::to_integer<int>(b) & 15]);
  }
}

void text_uuid(Buffer& out, const Uuid& value) { append(out, value.to_string()); }

void binary_bool(Buffer& out, bool value) { out.push_back(std::byte(value ? 1 : 0)); }
void binary_int2(Buffer& out, std::int16_t value) { append_be(out, value); }
void binary_int4(Buffer& out, std::int32_t value) { append_be(out, value); }
void binary_int8(Buffer& out, std::int64_t value) { append_be(out, value); }
void binary_float4(Buffer& out, float value) { append_be(out, std::bit_cast<std::uint32_t>(value)); }
void binary_float8(Buffer& out, double value) { append_be(out, std::bit_cast<std::uint64_t>(value)); }
void binary_numeric(Buffer& out, Int128 unscaled, int scale) {
  append_binary_numeric(out, unscaled < 0, magnitude(unscaled), scale);
}
void binary_numeric(Buffer& out, UInt128 unscaled) { append_binary_numeric(out, false, unscaled, 0); }
void binary_bytes(Buffer& out, ByteView value) { out.insert(out.end(), value.begin(), value.end()); }

void binary_date(Buffer& out, std::int32_t days) {
  if (days == kDateInfinity || days == -kDateInfinity) {
    return append_be(out, days > 0 ? kDateInfinity : std::numeric_limits<std::int32_t>::min());
  }
  append_be(out, static_cast<std::int32_t>(days - kEpochDays));
}

void binary_time(Buffer& out, std::int64_t micros) { append_be(out, micros); }

void binary_timestamp(Buffer& out, std::int64_t micros) {
  if (micros == kTimestampInfinity || micros == -kTimestampInfinity) {
    return append_be(out, micros > 0 ? kTimestampInfinity : std::numeric_limits<std::int64_t>::min());
  }
  std::int64_t since_2000 = 0;
  if (__builtin_sub_overflow(micros, kEpochMicros, &since_2000)) since_2000 = std::numeric_limits<std::int64_t>::min();
  append_be(out, since_2000);
}

void binary_interval(Buffer& out, std::int32_t months, std::int32_t days, std::int64_t micros) {
  append_be(out, micros);
  append_be(out, days);
  append_be(out, months);
}

void binary_uuid(Buffer& out, const Uuid& value) { out.insert(out.end(), value.bytes.begin(), value.bytes.end()); }

std::size_t begin_row(Buffer& out, std::int16_t columns) {
  append(out, 'D');
  std::size_t row = out.size();
  append_be<std::int32_t>(out, 0);
  append_be(out, columns);
  return row;
}

void end_row(Buffer& out, std::size_t row) {
  store_be<std::int32_t>(out.data() + row, static_cast<std::int32_t>(out.size() - row));
}

void put_null(Buffer& out) { append_be<std::int32_t>(out, -1); }

std::size_t begin_value(Buffer& out) {
  append_be<std::int32_t>(out, 0);
  return out.size();
}

void end_value(Buffer& out, std::size_t value) {
  store_be<std::int32_t>(out.data() + value - 4, static_cast<std::int32_t>(out.size() - value));
}

}  // namespace tarn::wire::postgres
