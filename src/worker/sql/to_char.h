// to_char(timestamp, text) as Postgres 15 has it (formatting.c): template patterns, FM, TH and quoted text. Patterns of
// time zones (TZ, OF), Roman months and Julian days are not known and stay as they are written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tarn::worker::sql {

std::string to_char(std::int64_t micros, std::string_view format);  // microseconds since 1970-01-01 00:00

}  // namespace tarn::worker::sql
