// DuckDB's errors as a client gets them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/sql_protocol.h"

namespace tarn::worker::sql {

struct Failure {
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
  std::int32_t position = 0;  // 1-based character in the SQL that DuckDB got; 0: unknown
  bool fatal = false;         // DuckDB is not to be used any more: the worker ends
};

template <class T>
using Outcome = std::expected<T, Failure>;

// From a message that DuckDB gives under errors_as_json: {"exception_type", "exception_message", "error_subtype",
// "position", ...}. The type and subtype decide, never the text, which holds words of the client.
Failure failure_of(std::string_view duckdb_message, std::string_view sql);

Failure cancelled();

engine::Failed to_reply(engine::ExecutionId id, const Failure& failure);

}  // namespace tarn::worker::sql
