// One HTTP request to the running platform's own door, blocking. Beast stays in the .cc.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tarn::app {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// `address` is "ADDR:PORT", `body` JSON ("" for none). kUnavailable if nobody answers, kTimeout past `wait`.
Result<HttpAnswer> http_request(const std::string& address, const std::string& method, const std::string& target,
                                const std::string& body, std::chrono::seconds wait);

// A POST whose answer comes line by line, given to `on_line` without its newline. Until the answer ends, or `stop`: then
// the connection is closed and kCancelled. Errors: a refusal's message (kInvalidArgument for a status of 4xx, else
// kUnavailable); kUnavailable if nobody answers, or the answer breaks off.
inline constexpr std::size_t kAnswerLineMax = 4u << 20;
Result<void> http_lines(const std::string& address, const std::string& target, const std::string& body,
                        const std::function<void(std::string_view line)>& on_line, std::stop_token stop);

}  // namespace tarn::app
