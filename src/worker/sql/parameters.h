// A statement's parameters: their types put into its SQL as casts, their values bound.
#pragma once

#include <duckdb.h>

#include <span>
#include <string>
#include <vector>

#include "engine/sql_protocol.h"
#include "worker/sql/failure.h"

namespace tarn::worker::sql {

// `sql` with $n as CAST($n AS type) where types[n-1] is known; 0 stays for DuckDB to infer. A numeric has the scale of
// its value, if there are values. 0A000 for a type without counterpart.
Outcome<std::string> with_parameter_types(std::string_view sql, std::span<const engine::Oid> types,
                                          std::span<const engine::Parameter> values);

// What DuckDB inferred, where the client said nothing: 0 if it could not either.
std::vector<engine::Oid> inferred_types(duckdb_prepared_statement prepared, std::span<const engine::Oid> types);

// `types` are settled, one for each value. Errors as Postgres has them: 08P01, 22P02, 22003, ...
Outcome<void> bind_parameters(duckdb_prepared_statement prepared, std::span<const engine::Parameter> values,
                              std::span<const engine::Oid> types);

}  // namespace tarn::worker::sql
