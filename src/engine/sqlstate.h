// Our error codes as Postgres clients know them: the one table.
#pragma once

#include <string_view>

#include "base/result.h"
#include "sql/rewrite.h"

namespace tarn::engine {

std::string_view sqlstate(Code code);
sql::SqlError to_sql_error(const Error& error);

inline std::unexpected<sql::SqlError> fail_sql(std::string_view state, std::string message, std::string hint = {}) {
  return std::unexpected(sql::SqlError{std::string(state), std::move(message), {}, std::move(hint), 0});
}

}  // namespace tarn::engine
