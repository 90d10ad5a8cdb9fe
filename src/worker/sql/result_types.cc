#include "worker/sql/result_types.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "sql/types.h"
#include "wire/postgres/types.h"

namespace tarn::worker::sql {
namespace {

namespace pg = wire::postgres;

struct Row {
  duckdb_type duck;
  engine::Oid oid;
};

constexpr engine::Oid kXid = 28;

constexpr std::array kRows = std::to_array<Row>({
    {DUCKDB_TYPE_BOOLEAN, pg::kBoolOid},
    {DUCKDB_TYPE_SMALLINT, pg::kInt2Oid},
    {DUCKDB_TYPE_TINYINT, pg::kInt2Oid},
    {DUCKDB_TYPE_UTINYINT, pg::kInt2Oid},
    {DUCKDB_TYPE_INTEGER, pg::kInt4Oid},
    {DUCKDB_TYPE_USMALLINT, pg::kInt4Oid},
    {DUCKDB_TYPE_BIGINT, pg::kInt8Oid},
    {DUCKDB_TYPE_UINTEGER, pg::kOidOid},
    {DUCKDB_TYPE_UBIGINT, pg::kNumericOid},
    {DUCKDB_TYPE_HUGEINT, pg::kNumericOid},
    {DUCKDB_TYPE_UHUGEINT, pg::kNumericOid},
    {DUCKDB_TYPE_DECIMAL, pg::kNumericOid},
    {DUCKDB_TYPE_FLOAT, pg::kFloat4Oid},
    {DUCKDB_TYPE_DOUBLE, pg::kFloat8Oid},
    {DUCKDB_TYPE_VARCHAR, pg::kTextOid},
    {DUCKDB_TYPE_ENUM, pg::kTextOid},
    {DUCKDB_TYPE_SQLNULL, pg::kTextOid},
    {DUCKDB_TYPE_BLOB, pg::kByteaOid},
    {DUCKDB_TYPE_UUID, pg::kUuidOid},
    {DUCKDB_TYPE_DATE, pg::kDateOid},
    {DUCKDB_TYPE_TIME, pg::kTimeOid},
    {DUCKDB_TYPE_TIMESTAMP, pg::kTimestampOid},
    {DUCKDB_TYPE_TIMESTAMP_S, pg::kTimestampOid},
    {DUCKDB_TYPE_TIMESTAMP_MS, pg::kTimestampOid},
    {DUCKDB_TYPE_TIMESTAMP_NS, pg::kTimestampOid},
    {DUCKDB_TYPE_TIMESTAMP_TZ, pg::kTimestamptzOid},
    {DUCKDB_TYPE_INTERVAL, pg::kIntervalOid},
    {DUCKDB_TYPE_LIST, pg::kJsonOid},
    {DUCKDB_TYPE_ARRAY, pg::kJsonOid},
    {DUCKDB_TYPE_STRUCT, pg::kJsonOid},
    {DUCKDB_TYPE_MAP, pg::kJsonOid},
});

bool is_json(duckdb_logical_type type) {
  char* alias = duckdb_logical_type_get_alias(type);
  bool json = alias != nullptr && std::string_view(alias) == "JSON";
  duckdb_free(alias);
  return json;
}

bool alike(engine::Oid sent, engine::Oid hint) {
  if (sent == hint) return true;
  if (sent == pg::kTextOid) return tarn::sql::is_text(hint);
  if (sent == pg::kOidOid)
    return hint == pg::kRegclassOid || hint == pg::kRegtypeOid || hint == pg::kRegprocOid || hint == kXid;
  return sent == pg::kJsonOid && hint == pg::kJsonbOid;
}

}  // namespace

ResultType result_type(duckdb_logical_type type) {
  duckdb_type id = duckdb_get_type_id(type);
  auto row = std::ranges::find(kRows, id, &Row::duck);
  if (row == kRows.end()) return {};
  if (id == DUCKDB_TYPE_VARCHAR && is_json(type)) return {.oid = pg::kJsonOid};
  if (id == DUCKDB_TYPE_DECIMAL) {
    return {.oid = row->oid, .modifier = pg::numeric_modifier(duckdb_decimal_width(type), duckdb_decimal_scale(type))};
  }
  return {.oid = row->oid};
}

engine::Column result_column(const char* name, duckdb_logical_type type, const engine::ColumnHint& hint) {
  ResultType result = result_type(type);
  bool list = duckdb_get_type_id(type) == DUCKDB_TYPE_LIST && tarn::sql::element_of(hint.type) != nullptr;
  if (hint.type != 0 && (list || hint.digits || alike(result.oid, hint.type)))
    result = {.oid = hint.type, .modifier = hint.modifier};
  const pg::TypeInfo* info = pg::find_type(result.oid);
  return {.name = name,
          .type = result.oid,
          .type_size = info == nullptr ? std::int16_t{-1} : info->size,
          .type_modifier = result.modifier};
}

engine::Oid parameter_oid(duckdb_logical_type type) {
  duckdb_type id = duckdb_get_type_id(type);
  if (id == DUCKDB_TYPE_LIST) {
    duckdb_logical_type child = duckdb_list_type_child_type(type);
    engine::Oid element = parameter_oid(child);
    duckdb_destroy_logical_type(&child);
    return tarn::sql::array_of(element);
  }
  if (id == DUCKDB_TYPE_SQLNULL || id == DUCKDB_TYPE_STRUCT || id == DUCKDB_TYPE_MAP) return 0;
  return result_type(type).oid;
}

duckdb_logical_type duckdb_type_of(engine::Oid type) {
  if (type == pg::kNumericOid) return duckdb_create_decimal_type(38, 10);
  auto row = std::ranges::find(kRows, type, &Row::oid);
  return duckdb_create_logical_type(row == kRows.end() ? DUCKDB_TYPE_VARCHAR : row->duck);
}

}  // namespace tarn::worker::sql
