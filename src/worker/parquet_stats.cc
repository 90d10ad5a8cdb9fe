#include "worker/parquet_stats.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/uuid.h"
#include "table/bounds.h"
#include "worker/duckdb_types.h"
#include "worker/text_values.h"

namespace tarn::worker {
namespace {

using table::BoundSide;
using enum table::TypeKind;

template <class T>
std::optional<T> number(std::string_view text) {
  T value;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned byte = 0;
    auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc{} || end != text.data() + i + 2) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  if (text.size() % 2 != 0) return std::nullopt;
  return bytes;
}

// A bound's binary form from DuckDB's text of the value.
std::optional<std::string> bound(std::string_view text, const table::Type& type, BoundSide side) {
  auto with = [](const auto& value, auto make) -> std::optional<std::string> {
    if (!value) return std::nullopt;
    return make(*value);
  };
  switch (type.kind) {
    case kBoolean: return table::boolean_bound(text == "1" || text == "true");
    case kInt: return with(number<std::int32_t>(text), table::int_bound);
    case kLong: return with(number<std::int64_t>(text), table::long_bound);
    case kFloat: return with(number<float>(text), [&](float value) { return table::float_bound(value, side); });
    case kDouble: return with(number<double>(text), [&](double value) { return table::double_bound(value, side); });
    case kDecimal: return with(parse_decimal(text, type.precision, type.scale), table::decimal_bound);
    case kDate: return with(parse_date(text), table::int_bound);
    case kTime: return with(parse_time(text), table::long_bound);
    case kTimestamp:
    case kTimestamptz:
      return with(parse_timestamp(text), [](const ParsedTimestamp& value) { return table::long_bound(value.micros); });
    case kString: return table::string_bound(text, side);
    case kUuid: return with(Uuid::parse(text), table::uuid_bound);
    case kBinary:
      return with(from_hex(text), [&](const std::string& value) { return table::binary_bound(value, side); });
    case kFixed:
    case kStruct:
    case kList:
    case kMap: return std::nullopt;
  }
  return std::nullopt;
}

// The entry of `name`, as a number.
std::optional<std::int64_t> count(const ColumnStats& stats, std::string_view name) {
  auto found = stats.find(name);
  return found == stats.end() ? std::nullopt : number<std::int64_t>(found->second);
}

void apply_leaf(const ColumnStats& stats, const table::Field& field, bool in_list, table::DataFile& file) {
  std::int32_t id = field.id.value();
  if (auto bytes = count(stats, "column_size_bytes")) file.column_sizes[id] = *bytes;
  if (auto values = count(stats, "num_values")) file.value_counts[id] = *values;
  if (auto nulls = count(stats, "null_count")) file.null_value_counts[id] = *nulls;
  if (auto nan = stats.find("has_nan"); nan != stats.end() && nan->second == "false") file.nan_value_counts[id] = 0;
  if (in_list) return;
  auto set = [&](std::string_view name, BoundSide side, std::map<std::int32_t, std::string>& bounds) {
    auto text = stats.find(name);
    if (text == stats.end()) return;
    if (auto value = bound(text->second, field.type, side)) bounds[id] = std::move(*value);
  };
  set("min", BoundSide::kLower, file.lower_bounds);
  set("max", BoundSide::kUpper, file.upper_bounds);
}

void apply_fields(const FileStats& stats, const std::vector<table::Field>& fields, const std::string& prefix,
                  bool in_list, table::DataFile& file) {
  for (const table::Field& field : fields) {
    std::string path = prefix + quote_identifier(field.name);
    if (field.type.is_nested()) {
      apply_fields(stats, field.type.children, path + ".", in_list || field.type.kind != kStruct, file);
    } else if (auto found = stats.find(path); found != stats.end()) {
      apply_leaf(found->second, field, in_list, file);
    }
  }
}

std::string field_ids(const std::vector<table::Field>& fields) {
  std::string out;
  for (const table::Field& field : fields) {
    if (!out.empty()) out += ", ";
    out += quote_literal(field.name) + ": ";
    if (field.type.is_nested())
      out += fmt::format("{{__duckdb_field_id: {}, {}}}", field.id.value(), field_ids(field.type.children));
    else
      out += std::to_string(field.id.value());
  }
  return out;
}

}  // namespace

void apply_stats(const FileStats& stats, const table::Schema& schema, table::DataFile& file) {
  apply_fields(stats, schema.fields, "", false, file);
}

std::string field_ids_sql(const table::Schema& schema) { return "{" + field_ids(schema.fields) + "}"; }

}  // namespace tarn::worker
