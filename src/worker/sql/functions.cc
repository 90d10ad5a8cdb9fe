#include "worker/sql/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "wire/postgres/values.h"
#include "worker/sql/byte_text.h"
#include "worker/sql/to_char.h"
#include "worker/sql/to_char_number.h"

namespace tarn::worker::sql {
namespace {

using wire::postgres::Int128;
using wire::postgres::UInt128;

constexpr int kQuotientScale = 16;  // digits after the point that Postgres gives the quotient of two like numbers

void fail_with(duckdb_function_info info, std::string_view sqlstate, std::string_view message) {
  duckdb_scalar_function_set_error(info, fmt::format("{}{}:{}", kErrorMark, sqlstate, message).c_str());
}

bool is_valid(duckdb_vector vector, idx_t row) {
  std::uint64_t* validity = duckdb_vector_get_validity(vector);
  return validity == nullptr || duckdb_validity_row_is_valid(validity, row);
}

void set_null(duckdb_vector vector, idx_t row) {
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

template <class T>
const T* values_of(duckdb_data_chunk input, idx_t column) {
  return static_cast<const T*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, column)));
}

Int128 to_int128(duckdb_hugeint value) { return (static_cast<Int128>(value.upper) << 64) | value.lower; }
// The digits of a DECIMAL(38, s) as the integer that it is kept as.
void unscaled(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const auto* from = values_of<duckdb_hugeint>(input, 0);
  auto* to = static_cast<duckdb_hugeint*>(duckdb_vector_get_data(output));
  duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
  duckdb_vector_ensure_validity_writable(output);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row)
    is_valid(vector, row) ? static_cast<void>(to[row] = from[row]) : set_null(output, row);
}

duckdb_hugeint from_int128(Int128 value) {
  return {static_cast<std::uint64_t>(value), static_cast<std::int64_t>(value >> 64)};
}

template <class T>
void nonzero(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const T* from = values_of<T>(input, 0);
  T* to = static_cast<T*>(duckdb_vector_get_data(output));
  duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
  duckdb_vector_ensure_validity_writable(output);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    if (!is_valid(vector, row)) {
      set_null(output, row);
      continue;
    }
    bool zero;
    if constexpr (std::is_same_v<T, duckdb_hugeint>) {
      zero = from[row].lower == 0 && from[row].upper == 0;
    } else {
      zero = from[row] == 0;
    }
    if (zero) return fail_with(info, "22012", "division by zero");
    to[row] = from[row];
  }
}

constexpr UInt128 ten_to_the(int n) {
  UInt128 result = 1;
  for (int i = 0; i < n; ++i) result *= 10;
  return result;
}

constexpr UInt128 kDecimalMax = ten_to_the(38) - 1;

UInt128 magnitude(Int128 value) { return value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value); }

// round(left * 10^digits / right), half away from zero; false past 38 digits. right is not zero.
bool divide(Int128 left, Int128 right, int digits, Int128& out) {
  bool negative = (left < 0) != (right < 0);
  UInt128 l = magnitude(left), r = magnitude(right);
  if (r > kDecimalMax / 10) {  // keep room for one more digit of the remainder
    l /= 10;
    r /= 10;
  }
  for (; digits < 0 && r <= kDecimalMax / 10; ++digits) r *= 10;
  UInt128 quotient = l / r, rest = l % r;
  for (; digits > 0; --digits) {
    rest *= 10;
    if (quotient > kDecimalMax / 10) return false;
    quotient = quotient * 10 + rest / r;
    rest %= r;
  }
  if (rest * 2 >= r) ++quotient;
  if (digits < 0 || quotient > kDecimalMax) return digits < 0 ? (out = 0, true) : false;
  out = negative ? -static_cast<Int128>(quotient) : static_cast<Int128>(quotient);
  return true;
}

std::string digits_of(UInt128 value) {
  Buffer text;
  wire::postgres::text_numeric(text, value);
  return std::string(tarn::as_text(text));
}

// Where unscaled / 10^scale begins in Postgres's base 10000: the place and value of its first digit there.
struct FirstDigit {
  int weight = 0, digit = 0;
};
FirstDigit first_digit(UInt128 unscaled, int scale) {
  if (unscaled == 0) return {};
  std::string digits = digits_of(unscaled);
  int exponent = static_cast<int>(digits.size()) - 1 - scale;
  int weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4);
  auto places = static_cast<std::size_t>(exponent - 4 * weight + 1);
  digits.resize(std::max(places, digits.size()), '0');
  return {weight, std::stoi(digits.substr(0, places))};
}

