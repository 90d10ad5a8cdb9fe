#include "wire/postgres/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/endian.h"
#include "base/result.h"
#include "wire/postgres/datetime_text.h"

namespace tarn::wire::postgres {
namespace {

using Decoded = std::expected<Value, ValueError>;

constexpr std::int64_t kEpochDays = 10957;  // 2000-01-01
constexpr std::int64_t kEpochMicros = kEpochDays * 86'400'000'000;

std::unexpected<ValueError> fail_value(std::string_view sqlstate, std::string message) {
  return std::unexpected(ValueError{sqlstate, std::move(message)});
}
std::unexpected<ValueError> bad_syntax(std::string_view type, std::string_view text) {
  return fail_value("22P02", fmt::format("invalid input syntax for type {}: \"{}\"", type, text));
}
std::unexpected<ValueError> out_of_range(std::string_view type, std::string_view text) {
  return fail_value("22003", fmt::format("value \"{}\" is out of range for type {}", text, type));
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

// ---- text

// src/backend/utils/adt/bool.c, parse_bool_with_len: any unambiguous beginning of these words.
Decoded text_to_bool(std::string_view text) {
  std::string word = lower(trim_spaces(text));
  auto begins = [&](std::string_view full, std::size_t least) {
    return word.size() >= least && full.starts_with(word);
  };
  if (begins("true", 1) || begins("yes", 1) || begins("on", 2) || word == "1") return true;
  if (begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0") return false;
  return bad_syntax("boolean", text);
}

template <class T>
Decoded text_to_int(std::string_view type, std::string_view text) {
  std::string_view digits = trim_spaces(text);
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
  T value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() || error == std::errc::invalid_argument) return bad_syntax(type, text);
  if (error == std::errc::result_out_of_range) return out_of_range(type, text);
  return value;
}

Decoded text_to_oid(std::string_view text) {
  Decoded value = text_to_int<std::int64_t>("oid", text);
  if (value && (std::get<std::int64_t>(*value) < 0 || std::get<std::int64_t>(*value) > 0xFFFFFFFFll)) {
    return out_of_range("oid", text);
  }
  return value;
}

template <class T>
Decoded text_to_float(std::string_view type, std::string_view text) {
  std::string word = lower(trim_spaces(text));
  std::string_view digits = word;
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
  bool letters = std::ranges::any_of(digits, [](char c) { return c >= 'a' && c <= 'z' && c != 'e'; });
  if (letters && digits != "nan" && digits != "inf" && digits != "-inf" && digits != "infinity" &&
      digits != "-infinity") {
    return bad_syntax(type, text);
  }
  T value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() || error == std::errc::invalid_argument) return bad_syntax(type, text);
  if (error == std::errc::result_out_of_range) {
    return fail_value("22003", fmt::format("\"{}\" is out of range for type {}", text, type));
  }
  return value;
}

std::unexpected<ValueError> too_many_digits() {
  return fail_value("22003", fmt::format("numeric parameters hold at most {} digits", kDecimalDigitsMax));
}

// digits, a point, digits, an exponent; NaN and infinities have no decimal.
Decoded text_to_decimal(std::string_view text) {
  std::string_view rest = trim_spaces(text);
  bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (std::string word = lower(rest); word == "nan" || word == "inf" || word == "infinity") {
    return fail_value("0A000", fmt::format("numeric {} is not served", text));
  }
  Decimal decimal;
  int digits = 0;
  bool any = false;
  bool point = false;
  for (; !rest.empty() && ((rest[0] >= '0' && rest[0] <= '9') || (rest[0] == '.' && !point)); rest.remove_prefix(1)) {
    if (rest[0] == '.') {
      point = true;
      continue;
    }
    any = true;
    if (digits > 0 || rest[0] != '0') ++digits;
    if (point) ++decimal.scale;
    if (digits > kDecimalDigitsMax || decimal.scale > kDecimalDigitsMax) return too_many_digits();
    decimal.unscaled = decimal.unscaled * 10 + (rest[0] - '0');
  }
  int exponent = 0;
  if (any && !rest.empty() && (rest[0] == 'e' || rest[0] == 'E')) {
    rest.remove_prefix(1);
    if (rest.starts_with('+') && !rest.starts_with("+-")) rest.remove_prefix(1);
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
    if (error != std::errc() || std::abs(exponent) > 1000) return bad_syntax("numeric", text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  if (!any || !rest.empty()) return bad_syntax("numeric", text);
  decimal.scale -= exponent;
  for (; decimal.scale < 0; ++decimal.scale) {
    if (decimal.unscaled != 0 && ++digits > kDecimalDigitsMax) return too_many_digits();
    decimal.unscaled *= 10;
  }
  if (decimal.scale > kDecimalDigitsMax) return too_many_digits();
  if (negative) decimal.unscaled = -decimal.unscaled;
  return decimal;
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

Decoded hex_to_bytea(std::string_view text) {
  Buffer bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    if (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
      --at;
      continue;
    }
    std::optional<int> high = hex_digit(text[at]);
    if (!high) return fail_value("22023", fmt::format("invalid hexadecimal digit: \"{}\"", text[at]));
    if (at + 1 == text.size()) return fail_value("22023", "invalid hexadecimal data: odd number of digits");
    std::optional<int> low = hex_digit(text[at + 1]);
    if (!low) return fail_value("22023", fmt::format("invalid hexadecimal digit: \"{}\"", text[at + 1]));
    bytes.push_back(static_cast<std::byte>(*high * 16 + *low));
  }
  return bytes;
}

// The older form: bytes as they are, backslash doubled or before three octal digits.
Decoded text_to_bytea(std::string_view text) {
  if (text.starts_with("\\x")) return hex_to_bytea(text.substr(2));
  Buffer bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      bytes.push_back(static_cast<std::byte>(text[at]));
      continue;
    }
    std::string_view escape = text.substr(at + 1, 3);
    auto octal = [&](std::size_t i, char most) { return escape[i] >= '0' && escape[i] <= most; };
    if (escape.starts_with('\\')) {
      bytes.push_back(std::byte('\\'));
      at += 1;
    } else if (escape.size() == 3 && octal(0, '3') && octal(1, '7') && octal(2, '7')) {
      bytes.push_back(static_cast<std::byte>((escape[0] - '0') * 64 + (escape[1] - '0') * 8 + (escape[2] - '0')));
      at += 3;
    } else {
      return fail_value("22P02", "invalid input syntax for type bytea");
    }
  }
  return bytes;
}

// Hyphens after any group of four digits, braces around (src/backend/utils/adt/uuid.c, string_to_uuid).
Decoded text_to_uuid(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with('{') && rest.ends_with('}')) rest = rest.substr(1, rest.size() - 2);
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    std::optional<int> high = at < rest.size() ? hex_digit(rest[at]) : std::nullopt;
    std::optional<int> low = at + 1 < rest.size() ? hex_digit(rest[at + 1]) : std::nullopt;
    if (!high || !low) return bad_syntax("uuid", text);
    uuid.bytes[i] = static_cast<std::byte>(*high * 16 + *low);
    at += 2;
    if (i % 2 == 1 && i + 1 < uuid.bytes.size() && at < rest.size() && rest[at] == '-') ++at;
  }
  if (at != rest.size()) return bad_syntax("uuid", text);
  return uuid;
}

