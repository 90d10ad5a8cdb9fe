#include "worker/sql/parameters.h"

#include <fmt/format.h>

#include <charconv>

#include "sql/types.h"
#include "wire/postgres/parameters.h"
#include "worker/sql/result_types.h"

namespace tarn::worker::sql {
namespace {

using wire::postgres::Value;

std::unexpected<Failure> refuse(std::string_view sqlstate, std::string message) {
  return std::unexpected(Failure{.sqlstate = std::string(sqlstate), .message = std::move(message)});
}

// Where $n stand in SQL that the rewriter printed: outside '...' and "...".
struct Placeholder {
  std::size_t at, length, number;
};
std::vector<Placeholder> placeholders(std::string_view sql) {
  std::vector<Placeholder> found;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    char c = sql[i];
    if (c == '\'' || c == '"') {  // a doubled quote ends one and begins the next
      i = sql.find(c, i + 1);
      if (i == std::string_view::npos) break;
    } else if (c == '$') {
      std::size_t number = 0;
      auto [end, error] = std::from_chars(sql.data() + i + 1, sql.data() + sql.size(), number);
      auto length = static_cast<std::size_t>(end - (sql.data() + i));
      if (error == std::errc() && number > 0) found.push_back({i, length, number});
    }
  }
  return found;
}

duckdb_hugeint hugeint(wire::postgres::Int128 value) {
  return {static_cast<std::uint64_t>(value), static_cast<std::int64_t>(value >> 64)};
}

duckdb_value text_value(std::string_view text) { return duckdb_create_varchar_length(text.data(), text.size()); }

duckdb_value decimal_value(const wire::postgres::Decimal& decimal) {
  return duckdb_create_decimal({38, static_cast<std::uint8_t>(decimal.scale), hugeint(decimal.unscaled)});
}

duckdb_value uuid_value(const Uuid& uuid) {
  std::uint64_t high = load_be<std::uint64_t>(uuid.bytes.data()), low = load_be<std::uint64_t>(uuid.bytes.data() + 8);
  return duckdb_create_uuid({low, high});
}

struct ToDuck {
  const std::string& text;  // as it came, for what only DuckDB can read: it knows the session's time zone
  duckdb_value operator()(bool v) const { return duckdb_create_bool(v); }
  duckdb_value operator()(std::int16_t v) const { return duckdb_create_int16(v); }
  duckdb_value operator()(std::int32_t v) const { return duckdb_create_int32(v); }
  duckdb_value operator()(std::int64_t v) const { return duckdb_create_int64(v); }
  duckdb_value operator()(float v) const { return duckdb_create_float(v); }
  duckdb_value operator()(double v) const { return duckdb_create_double(v); }
  duckdb_value operator()(const wire::postgres::Decimal& v) const { return decimal_value(v); }
  duckdb_value operator()(const std::string& v) const { return text_value(v); }
  duckdb_value operator()(const Buffer& v) const {
    return duckdb_create_blob(reinterpret_cast<const std::uint8_t*>(v.data()), v.size());
  }
  duckdb_value operator()(wire::postgres::Date v) const { return duckdb_create_date({v.days}); }
  duckdb_value operator()(wire::postgres::Time v) const { return duckdb_create_time({v.micros}); }
  duckdb_value operator()(wire::postgres::Timestamp v) const { return duckdb_create_timestamp({v.micros}); }
  duckdb_value operator()(wire::postgres::Timestamptz v) const { return duckdb_create_timestamp_tz({v.micros}); }
  duckdb_value operator()(wire::postgres::ZonelessTimestamptz) const { return text_value(text); }
  duckdb_value operator()(const Uuid& v) const { return uuid_value(v); }
};

// The elements of an array in its text form, as Postgres sends it; one dimension. False if it is malformed.
bool array_elements(std::string_view text, std::vector<std::optional<std::string>>& items) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return false;
  text = text.substr(1, text.size() - 2);
  std::size_t at = 0;
  while (at < text.size()) {
    std::string item;
    bool quoted = text[at] == '"';
    for (at += quoted; at < text.size() && text[at] != (quoted ? '"' : ','); ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      item += text[at];
    }
    at += quoted;
    items.push_back(!quoted && item == "NULL" ? std::nullopt : std::optional(std::move(item)));
    if (at < text.size() && text[at++] != ',') return false;
  }
  return true;
}

