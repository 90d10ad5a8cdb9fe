#include "worker/duckdb_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tarn::worker {
namespace {

using enum table::TypeKind;

struct PlainType {
  duckdb_type id;
  const char* sql;
};

PlainType plain_type(table::TypeKind kind) {
  switch (kind) {
    case kBoolean: return {DUCKDB_TYPE_BOOLEAN, "BOOLEAN"};
    case kInt: return {DUCKDB_TYPE_INTEGER, "INTEGER"};
    case kLong: return {DUCKDB_TYPE_BIGINT, "BIGINT"};
    case kFloat: return {DUCKDB_TYPE_FLOAT, "FLOAT"};
    case kDouble: return {DUCKDB_TYPE_DOUBLE, "DOUBLE"};
    case kDate: return {DUCKDB_TYPE_DATE, "DATE"};
    case kTime: return {DUCKDB_TYPE_TIME, "TIME"};
    case kTimestamp: return {DUCKDB_TYPE_TIMESTAMP, "TIMESTAMP"};
    case kTimestamptz: return {DUCKDB_TYPE_TIMESTAMP_TZ, "TIMESTAMP WITH TIME ZONE"};
    case kString: return {DUCKDB_TYPE_VARCHAR, "VARCHAR"};
    case kUuid: return {DUCKDB_TYPE_UUID, "UUID"};
    case kFixed:
    case kBinary: return {DUCKDB_TYPE_BLOB, "BLOB"};
    case kDecimal:
    case kStruct:
    case kList:
    case kMap: break;
  }
  return {DUCKDB_TYPE_INVALID, ""};
}

duckdb_logical_type struct_type(const table::Type& type) {
  std::vector<duckdb_logical_type> types;
  std::vector<const char*> names;
  for (const table::Field& field : type.children) {
    types.push_back(logical_type(field.type));
    names.push_back(field.name.c_str());
  }
  duckdb_logical_type made = duckdb_create_struct_type(types.data(), names.data(), types.size());
  for (duckdb_logical_type& child : types) duckdb_destroy_logical_type(&child);
  return made;
}

// A child's type, as a field of that name; nullopt as table_type.
std::optional<table::Field> child_field(std::string name, duckdb_logical_type child) {
  auto type = table_type(child);
  duckdb_destroy_logical_type(&child);
  if (!type) return std::nullopt;
  return table::Field{.name = std::move(name), .type = std::move(*type)};
}

std::optional<table::Type> nested_type(table::TypeKind kind, std::vector<std::optional<table::Field>> children) {
  table::Type made{.kind = kind};
  for (auto& child : children) {
    if (!child) return std::nullopt;
    made.children.push_back(std::move(*child));
  }
  if (made.children.empty()) return std::nullopt;
  if (kind == kMap) made.children[0].required = true;
  return made;
}

std::optional<table::Type> struct_table_type(duckdb_logical_type type) {
  std::vector<std::optional<table::Field>> fields;
  for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
    char* name = duckdb_struct_type_child_name(type, i);
    fields.push_back(child_field(name, duckdb_struct_type_child_type(type, i)));
    duckdb_free(name);
  }
  return nested_type(kStruct, std::move(fields));
}

const table::Field* by_id(const std::vector<table::Field>& fields, FieldId id) {
  auto found = std::ranges::find(fields, id, &table::Field::id);
  return found == fields.end() ? nullptr : &*found;
}

std::string evolve_struct(const std::string& expression, const table::Type& from, const table::Type& to) {
  std::string fields;
  for (const table::Field& field : to.children) {
    if (!fields.empty()) fields += ", ";
    const table::Field* old = by_id(from.children, field.id);
    std::string value = old ? evolve_sql(fmt::format("struct_extract({}, {})", expression, quote_literal(old->name)),
                                         old->type, field.type)
                            : fmt::format("NULL::{}", type_sql(field.type));
    fields += fmt::format("{} := {}", quote_identifier(field.name), value);
  }
  return fmt::format("CASE WHEN {} IS NOT NULL THEN struct_pack({}) END", expression, fields);
}

}  // namespace