std::unexpected<ValueError> bad_time(TimeTextStatus status, std::string_view type, std::string_view text) {
  if (status == TimeTextStatus::kOutOfRange) {
    return fail_value("22008", fmt::format("date/time field value out of range: \"{}\"", text));
  }
  return fail_value("22007", fmt::format("invalid input syntax for type {}: \"{}\"", type, text));
}

Decoded text_to_date(std::string_view text) {
  TimeText parsed;
  TimeTextStatus status = parse_time_text(text, parsed);
  if (status != TimeTextStatus::kOk || !parsed.has_date) return bad_time(status, "date", text);
  if (parsed.infinity != 0) return Date{parsed.infinity * kDateInfinity};
  return Date{static_cast<std::int32_t>(parsed.days)};
}

Decoded text_to_time(std::string_view text) {
  TimeText parsed;
  TimeTextStatus status = parse_time_text(text, parsed);
  if (status != TimeTextStatus::kOk || !parsed.has_clock) return bad_time(status, "time", text);
  return Time{parsed.micros};
}

Decoded text_to_timestamp(std::string_view text, bool with_zone) {
  TimeText parsed;
  TimeTextStatus status = parse_time_text(text, parsed);
  std::string_view type = with_zone ? "timestamp with time zone" : "timestamp";
  if (status != TimeTextStatus::kOk || !parsed.has_date) return bad_time(status, type, text);
  std::int64_t micros = parsed.infinity * kTimestampInfinity;
  if (parsed.infinity == 0) micros = parsed.days * 86'400'000'000 + parsed.micros;
  if (!with_zone) return Timestamp{micros};  // as Postgres, a zone that is there is ignored
  if (parsed.infinity != 0) return Timestamptz{micros};
  if (!parsed.offset_seconds) return ZonelessTimestamptz{micros};
  return Timestamptz{micros - *parsed.offset_seconds * std::int64_t{1'000'000}};
}

