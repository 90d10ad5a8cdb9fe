// DuckDB's RETURN_STATS as Iceberg's column metrics.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "table/data_file.h"
#include "table/schema.h"

namespace tarn::worker {

// What COPY tells of one leaf column: "column_size_bytes", "num_values", "null_count", "min", "max", "has_nan".
using ColumnStats = std::map<std::string, std::string, std::less<>>;

// By path as DuckDB writes it: "st"."b"."element".
using FileStats = std::map<std::string, ColumnStats, std::less<>>;

// Fills sizes, counts and bounds of every leaf of `schema` that `stats` knows. A bound whose text we don't
// understand is left out, which is always right.
void apply_stats(const FileStats& stats, const table::Schema& schema, table::DataFile& file);

// COPY's FIELD_IDS: {'a': 1, 's': {__duckdb_field_id: 2, 'b': 3}}.
std::string field_ids_sql(const table::Schema& schema);

}  // namespace tarn::worker