// select_div_scale of Postgres's numeric.c.
int quotient_scale(UInt128 left, int left_scale, UInt128 right, int right_scale) {
  FirstDigit l = first_digit(left, left_scale), r = first_digit(right, right_scale);
  int weight = l.weight - r.weight - (l.digit <= r.digit ? 1 : 0);
  return std::max({16 - 4 * weight, left_scale, right_scale, 0});
}

// right is not zero.
std::string quotient_text(Int128 left, int left_scale, Int128 right, int right_scale) {
  UInt128 l = magnitude(left), r = magnitude(right);
  int scale = quotient_scale(l, left_scale, r, right_scale);
  std::string digits = digits_of(l);
  digits.append(static_cast<std::size_t>(right_scale - left_scale + scale), '0');
  if (r > kDecimalMax / 10) {  // keep room for one more digit of the remainder
    r /= 10;
    digits.pop_back();
  }
  UInt128 rest = 0;
  for (char& digit : digits) {
    rest = rest * 10 + static_cast<UInt128>(digit - '0');
    digit = static_cast<char>('0' + static_cast<int>(rest / r));
    rest %= r;
  }
  if (rest * 2 >= r) {
    std::size_t at = digits.size();
    while (at > 0 && digits[at - 1] == '9') digits[--at] = '0';
    at > 0 ? static_cast<void>(++digits[at - 1]) : static_cast<void>(digits.insert(0, "1"));
  }
  auto places = static_cast<std::size_t>(scale);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  bool zero = digits.find_first_not_of('0') == std::string::npos;
  if (places > 0) digits.insert(digits.size() - places, ".");
  return (left < 0) != (right < 0) && !zero ? "-" + digits : digits;
}

void quotient_texts(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output, bool average) {
  const auto* left = values_of<duckdb_hugeint>(input, 0);
  const auto* right = values_of<duckdb_hugeint>(input, 1);
  const auto* counts = values_of<std::int64_t>(input, 1);
  const auto* left_scale = values_of<std::int32_t>(input, 2);
  duckdb_vector_ensure_validity_writable(output);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    bool null = !is_valid(duckdb_data_chunk_get_vector(input, 0), row) ||
                !is_valid(duckdb_data_chunk_get_vector(input, 1), row);
    Int128 divisor = null ? 0 : average ? counts[row] : to_int128(right[row]);
    if (null || (average && divisor == 0)) {
      set_null(output, row);
      continue;
    }
    if (divisor == 0) return fail_with(info, "22012", "division by zero");
    int right_scale = average ? 0 : values_of<std::int32_t>(input, 3)[row];
    std::string text = quotient_text(to_int128(left[row]), left_scale[row], divisor, right_scale);
    duckdb_vector_assign_string_element_len(output, row, text.data(), text.size());
  }
}

void quotient_as_text(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  quotient_texts(info, input, output, false);
}
void average_as_text(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  quotient_texts(info, input, output, true);
}

void divide_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output, bool average) {
  const auto* left = values_of<duckdb_hugeint>(input, 0);
  const auto* right = values_of<duckdb_hugeint>(input, 1);
  const auto* counts = values_of<std::int64_t>(input, 1);
  const auto* digits = values_of<std::int32_t>(input, 2);
  auto* to = static_cast<duckdb_hugeint*>(duckdb_vector_get_data(output));
  duckdb_vector_ensure_validity_writable(output);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    bool null = !is_valid(duckdb_data_chunk_get_vector(input, 0), row) ||
                !is_valid(duckdb_data_chunk_get_vector(input, 1), row);
    Int128 divisor = null ? 0 : average ? counts[row] : to_int128(right[row]);
    if (null || (average && divisor == 0)) {
      set_null(output, row);
      continue;
    }
    if (divisor == 0) return fail_with(info, "22012", "division by zero");
    Int128 result = 0;
    if (!divide(to_int128(left[row]), divisor, kQuotientScale + digits[row], result)) {
      return fail_with(info, "22003", "numeric field overflow");
    }
    to[row] = from_int128(result);
  }
}

void quotient(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  divide_rows(info, input, output, false);
}
void average(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  divide_rows(info, input, output, true);
}

