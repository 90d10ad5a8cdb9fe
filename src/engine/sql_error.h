// Errors as Postgres clients know them, and the one table from our codes to SQLSTATE.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sql/rewrite.h"

namespace tarn::engine {

using SqlError = sql::Problem;  // sqlstate, message, detail, hint, position (1-based character of the client's text)
template <class T>
using SqlResult = std::expected<T, SqlError>;

std::string_view sqlstate(Code code);
SqlError to_sql_error(const Error& error);

inline std::unexpected<SqlError> fail_sql(std::string_view state, std::string message, std::string hint = {}) {
  return std::unexpected(SqlError{std::string(state), std::move(message), {}, std::move(hint), 0});
}

// A Result as a SqlResult.
template <class T>
SqlResult<T> as_sql(Result<T> result) {
  if (!result) return std::unexpected(to_sql_error(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

}  // namespace tarn::engine
