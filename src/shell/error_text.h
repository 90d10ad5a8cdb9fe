// A server's error or notice as a person reads it.
#pragma once

#include <string>
#include <string_view>

#include "shell/pg_client.h"

namespace tarn::shell {

inline constexpr std::size_t kErrorLineWidth = 100;  // columns of the statement's line that are shown

//   report.sql:3: ERROR: column "x" does not exist (SQLSTATE 42703)
//   LINE 3: select x from rides
//                  ^
//   HINT: ...
//
// `file` may be empty. `line`: where the statement begins.
std::string error_text(const Report& report, std::string_view statement, std::string_view file, int line);
std::string notice_text(const Report& report);

}  // namespace tarn::shell