template <class T>
void text(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const T* from = values_of<T>(input, 0);
  Buffer buffer;
  duckdb_vector_ensure_validity_writable(output);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    if (!is_valid(duckdb_data_chunk_get_vector(input, 0), row)) {
      set_null(output, row);
      continue;
    }
    buffer.clear();
    if constexpr (std::is_same_v<T, float>) {
      wire::postgres::text_float4(buffer, from[row]);
    } else {
      wire::postgres::text_float8(buffer, from[row]);
    }
    duckdb_vector_assign_string_element_len(output, row, reinterpret_cast<const char*>(buffer.data()), buffer.size());
  }
}

std::string_view string_at(duckdb_data_chunk input, idx_t column, idx_t row) {
  auto* strings = static_cast<duckdb_string_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, column)));
  return {duckdb_string_t_data(&strings[row]), duckdb_string_t_length(strings[row])};
}

void time_text(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const auto* times = values_of<std::int64_t>(input, 0);
  duckdb_vector_ensure_validity_writable(output);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    bool infinite =
        times[row] == wire::postgres::kTimestampInfinity || times[row] == -wire::postgres::kTimestampInfinity;
    bool null = !is_valid(duckdb_data_chunk_get_vector(input, 0), row) ||
                !is_valid(duckdb_data_chunk_get_vector(input, 1), row);
    if (null || infinite) {
      set_null(output, row);
      continue;
    }
    std::string value = to_char(times[row], string_at(input, 1, row));
    duckdb_vector_assign_string_element_len(output, row, value.data(), value.size());
  }
}

void number_text(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  duckdb_vector_ensure_validity_writable(output);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    if (!is_valid(duckdb_data_chunk_get_vector(input, 0), row) ||
        !is_valid(duckdb_data_chunk_get_vector(input, 1), row)) {
      set_null(output, row);
      continue;
    }
    std::optional<std::string> value = to_char_number(string_at(input, 0, row), string_at(input, 1, row));
    if (!value)
      return fail_with(info, "0A000", "to_char of a number knows the patterns 9, 0, comma, point and FM only");
    duckdb_vector_assign_string_element_len(output, row, value->data(), value->size());
  }
}

// VARCHAR or BLOB to one of them; nullopt: `body` has said what is wrong.
template <class Body>
void each_string(duckdb_data_chunk input, duckdb_vector output, Body body) {
  duckdb_vector_ensure_validity_writable(output);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    if (!is_valid(duckdb_data_chunk_get_vector(input, 0), row)) {
      set_null(output, row);
      continue;
    }
    std::optional<std::string> value = body(string_at(input, 0, row));
    if (!value) return;
    duckdb_vector_assign_string_element_len(output, row, value->data(), value->size());
  }
}

void from_utf8(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  each_string(input, output, [info](std::string_view bytes) -> std::optional<std::string> {
    auto problem = utf8_problem(bytes);
    if (!problem) return std::string(bytes);
    fail_with(info, "22021", *problem);
    return std::nullopt;
  });
}

void escape(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  each_string(input, output, [](std::string_view bytes) { return std::optional(escape_bytes(bytes)); });
}

void unescape(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  each_string(input, output, [info](std::string_view text) {
    auto bytes = unescape_bytes(text);
    if (!bytes) fail_with(info, "22P02", "invalid input syntax for type bytea");
    return bytes;
  });
}

struct LogicalType {
  explicit LogicalType(duckdb_type id) : type(duckdb_create_logical_type(id)) {}
  explicit LogicalType(int decimal_scale)
      : type(duckdb_create_decimal_type(38, static_cast<std::uint8_t>(decimal_scale))) {}
  LogicalType(const LogicalType&) = delete;
  ~LogicalType() { duckdb_destroy_logical_type(&type); }
  duckdb_logical_type type;
};

duckdb_scalar_function make_function(const char* name, std::initializer_list<duckdb_logical_type> parameters,
                                     duckdb_logical_type result, duckdb_scalar_function_t body) {
  duckdb_scalar_function function = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(function, name);
  for (duckdb_logical_type parameter : parameters) duckdb_scalar_function_add_parameter(function, parameter);
  duckdb_scalar_function_set_return_type(function, result);
  duckdb_scalar_function_set_function(function, body);
  return function;
}

Result<void> add(duckdb_connection connection, duckdb_scalar_function function, std::string_view name) {
  duckdb_state state = duckdb_register_scalar_function(connection, function);
  duckdb_destroy_scalar_function(&function);
  if (state != DuckDBSuccess) return fail(Code::kInternal, fmt::format("DuckDB refuses the function {}", name));
  return {};
}

struct Overload {
  duckdb_type type;
  duckdb_scalar_function_t body;
};

