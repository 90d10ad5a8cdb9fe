// Errors as HTTP answers: one table from code to status, and the body that Iceberg clients read. Other clients find the
// message in the same place: {"error": {"message", "type", "code"}}.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "doors/http/route.h"

namespace tarn::doors::http {

Answer error_answer(int status, std::string_view type, std::string_view message);
Answer error_answer(const Error& error);

}  // namespace tarn::doors::http
