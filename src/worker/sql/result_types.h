// DuckDB's types as Postgres's.
//
// DuckDB                                      Postgres
// BOOLEAN                                     bool
// TINYINT UTINYINT SMALLINT                   int2
// INTEGER USMALLINT                           int4
// BIGINT                                      int8
// UINTEGER                                    oid (only pg_catalog has it)
// UBIGINT HUGEINT UHUGEINT DECIMAL            numeric; DECIMAL with its (p, s) as modifier
// FLOAT DOUBLE                                float4 float8
// VARCHAR ENUM; JSON                          text; json
// BLOB UUID DATE TIME INTERVAL                bytea uuid date time interval
// TIMESTAMP* TIMESTAMPTZ                      timestamp timestamptz
// LIST ARRAY STRUCT MAP UNION                 json
#pragma once

#include <duckdb.h>

#include "engine/sql_protocol.h"

namespace tarn::worker::sql {

struct ResultType {
  engine::Oid oid = 0;  // 0: can't be sent
  std::int32_t modifier = -1;
};

ResultType result_type(duckdb_logical_type type);
// `hint` is what Postgres calls it; taken where values of both types have the same bytes on the wire (text and varchar,
// numeric with and without modifier, oid and regclass), or where they are encoded for it: a LIST as an array.
engine::Column result_column(const char* name, duckdb_logical_type type, const engine::ColumnHint& hint);

// For a parameter that DuckDB inferred; 0 if it could not.
engine::Oid parameter_oid(duckdb_logical_type type);

// For a list's element; to be destroyed with duckdb_destroy_logical_type.
duckdb_logical_type duckdb_type_of(engine::Oid type);

}  // namespace tarn::worker::sql