// One name for several types: result_type as the argument's, or a fixed one.
Result<void> add_overloads(duckdb_connection connection, const char* name, std::span<const Overload> overloads,
                           duckdb_type result) {
  duckdb_scalar_function_set set = duckdb_create_scalar_function_set(name);
  for (const Overload& overload : overloads) {
    LogicalType type(overload.type), returns(result == DUCKDB_TYPE_INVALID ? overload.type : result);
    duckdb_scalar_function function = make_function(name, {type.type}, returns.type, overload.body);
    duckdb_add_scalar_function_to_set(set, function);
    duckdb_destroy_scalar_function(&function);
  }
  duckdb_state state = duckdb_register_scalar_function_set(connection, set);
  duckdb_destroy_scalar_function_set(&set);
  if (state != DuckDBSuccess) return fail(Code::kInternal, fmt::format("DuckDB refuses the functions {}", name));
  return {};
}

}  // namespace

Result<void> register_functions(duckdb_connection connection) {
  constexpr std::array kNonzero = std::to_array<Overload>({
      {DUCKDB_TYPE_SMALLINT, nonzero<std::int16_t>},
      {DUCKDB_TYPE_INTEGER, nonzero<std::int32_t>},
      {DUCKDB_TYPE_BIGINT, nonzero<std::int64_t>},
      {DUCKDB_TYPE_HUGEINT, nonzero<duckdb_hugeint>},
      {DUCKDB_TYPE_FLOAT, nonzero<float>},
      {DUCKDB_TYPE_DOUBLE, nonzero<double>},
  });
  constexpr std::array kText =
      std::to_array<Overload>({{DUCKDB_TYPE_FLOAT, text<float>}, {DUCKDB_TYPE_DOUBLE, text<double>}});
  TARN_TRY(add_overloads(connection, "tarn_nonzero", kNonzero, DUCKDB_TYPE_INVALID));
  TARN_TRY(add_overloads(connection, "tarn_text", kText, DUCKDB_TYPE_VARCHAR));
  for (int scale = 0; scale <= 38; ++scale) {
    std::string name = fmt::format("tarn_nonzero_{}", scale);
    LogicalType decimal(scale);
    TARN_TRY(add(connection, make_function(name.c_str(), {decimal.type}, decimal.type, nonzero<duckdb_hugeint>), name));
  }
  for (int scale = 1; scale <= 38; ++scale) {
    std::string name = fmt::format("tarn_unscaled_{}", scale);
    LogicalType decimal(scale), whole(DUCKDB_TYPE_HUGEINT);
    TARN_TRY(add(connection, make_function(name.c_str(), {decimal.type}, whole.type, unscaled), name));
  }
  LogicalType timestamp(DUCKDB_TYPE_TIMESTAMP), varchar(DUCKDB_TYPE_VARCHAR);
  TARN_TRY(add(connection, make_function("tarn_to_char", {timestamp.type, varchar.type}, varchar.type, time_text),
               "tarn_to_char"));
  TARN_TRY(add(connection,
               make_function("tarn_to_char_number", {varchar.type, varchar.type}, varchar.type, number_text),
               "tarn_to_char_number"));
  LogicalType blob(DUCKDB_TYPE_BLOB);
  TARN_TRY(add(connection, make_function("tarn_from_utf8", {blob.type}, varchar.type, from_utf8), "tarn_from_utf8"));
  TARN_TRY(add(connection, make_function("tarn_escape", {blob.type}, varchar.type, escape), "tarn_escape"));
  TARN_TRY(add(connection, make_function("tarn_unescape", {varchar.type}, blob.type, unescape), "tarn_unescape"));
  LogicalType huge(DUCKDB_TYPE_HUGEINT), big(DUCKDB_TYPE_BIGINT), integer(DUCKDB_TYPE_INTEGER), result(kQuotientScale);
  TARN_TRY(add(connection, make_function("tarn_divide", {huge.type, huge.type, integer.type}, result.type, quotient),
               "tarn_divide"));
  TARN_TRY(add(connection,
               make_function("tarn_divide_text", {huge.type, huge.type, integer.type, integer.type}, varchar.type,
                             quotient_as_text),
               "tarn_divide_text"));
  TARN_TRY(add(connection,
               make_function("tarn_average_text", {huge.type, big.type, integer.type}, varchar.type, average_as_text),
               "tarn_average_text"));
  return add(connection, make_function("tarn_average", {huge.type, big.type, integer.type}, result.type, average),
             "tarn_average");
}

}  // namespace tarn::worker::sql
