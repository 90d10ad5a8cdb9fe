// Iceberg's types as Postgres clients see them.
#pragma once

#include "table/schema.h"
#include "wire/postgres/types.h"

namespace tarn::engine {

struct ColumnType {
  wire::postgres::Oid oid = wire::postgres::kTextOid;
  std::int32_t modifier = -1;
};

// Structs, lists and maps are json; fixed is bytea.
ColumnType column_type(const table::Type& type);

// A view's column whose Postgres type no Iceberg type stands for (an interval, json, a smallint) is a string or what
// comes close, whose `doc` is Postgres's name of the type. This is its type.
ColumnType view_column_type(const table::Field& field);
// What that field is, for a column of Postgres type `oid` that is best kept as `field`.
table::Field view_field(table::Field field, wire::postgres::Oid oid);

}  // namespace tarn::engine
