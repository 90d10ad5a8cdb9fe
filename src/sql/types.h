// Postgres's types as the rewriter and pg_catalog need them: oids, names, and DuckDB's type for each.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tarn::sql {

using Oid = std::uint32_t;

namespace oid {
inline constexpr Oid kUnknown = 0;  // not inferred; a string literal or an untyped parameter too
inline constexpr Oid kBool = 16, kBytea = 17, kChar = 18, kName = 19, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25,
                     kOid = 26, kJson = 114, kFloat4 = 700, kFloat8 = 701, kBpchar = 1042, kVarchar = 1043,
                     kDate = 1082, kTime = 1083, kTimestamp = 1114, kTimestamptz = 1184, kInterval = 1186,
                     kTimetz = 1266, kNumeric = 1700, kRegproc = 24, kRegclass = 2205, kRegtype = 2206, kRecord = 2249,
                     kUuid = 2950, kJsonb = 3802, kRegnamespace = 4089, kRegrole = 4096;
}  // namespace oid

struct Type {
  Oid oid = oid::kUnknown;
  std::int32_t modifier = -1;  // what Postgres would say. numeric: ((precision << 16) | scale) + 4; varchar: length + 4
  int scale = 0;               // numeric: digits after the point in DuckDB, where every decimal has a fixed number
  bool operator==(const Type&) const = default;
};

// One row of what pg_type shows.
struct TypeFacts {
  Oid oid;
  std::string_view name;      // "int4"
  std::string_view sql_name;  // "integer", as format_type prints it
  std::int16_t length;
  char category;          // pg_type.typcategory
  Oid array;              // 0: none
  std::string_view duck;  // DuckDB's type; empty: not usable in a statement
};

std::span<const TypeFacts> all_types();
const TypeFacts* find_type(std::string_view name);  // pg_type.typname: "int4"
const TypeFacts* find_type(Oid oid);
const TypeFacts* element_of(Oid array);
Oid array_of(Oid element);  // kUnknown if there is none

// DuckDB's spelling, for a cast. Unconstrained numeric is DECIMAL(38, type.scale). nullopt: no counterpart.
std::optional<std::string> duck_type(Type type);

bool is_integer(Oid type);  // int2, int4, int8
bool is_number(Oid type);   // those, numeric, float4, float8
bool is_float(Oid type);
bool is_time(Oid type);  // date, timestamp, timestamptz
bool is_text(Oid type);  // text, varchar, bpchar, name, "char"

// The type Postgres picks for CASE, UNION, COALESCE and arithmetic over both.
Type common_type(Type left, Type right);

inline constexpr int kPrecisionMax = 38;

// numeric(precision, scale), and numeric as expressions give it.
inline Type constrained(int precision, int scale) { return {oid::kNumeric, ((precision << 16) | scale) + 4, scale}; }
inline Type unconstrained(int scale) { return {oid::kNumeric, -1, scale}; }
// As a column says it: type and modifier.
inline Type declared(Oid oid, std::int32_t modifier) {
  return {oid, modifier, oid == oid::kNumeric && modifier >= 4 ? (modifier - 4) & 0xffff : 0};
}
inline int numeric_precision(std::int32_t modifier) { return ((modifier - 4) >> 16) & 0xffff; }

}  // namespace tarn::sql