duckdb_logical_type logical_type(const table::Type& type) {
  switch (type.kind) {
    case kDecimal:
      return duckdb_create_decimal_type(static_cast<std::uint8_t>(type.precision),
                                        static_cast<std::uint8_t>(type.scale));
    case kStruct: return struct_type(type);
    case kList: {
      duckdb_logical_type element = logical_type(type.children.at(0).type);
      duckdb_logical_type made = duckdb_create_list_type(element);
      duckdb_destroy_logical_type(&element);
      return made;
    }
    case kMap: {
      duckdb_logical_type key = logical_type(type.children.at(0).type);
      duckdb_logical_type value = logical_type(type.children.at(1).type);
      duckdb_logical_type made = duckdb_create_map_type(key, value);
      duckdb_destroy_logical_type(&key);
      duckdb_destroy_logical_type(&value);
      return made;
    }
    default: return duckdb_create_logical_type(plain_type(type.kind).id);
  }
}

std::optional<table::Type> table_type(duckdb_logical_type type) {
  auto plain = [](table::TypeKind kind) { return std::optional(table::Type{.kind = kind}); };
  auto decimal = [](int precision, int scale) {
    return std::optional(table::Type{.kind = kDecimal, .precision = precision, .scale = scale});
  };
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_BOOLEAN: return plain(kBoolean);
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_INTEGER: return plain(kInt);
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_BIGINT: return plain(kLong);
    case DUCKDB_TYPE_UBIGINT: return decimal(20, 0);
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT: return decimal(38, 0);
    case DUCKDB_TYPE_DECIMAL: return decimal(duckdb_decimal_width(type), duckdb_decimal_scale(type));
    case DUCKDB_TYPE_FLOAT: return plain(kFloat);
    case DUCKDB_TYPE_DOUBLE: return plain(kDouble);
    case DUCKDB_TYPE_SQLNULL:
    case DUCKDB_TYPE_ENUM:
    case DUCKDB_TYPE_VARCHAR: return plain(kString);
    case DUCKDB_TYPE_BLOB: return plain(kBinary);
    case DUCKDB_TYPE_UUID: return plain(kUuid);
    case DUCKDB_TYPE_DATE: return plain(kDate);
    case DUCKDB_TYPE_TIME: return plain(kTime);
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS: return plain(kTimestamp);
    case DUCKDB_TYPE_TIMESTAMP_TZ: return plain(kTimestamptz);
    case DUCKDB_TYPE_LIST: return nested_type(kList, {child_field("element", duckdb_list_type_child_type(type))});
    case DUCKDB_TYPE_ARRAY: return nested_type(kList, {child_field("element", duckdb_array_type_child_type(type))});
    case DUCKDB_TYPE_MAP:
      return nested_type(kMap, {child_field("key", duckdb_map_type_key_type(type)),
                                child_field("value", duckdb_map_type_value_type(type))});
    case DUCKDB_TYPE_STRUCT: return struct_table_type(type);
    default: return std::nullopt;
  }
}

std::string type_sql(const table::Type& type) {
  switch (type.kind) {
    case kDecimal: return fmt::format("DECIMAL({}, {})", type.precision, type.scale);
    case kList: return type_sql(type.children.at(0).type) + "[]";
    case kMap:
      return fmt::format("MAP({}, {})", type_sql(type.children.at(0).type), type_sql(type.children.at(1).type));
    case kStruct: {
      std::string fields;
      for (const table::Field& field : type.children)
        fields +=
            fmt::format("{}{} {}", fields.empty() ? "" : ", ", quote_identifier(field.name), type_sql(field.type));
      return fmt::format("STRUCT({})", fields);
    }
    default: return plain_type(type.kind).sql;
  }
}

static std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

std::string quote_identifier(std::string_view name) { return quoted(name, '"'); }
std::string quote_literal(std::string_view text) { return quoted(text, '\''); }

std::string files_sql(const std::vector<std::string>& files, const table::Schema& schema) {
  std::string names, map;
  for (const std::string& file : files) names += (names.empty() ? "" : ", ") + quote_literal(file);
  for (const table::Field& field : schema.fields) {
    map += fmt::format("{}{}: {{name: {}, type: {}, default_value: NULL::VARCHAR}}", map.empty() ? "" : ", ",
                       field.id.value(), quote_literal(field.name), quote_literal(type_sql(field.type)));
  }
  return fmt::format("read_parquet([{}], schema=MAP {{{}}})", names, map);
}

std::string evolve_sql(const std::string& expression, const table::Type& from, const table::Type& to) {
  if (from == to) return expression;
  if (from.kind == kStruct && to.kind == kStruct) return evolve_struct(expression, from, to);
  if (from.kind == kList && to.kind == kList)
    return fmt::format("list_transform({}, lambda e_: {})", expression,
                       evolve_sql("e_", from.children.at(0).type, to.children.at(0).type));
  return fmt::format("CAST({} AS {})", expression, type_sql(to));
}

}  // namespace tarn::worker
