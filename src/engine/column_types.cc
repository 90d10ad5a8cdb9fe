#include "engine/column_types.h"

#include <algorithm>

#include "sql/types.h"

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

ColumnType view_column_type(const table::Field& field) {
  auto found = std::ranges::find(sql::all_types(), field.doc, &sql::TypeFacts::sql_name);
  return field.doc.empty() || found == sql::all_types().end() ? column_type(field.type) : ColumnType{found->oid};
}

table::Field view_field(table::Field field, wire::postgres::Oid oid) {
  const sql::TypeFacts* facts = sql::find_type(oid);
  field.doc = facts == nullptr || column_type(field.type).oid == oid ? "" : std::string(facts->sql_name);
  return field;
}

}  // namespace tarn::engine
