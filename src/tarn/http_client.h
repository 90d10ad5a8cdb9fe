// One HTTP request to the running platform's own door, blocking. Beast stays in the .cc.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace tarn::app {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// `address` is "ADDR:PORT", `body` JSON ("" for none). kUnavailable if nobody answers, kTimeout past `wait`.
Result<HttpAnswer> http_request(const std::string& address, const std::string& method, const std::string& target,
                                const std::string& body, std::chrono::seconds wait);

}  // namespace tarn::app
