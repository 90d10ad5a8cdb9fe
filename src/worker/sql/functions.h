// Scalar functions that rewritten SQL uses where DuckDB's own differ from Postgres's (sql/operator.cc, call.cc):
//
//   tarn_nonzero(x)            x, or 22012 if it is zero; tarn_nonzero_<s> for DECIMAL(38, s)
//   tarn_unscaled_<s>(x)       the HUGEINT x * 10^s of a DECIMAL(38, s)
//   tarn_divide(l, r, e)       l * 10^e / r as DECIMAL(38, 16), half away from zero; 22012, 22003
//   tarn_average(sum, n, e)    the same over a count; null if it is zero
//   tarn_divide_text(l, r, a, b), tarn_average_text(sum, n, a)
//                              the quotient of l / 10^a and r / 10^b as text, with the digits that Postgres shows
//   tarn_text(x)               a float as Postgres prints it
//   tarn_to_char(t, f)         to_char of a timestamp
//   tarn_from_utf8(b)          bytes as the text that they are, or 22021
//   tarn_escape(b), tarn_unescape(t)
//                              the format `escape` of encode and decode; 22P02
#pragma once

#include <duckdb.h>

#include "base/result.h"

namespace tarn::worker::sql {

// What our functions' error messages begin with: then the SQLSTATE, a colon, and the message for the client.
inline constexpr std::string_view kErrorMark = "tarn!";

// Errors: kInternal.
Result<void> register_functions(duckdb_connection connection);

}  // namespace tarn::worker::sql
