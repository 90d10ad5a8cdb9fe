// The JSON bodies of /api/v1 requests. What is wrong is said by its key.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "log/topic.h"

namespace tarn::doors::http {

inline constexpr int kLandTimeoutMsMax = 3'600'000;  // longer ones are cut to it

struct LandBody {
  std::vector<std::string> topics;  // none: all
  std::chrono::milliseconds timeout{60'000};
};

// {"name", "partitions": 1, "config": {}}
Result<log::TopicSpec> read_topic_body(std::string_view body);
// {"topics": [], "timeout_ms": 60000}
Result<LandBody> read_land_body(std::string_view body);

}  // namespace tarn::doors::http
