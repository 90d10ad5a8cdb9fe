#include "sql/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tarn::sql {
namespace {

constexpr std::array kTypes = std::to_array<TypeFacts>({
    {16, "bool", "boolean", 1, 'B', 1000, "BOOLEAN"},
    {17, "bytea", "bytea", -1, 'U', 1001, "BLOB"},
    {18, "char", "\"char\"", 1, 'Z', 1002, "VARCHAR"},
    {19, "name", "name", 64, 'S', 1003, "VARCHAR"},
    {20, "int8", "bigint", 8, 'N', 1016, "BIGINT"},
    {21, "int2", "smallint", 2, 'N', 1005, "SMALLINT"},
    {22, "int2vector", "int2vector", -1, 'A', 1006, "SMALLINT[]"},
    {23, "int4", "integer", 4, 'N', 1007, "INTEGER"},
    {24, "regproc", "regproc", 4, 'N', 1008, "UINTEGER"},
    {25, "text", "text", -1, 'S', 1009, "VARCHAR"},
    {26, "oid", "oid", 4, 'N', 1028, "UINTEGER"},
    {27, "tid", "tid", 6, 'U', 1010, ""},
    {28, "xid", "xid", 4, 'U', 1011, "UINTEGER"},
    {29, "cid", "cid", 4, 'U', 1012, "UINTEGER"},
    {30, "oidvector", "oidvector", -1, 'A', 1013, "UINTEGER[]"},
    {114, "json", "json", -1, 'U', 199, "JSON"},
    {142, "xml", "xml", -1, 'U', 143, ""},
    {194, "pg_node_tree", "pg_node_tree", -1, 'Z', 0, "VARCHAR"},
    {600, "point", "point", 16, 'G', 1017, ""},
    {650, "cidr", "cidr", -1, 'I', 651, ""},
    {700, "float4", "real", 4, 'N', 1021, "FLOAT"},
    {701, "float8", "double precision", 8, 'N', 1022, "DOUBLE"},
    {705, "unknown", "unknown", -2, 'X', 0, "VARCHAR"},
    {790, "money", "money", 8, 'N', 791, ""},
    {829, "macaddr", "macaddr", 6, 'U', 1040, ""},
    {869, "inet", "inet", -1, 'I', 1041, ""},
    {1033, "aclitem", "aclitem", 12, 'U', 1034, "VARCHAR"},
    {1042, "bpchar", "character", -1, 'S', 1014, "VARCHAR"},
    {1043, "varchar", "character varying", -1, 'S', 1015, "VARCHAR"},
    {1082, "date", "date", 4, 'D', 1182, "DATE"},
    {1083, "time", "time without time zone", 8, 'D', 1183, "TIME"},
    {1114, "timestamp", "timestamp without time zone", 8, 'D', 1115, "TIMESTAMP"},
    {1184, "timestamptz", "timestamp with time zone", 8, 'D', 1185, "TIMESTAMPTZ"},
    {1186, "interval", "interval", 16, 'T', 1187, "INTERVAL"},
    {1266, "timetz", "time with time zone", 12, 'D', 1270, "TIMETZ"},
    {1560, "bit", "bit", -1, 'V', 1561, ""},
    {1562, "varbit", "bit varying", -1, 'V', 1563, ""},
    {1700, "numeric", "numeric", -1, 'N', 1231, "DECIMAL"},
    {2202, "regprocedure", "regprocedure", 4, 'N', 2207, "UINTEGER"},
    {2205, "regclass", "regclass", 4, 'N', 2210, "UINTEGER"},
    {2206, "regtype", "regtype", 4, 'N', 2211, "UINTEGER"},
    {2249, "record", "record", -1, 'P', 2287, ""},
    {2276, "any", "\"any\"", 4, 'P', 0, ""},
    {2278, "void", "void", 4, 'P', 0, ""},
    {2950, "uuid", "uuid", 16, 'U', 2951, "UUID"},
    {3220, "pg_lsn", "pg_lsn", 8, 'U', 3221, "VARCHAR"},
    {3614, "tsvector", "tsvector", -1, 'U', 3643, ""},
    {3802, "jsonb", "jsonb", -1, 'U', 3807, "JSON"},
    {4089, "regnamespace", "regnamespace", 4, 'N', 4090, "UINTEGER"},
    {4096, "regrole", "regrole", 4, 'N', 4097, "UINTEGER"},
});

// Order of Postgres's implicit casts among numbers.
int number_rank(Oid type) {
  constexpr std::array kRanks = {oid::kInt2, oid::kInt4, oid::kInt8, oid::kNumeric, oid::kFloat4, oid::kFloat8};
  auto found = std::ranges::find(kRanks, type);
  return found == kRanks.end() ? -1 : static_cast<int>(found - kRanks.begin());
}

}  // namespace

std::span<const TypeFacts> all_types() { return kTypes; }

const TypeFacts* find_type(std::string_view name) {
  auto found = std::ranges::find(kTypes, name, &TypeFacts::name);
  return found == kTypes.end() ? nullptr : &*found;
}

const TypeFacts* find_type(Oid type) {
  auto found = std::ranges::find(kTypes, type, &TypeFacts::oid);
  return found == kTypes.end() ? nullptr : &*found;
}

const TypeFacts* element_of(Oid array) {
  if (array == 0) return nullptr;
  auto found = std::ranges::find(kTypes, array, &TypeFacts::array);
  return found == kTypes.end() ? nullptr : &*found;
}

Oid array_of(Oid element) {
  const TypeFacts* facts = element == oid::kUnknown ? nullptr : find_type(element);
  return facts == nullptr ? oid::kUnknown : facts->array;
}

std::optional<std::string> duck_type(Type type) {
  if (type.oid == oid::kNumeric) {
    return fmt::format("DECIMAL({},{})", type.modifier < 0 ? kPrecisionMax : numeric_precision(type.modifier),
                       type.scale);
  }
  if (const TypeFacts* element = element_of(type.oid)) {
    auto inner = duck_type({element->oid, type.modifier, type.scale});
    if (!inner) return std::nullopt;
    return *inner + "[]";
  }
  const TypeFacts* facts = find_type(type.oid);
  if (facts == nullptr || facts->duck.empty()) return std::nullopt;
  return std::string(facts->duck);
}

bool is_integer(Oid type) { return type == oid::kInt2 || type == oid::kInt4 || type == oid::kInt8; }
bool is_number(Oid type) { return number_rank(type) >= 0; }
bool is_float(Oid type) { return type == oid::kFloat4 || type == oid::kFloat8; }
bool is_time(Oid type) { return type == oid::kDate || type == oid::kTimestamp || type == oid::kTimestamptz; }
bool is_text(Oid type) {
  return type == oid::kText || type == oid::kVarchar || type == oid::kBpchar || type == oid::kName ||
         type == oid::kChar;
}

Type common_type(Type left, Type right) {
  if (left.oid == oid::kUnknown) return right;
  if (right.oid == oid::kUnknown || left == right) return left;
  int scale = std::max(left.scale, right.scale);
  if (left.oid == right.oid) return {left.oid, left.modifier == right.modifier ? left.modifier : -1, scale};
  if (is_number(left.oid) && is_number(right.oid)) {
    return {number_rank(left.oid) > number_rank(right.oid) ? left.oid : right.oid, -1, scale};
  }
  if (is_text(left.oid) && is_text(right.oid)) return {oid::kText, -1};
  if (is_time(left.oid) && is_time(right.oid))
    return {std::max(left.oid, right.oid), -1};  // oids ascend as the casts do
  return {};
}

}  // namespace tarn::sql