// Postgres's array_send: dimensions, has_null, element oid, (length, lower bound), then size and bytes of each.
bool binary_array_elements(std::string_view bytes, std::vector<std::optional<std::string>>& items) {
  auto next = [&](std::int32_t& out) {
    if (bytes.size() < 4) return false;
    out = load_be<std::int32_t>(tarn::as_bytes(bytes).data());
    bytes.remove_prefix(4);
    return true;
  };
  std::int32_t dimensions = 0, flags = 0, element = 0, length = 0, lower = 0;
  if (!next(dimensions) || !next(flags) || !next(element)) return false;
  if (dimensions == 0) return true;
  if (dimensions != 1 || !next(length) || !next(lower)) return false;
  for (std::int32_t i = 0; i < length; ++i) {
    std::int32_t size = 0;
    if (!next(size) || (size >= 0 && static_cast<std::size_t>(size) > bytes.size())) return false;
    if (size < 0) {
      items.emplace_back(std::nullopt);
      continue;
    }
    items.emplace_back(std::string(bytes.substr(0, static_cast<std::size_t>(size))));
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

// microseconds: i64 | days: i32 | months: i32
Outcome<duckdb_value> interval_value(bool binary, const std::string& bytes) {
  if (!binary) return text_value(bytes);  // DuckDB reads what Postgres writes
  if (bytes.size() != 16) return refuse("22P03", "incorrect binary data format");
  const std::byte* at = tarn::as_bytes(bytes).data();
  return duckdb_create_interval({.months = load_be<std::int32_t>(at + 12),
                                 .days = load_be<std::int32_t>(at + 8),
                                 .micros = load_be<std::int64_t>(at)});
}

Outcome<duckdb_value> scalar_value(engine::Oid type, bool binary, const std::string& bytes) {
  if (type == wire::postgres::kIntervalOid) return interval_value(binary, bytes);
  auto decoded =
      binary ? wire::postgres::decode_binary(type, tarn::as_bytes(bytes)) : wire::postgres::decode_text(type, bytes);
  if (!decoded) return refuse(decoded.error().sqlstate, decoded.error().message);
  return std::visit(ToDuck{bytes}, *decoded);
}

Outcome<duckdb_value> array_value(const tarn::sql::TypeFacts& element, const engine::Parameter& parameter) {
  std::vector<std::optional<std::string>> items;
  bool read = parameter.binary ? binary_array_elements(parameter.value, items) : array_elements(parameter.value, items);
  if (!read)
    return refuse("22P02",
                  fmt::format("malformed array literal: \"{}\"", parameter.binary ? "(binary)" : parameter.value));
  std::vector<duckdb_value> values;
  auto drop = [&] {
    for (duckdb_value& value : values) duckdb_destroy_value(&value);
  };
  for (const auto& item : items) {
    Outcome<duckdb_value> value =
        item ? scalar_value(element.oid, parameter.binary, *item) : duckdb_create_null_value();
    if (!value) {
      drop();
      return value;
    }
    values.push_back(*value);
  }
  duckdb_logical_type type = duckdb_type_of(element.oid);
  duckdb_value list = duckdb_create_list_value(type, values.data(), values.size());
  duckdb_destroy_logical_type(&type);
  drop();
  return list;
}

constexpr int kScaleUnknown = 10;  // of a numeric parameter that is only described

int scale_of(const engine::Parameter& parameter, engine::Oid type) {
  if (parameter.is_null || type != wire::postgres::kNumericOid) return 0;
  auto decoded = parameter.binary
                     ? wire::postgres::decode_binary(wire::postgres::kNumericOid, tarn::as_bytes(parameter.value))
                     : wire::postgres::decode_text(wire::postgres::kNumericOid, parameter.value);
  if (!decoded) return kScaleUnknown;  // bind_parameters will say why
  const auto* decimal = std::get_if<wire::postgres::Decimal>(&*decoded);
  return decimal == nullptr ? kScaleUnknown : decimal->scale;
}

}  // namespace

Outcome<std::string> with_parameter_types(std::string_view sql, std::span<const engine::Oid> types,
                                          std::span<const engine::Parameter> values) {
  std::string result;
  std::size_t copied = 0;
  for (const Placeholder& p : placeholders(sql)) {
    engine::Oid type = p.number <= types.size() ? types[p.number - 1] : 0;
    if (type == 0 || type == wire::postgres::kUnknownOid) continue;
    auto duck = tarn::sql::duck_type(
        {type, -1, p.number <= values.size() ? scale_of(values[p.number - 1], type) : kScaleUnknown});
    if (!duck) return refuse("0A000", fmt::format("a parameter of type oid {} is not supported", type));
    result.append(sql, copied, p.at - copied);
    // DuckDB leaves a parameter right under a cast to JSON without a type, and with it the columns.
    std::string_view inner = *duck == "JSON" ? "(CAST({} AS VARCHAR) || '')" : "{}";
    result += fmt::format("CAST({} AS {})", fmt::format(fmt::runtime(inner), sql.substr(p.at, p.length)), *duck);
    copied = p.at + p.length;
  }
  return result.append(sql, copied);
}

std::vector<engine::Oid> inferred_types(duckdb_prepared_statement prepared, std::span<const engine::Oid> types) {
  std::vector<engine::Oid> result(types.begin(), types.end());
  result.resize(duckdb_nparams(prepared), 0);
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (result[i] != 0 && result[i] != wire::postgres::kUnknownOid) continue;
    duckdb_logical_type type = duckdb_param_logical_type(prepared, i + 1);
    result[i] = type == nullptr ? 0 : parameter_oid(type);
    duckdb_destroy_logical_type(&type);
  }
  return result;
}

Outcome<void> bind_parameters(duckdb_prepared_statement prepared, std::span<const engine::Parameter> values,
                              std::span<const engine::Oid> types) {
  if (values.size() != types.size()) {
    return refuse("08P01", fmt::format("bind message supplies {} parameters, but prepared statement requires {}",
                                       values.size(), types.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].is_null) {
      duckdb_bind_null(prepared, i + 1);
      continue;
    }
    const tarn::sql::TypeFacts* element = tarn::sql::element_of(types[i]);
    Outcome<duckdb_value> value = element == nullptr ? scalar_value(types[i], values[i].binary, values[i].value)
                                                     : array_value(*element, values[i]);
    if (!value) return std::unexpected(std::move(value).error());
    duckdb_state bound = duckdb_bind_value(prepared, i + 1, *value);
    duckdb_destroy_value(&*value);
    if (bound != DuckDBSuccess) return refuse("22023", fmt::format("parameter ${} can't be bound", i + 1));
  }
  return {};
}

}  // namespace tarn::worker::sql
