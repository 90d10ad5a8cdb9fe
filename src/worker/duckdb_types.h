// Iceberg types as DuckDB's.
#pragma once

#include <duckdb.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table/schema.h"

namespace tarn::worker {

// To be destroyed with duckdb_destroy_logical_type.
duckdb_logical_type logical_type(const table::Type& type);

// The other way: the type of a table's column that keeps values of `type`, without ids. Integers of less than 32 bits
// are int, those past long decimal(38, 0), a UBIGINT decimal(20, 0), texts of any kind string, an ARRAY a list.
// nullopt: tables have none for it (an interval, a time with time zone, a union, bits).
std::optional<table::Type> table_type(duckdb_logical_type type);

// As SQL says it: BIGINT, DECIMAL(10, 2), STRUCT("a" BIGINT, "b" VARCHAR[]).
std::string type_sql(const table::Type& type);

std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);

// read_parquet of data files that were written in `schema` or one before it: columns are found by field id, whatever a
// file calls them; null where it has none.
std::string files_sql(const std::vector<std::string>& files, const table::Schema& schema);

// An SQL expression that makes a value of `to` from `expression`, which is one of `from`: an older schema of the same
// column. Struct fields are matched by id: renamed ones found, missing ones null, dropped ones gone.
std::string evolve_sql(const std::string& expression, const table::Type& from, const table::Type& to);

}  // namespace tarn::worker
