// SQL that makes the functions of pg_catalog and information_schema, and others that DuckDB lacks, in schema tarn_pg.
#pragma once

#include <string>

namespace tarn::worker::sql {

// Without tables: made when the worker starts.
std::string plain_macros();
// Over tarn_pg's tables, which must be there.
std::string catalog_macros();

}  // namespace tarn::worker::sql
