#include "engine/column_types.h"

namespace tarn::engine {

ColumnType column_type(const table::Type& type) {
  using table::TypeKind;
  namespace pg = wire::postgres;
  switch (type.kind) {
    case TypeKind::kBoolean: return {pg::kBoolOid};
    case TypeKind::kInt: return {pg::kInt4Oid};
    case TypeKind::kLong: return {pg::kInt8Oid};
    case TypeKind::kFloat: return {pg::kFloat4Oid};
    case TypeKind::kDouble: return {pg::kFloat8Oid};
    case TypeKind::kDecimal: return {pg::kNumericOid, pg::numeric_modifier(type.precision, type.scale)};
    case TypeKind::kDate: return {pg::kDateOid};
    case TypeKind::kTime: return {pg::kTimeOid};
    case TypeKind::kTimestamp: return {pg::kTimestampOid};
    case TypeKind::kTimestamptz: return {pg::kTimestamptzOid};
    case TypeKind::kString: return {pg::kTextOid};
    case TypeKind::kUuid: return {pg::kUuidOid};
    case TypeKind::kFixed:
    case TypeKind::kBinary: return {pg::kByteaOid};
    case TypeKind::kStruct:
    case TypeKind::kList:
    case TypeKind::kMap: return {pg::kJsonOid};
  }
  return {};
}

}  // namespace tarn::engine