Decoded to_string(std::string_view text) {
  std::size_t at = find_invalid_utf8(text);
  if (at == std::string_view::npos) return std::string(text);
  return fail_value("22021", fmt::format("invalid byte sequence for encoding \"UTF8\": 0x{:02x}",
                                         static_cast<unsigned char>(text[at])));
}

// ---- binary

std::unexpected<ValueError> bad_binary() {
  return fail_value("22P03", "incorrect binary data format in bind parameter");
}
// Postgres reads field by field: running out of bytes breaks the protocol, bytes left over the type's format.
std::unexpected<ValueError> wrong_size(std::size_t size, std::size_t expected) {
  if (size < expected) return fail_value("08P01", "insufficient data left in message");
  return bad_binary();
}

template <class T>
std::expected<T, ValueError> fixed(ByteView bytes) {
  if (bytes.size() != sizeof(T)) return wrong_size(bytes.size(), sizeof(T));
  return load_be<T>(bytes.data());
}

Decoded binary_to_float(ByteView bytes, Oid type) {
  if (type == kFloat4Oid) {
    TARN_ASSIGN(std::uint32_t bits, fixed<std::uint32_t>(bytes));
    return std::bit_cast<float>(bits);
  }
  TARN_ASSIGN(std::uint64_t bits, fixed<std::uint64_t>(bytes));
  return std::bit_cast<double>(bits);
}

// See append_binary_numeric in values.cc for the bytes.
Decoded binary_to_decimal(ByteView bytes) {
  if (bytes.size() < 8) return wrong_size(bytes.size(), 8);
  int count = load_be<std::int16_t>(bytes.data());
  int weight = load_be<std::int16_t>(bytes.data() + 2);
  unsigned sign = load_be<std::uint16_t>(bytes.data() + 4);
  int scale = load_be<std::int16_t>(bytes.data() + 6);
  if (count < 0 || scale < 0) return bad_binary();
  std::size_t size = 8 + 2 * static_cast<std::size_t>(count);
  if (bytes.size() != size) return wrong_size(bytes.size(), size);
  if (sign == 0xC000 || sign == 0xD000 || sign == 0xF000)
    return fail_value("0A000", "numeric NaN and infinity are not served");
  if (sign != 0 && sign != 0x4000) return bad_binary();
  if (scale > kDecimalDigitsMax) return too_many_digits();
  // Decimal digit by decimal digit, so that digits beyond dscale are cut as Postgres cuts them.
  Decimal decimal{0, scale};
  int digits = 0;
  for (int place = std::max(weight, 0); place * 4 + 4 > -scale; --place) {
    int index = weight - place;
    int group = index >= 0 && index < count ? load_be<std::int16_t>(bytes.data() + 8 + 2 * index) : 0;
    if (group < 0 || group >= 10000) return bad_binary();
    static constexpr int kPower[] = {1000, 100, 10, 1};
    for (int i = 0; i < 4 && place * 4 + 3 - i >= -scale; ++i) {
      int digit = group / kPower[i] % 10;
      if ((digits > 0 || digit != 0) && ++digits > kDecimalDigitsMax) return too_many_digits();
      decimal.unscaled = decimal.unscaled * 10 + digit;
    }
  }
  if (sign == 0x4000) decimal.unscaled = -decimal.unscaled;
  return decimal;
}

Decoded binary_to_date(ByteView bytes) {
  TARN_ASSIGN(std::int32_t days, fixed<std::int32_t>(bytes));
  if (days == kDateInfinity) return Date{kDateInfinity};
  if (days == std::numeric_limits<std::int32_t>::min()) return Date{-kDateInfinity};
  std::int32_t since_1970 = 0;
  if (__builtin_add_overflow(days, static_cast<std::int32_t>(kEpochDays), &since_1970)) {
    return fail_value("22008", "date out of range");
  }
  return Date{since_1970};
}

