// Iceberg schemas (spec, "Schemas and Data Types"), apart from their JSON and Avro forms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/id.h"
#include "base/result.h"

namespace tarn::table {

inline constexpr std::size_t kColumnsMax = 2000;  // leaf and nested fields of one schema
inline constexpr int kNestingMax = 32;            // structs and lists within each other

enum class TypeKind : std::uint8_t {
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kDecimal,
  kDate,
  kTime,
  kTimestamp,
  kTimestamptz,
  kString,
  kUuid,
  kFixed,
  kBinary,
  kStruct,
  kList,
  kMap,
};

struct Field;

// A type by value. `children` are a struct's fields, a list's one element, or a map's key and value, each with its own
// field id. time and timestamps are in microseconds, date in days, as the spec stores them.
struct Type {
  TypeKind kind = TypeKind::kString;
  std::int32_t precision = 0;  // decimal: 1..38
  std::int32_t scale = 0;      // decimal
  std::int32_t length = 0;     // fixed
  std::vector<Field> children;

  bool operator==(const Type&) const;
  bool is_nested() const { return kind >= TypeKind::kStruct; }
};

struct Field {
  FieldId id{0};
  std::string name;
  bool required = false;
  Type type;
  std::string doc;

  bool operator==(const Field&) const = default;
};

inline bool Type::operator==(const Type&) const = default;

struct Schema {
  SchemaId id{0};
  std::vector<Field> fields;

  const Field* find(std::string_view name) const;  // top level, exact case
  bool operator==(const Schema&) const = default;
};

// The largest field id in use, nested ones included; 0 for none.
FieldId last_field_id(const Schema& schema);

// The spec's text form: "long", "decimal(10, 2)", "struct<1: a: optional long>", "list<string>".
std::string to_string(const Type& type);

// Type text as our topics/*.yaml say it: boolean, int, long, float, double, decimal(p,s), date, time, timestamp,
// timestamptz, string, uuid, binary, list<T>, struct<name: T, ...>; nested. Field ids are zero: assign_ids gives them.
Result<Type> parse_type(std::string_view text);

// Gives every field whose id is 0 the next free one, breadth first as Iceberg's own assignment does.
void assign_ids(Schema& schema, FieldId& last_assigned);

// True if values of `from` can be read as `to` without rewriting files (spec, "Schema Evolution"):
// int to long, float to double, decimal to a wider one of the same scale, or equal.
bool can_promote(const Type& from, const Type& to);

void encode(Encoder& encoder, const Schema& schema);
Schema decode_schema(Decoder& decoder);  // marks the decoder bad past kColumnsMax or kNestingMax

}  // namespace tarn::table
