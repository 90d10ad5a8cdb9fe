// Rows of a DuckDB query as one Parquet file, by DuckDB's COPY: field ids in, column statistics out, zstd-compressed,
// row groups bounded in rows, values and bytes. Whose DuckDB it is, and syncing the file, which DuckDB does not, is the
// caller's. The connection must not preserve insertion order, or DuckDB can't bound row groups in bytes.
#pragma once

#include <duckdb.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "table/data_file.h"
#include "table/schema.h"

namespace tarn::worker {

inline constexpr std::string_view kCopyHead = "COPY (";  // what copy_sql puts before `rows`

// `rows`: a query whose columns are the schema's, in order, name and type.
std::string copy_sql(std::string_view rows, std::string_view path, const table::Schema& schema);

// What a COPY of copy_sql answered: the file with its rows, size and statistics. Bounds are taken from DuckDB's, none
// for columns in lists. The session's time zone does not matter.
Result<table::DataFile> copied_file(duckdb_result& result, std::string_view path, const table::Schema& schema);

}  // namespace tarn::worker