Decoded binary_to_timestamp(ByteView bytes, Oid type) {
  TARN_ASSIGN(std::int64_t micros, fixed<std::int64_t>(bytes));
  std::int64_t since_1970 = 0;
  if (micros == kTimestampInfinity) {
    since_1970 = kTimestampInfinity;
  } else if (micros == std::numeric_limits<std::int64_t>::min()) {
    since_1970 = -kTimestampInfinity;
  } else if (__builtin_add_overflow(micros, kEpochMicros, &since_1970)) {
    return fail_value("22008", "timestamp out of range");
  }
  if (type == kTimestampOid) return Timestamp{since_1970};
  return Timestamptz{since_1970};
}

Decoded binary_to_time(ByteView bytes) {
  TARN_ASSIGN(std::int64_t micros, fixed<std::int64_t>(bytes));
  if (micros < 0 || micros > 86'400'000'000) return fail_value("22008", "time out of range");
  return Time{micros};
}

std::unexpected<ValueError> not_served(Oid type) {
  return fail_value("0A000", fmt::format("parameters of type oid {} are not served; send text and cast it", type));
}

}  // namespace

Decoded decode_text(Oid type, std::string_view text) {
  switch (type) {
    case kBoolOid: return text_to_bool(text);
    case kInt2Oid: return text_to_int<std::int16_t>("smallint", text);
    case kInt4Oid: return text_to_int<std::int32_t>("integer", text);
    case kInt8Oid: return text_to_int<std::int64_t>("bigint", text);
    case kOidOid: return text_to_oid(text);
    case kFloat4Oid: return text_to_float<float>("real", text);
    case kFloat8Oid: return text_to_float<double>("double precision", text);
    case kNumericOid: return text_to_decimal(text);
    case kByteaOid: return text_to_bytea(text);
    case kUuidOid: return text_to_uuid(text);
    case kDateOid: return text_to_date(text);
    case kTimeOid: return text_to_time(text);
    case kTimestampOid: return text_to_timestamp(text, false);
    case kTimestamptzOid: return text_to_timestamp(text, true);
    case kUnspecifiedOid:
    case kUnknownOid:
    case kTextOid:
    case kVarcharOid:
    case kBpcharOid:
    case kNameOid:
    case kCharOid:
    case kJsonOid:
    case kJsonbOid: return to_string(text);
    default: return not_served(type);
  }
}

Decoded decode_binary(Oid type, ByteView bytes) {
  switch (type) {
    case kBoolOid:
      if (bytes.size() != 1) return wrong_size(bytes.size(), 1);
      return bytes[0] != std::byte(0);
    case kInt2Oid: return fixed<std::int16_t>(bytes);
    case kInt4Oid: return fixed<std::int32_t>(bytes);
    case kInt8Oid: return fixed<std::int64_t>(bytes);
    case kOidOid: {
      TARN_ASSIGN(std::uint32_t oid, fixed<std::uint32_t>(bytes));
      return std::int64_t{oid};
    }
    case kFloat4Oid:
    case kFloat8Oid: return binary_to_float(bytes, type);
    case kNumericOid: return binary_to_decimal(bytes);
    case kByteaOid: return to_buffer(bytes);
    case kUuidOid: {
      Uuid uuid;
      if (bytes.size() != uuid.bytes.size()) return wrong_size(bytes.size(), uuid.bytes.size());
      std::ranges::copy(bytes, uuid.bytes.begin());
      return uuid;
    }
    case kDateOid: return binary_to_date(bytes);
    case kTimeOid: return binary_to_time(bytes);
    case kTimestampOid:
    case kTimestamptzOid: return binary_to_timestamp(bytes, type);
    case kJsonbOid:
      if (bytes.empty() || bytes[0] != std::byte(1)) return bad_binary();
      return to_string(as_text(bytes.subspan(1)));
    case kUnspecifiedOid:
    case kUnknownOid:
    case kTextOid:
    case kVarcharOid:
    case kBpcharOid:
    case kNameOid:
    case kCharOid:
    case kJsonOid: return to_string(as_text(bytes));
    default: return not_served(type);
  }
}

}  // namespace tarn::wire::postgres
