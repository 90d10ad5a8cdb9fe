// Postgres's types that we speak, by oid (src/include/catalog/pg_type.dat).
#pragma once

#include <cstdint>
#include <string_view>

namespace tarn::wire::postgres {

using Oid = std::uint32_t;

inline constexpr Oid kUnspecifiedOid = 0;
inline constexpr Oid kBoolOid = 16;
inline constexpr Oid kByteaOid = 17;
inline constexpr Oid kCharOid = 18;  // "char", one byte
inline constexpr Oid kNameOid = 19;
inline constexpr Oid kInt8Oid = 20;
inline constexpr Oid kInt2Oid = 21;
inline constexpr Oid kInt4Oid = 23;
inline constexpr Oid kRegprocOid = 24;
inline constexpr Oid kTextOid = 25;
inline constexpr Oid kOidOid = 26;
inline constexpr Oid kJsonOid = 114;
inline constexpr Oid kFloat4Oid = 700;
inline constexpr Oid kFloat8Oid = 701;
inline constexpr Oid kUnknownOid = 705;
inline constexpr Oid kBpcharOid = 1042;
inline constexpr Oid kVarcharOid = 1043;
inline constexpr Oid kDateOid = 1082;
inline constexpr Oid kTimeOid = 1083;
inline constexpr Oid kTimestampOid = 1114;
inline constexpr Oid kTimestamptzOid = 1184;
inline constexpr Oid kIntervalOid = 1186;
inline constexpr Oid kNumericOid = 1700;
inline constexpr Oid kRegclassOid = 2205;
inline constexpr Oid kRegtypeOid = 2206;
inline constexpr Oid kUuidOid = 2950;
inline constexpr Oid kJsonbOid = 3802;

struct TypeInfo {
  Oid oid = 0;
  std::string_view name;   // as SQL says it: "integer", "timestamp with time zone"
  std::int16_t size = -1;  // pg_type.typlen: bytes, -1 for variable, -2 for a C string
};

// The type with this oid; nullptr if it is none of the above.
const TypeInfo* find_type(Oid oid);

// numeric(p,s)'s type modifier in RowDescription; -1 means none.
constexpr std::int32_t numeric_modifier(int precision, int scale) { return ((precision << 16) | scale) + 4; }

}  // namespace tarn::wire::postgres
