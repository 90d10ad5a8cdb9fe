// The version of this build, as `tarn version`, /metrics and the Kafka and Postgres doors say it.
#pragma once

#include <string_view>

namespace tarn::app {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace tarn::app
