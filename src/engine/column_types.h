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

}  // namespace tarn::engine
