#include "wire/postgres/types.h"

#include <algorithm>
#include <iterator>

namespace tarn::wire::postgres {
namespace {

constexpr TypeInfo kTypes[] = {
    {kBoolOid, "boolean", 1},
    {kByteaOid, "bytea", -1},
    {kCharOid, "\"char\"", 1},
    {kNameOid, "name", 64},
    {kInt8Oid, "bigint", 8},
    {kInt2Oid, "smallint", 2},
    {kInt4Oid, "integer", 4},
    {kRegprocOid, "regproc", 4},
    {kTextOid, "text", -1},
    {kOidOid, "oid", 4},
    {kJsonOid, "json", -1},
    {kFloat4Oid, "real", 4},
    {kFloat8Oid, "double precision", 8},
    {kUnknownOid, "unknown", -2},
    {kBpcharOid, "character", -1},
    {kVarcharOid, "character varying", -1},
    {kDateOid, "date", 4},
    {kTimeOid, "time without time zone", 8},
    {kTimestampOid, "timestamp without time zone", 8},
    {kTimestamptzOid, "timestamp with time zone", 8},
    {kIntervalOid, "interval", 16},
    {kNumericOid, "numeric", -1},
    {kRegclassOid, "regclass", 4},
    {kRegtypeOid, "regtype", 4},
    {kUuidOid, "uuid", 16},
    {kJsonbOid, "jsonb", -1},
};

}  // namespace

const TypeInfo* find_type(Oid oid) {
  const auto* found = std::ranges::lower_bound(kTypes, oid, {}, &TypeInfo::oid);
  return found != std::end(kTypes) && found->oid == oid ? found : nullptr;
}

}  // namespace tarn::wire::postgres
