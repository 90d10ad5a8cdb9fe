// to_char(number, text) as Postgres 15 has it (formatting.c), for the patterns 9 0 . , and FM.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tarn::worker::sql {

inline constexpr std::size_t kNumberFormatMax = 200;  // characters of a format

// `number` as its plain digits: "-12.50". nullopt for a format with other patterns, or one too long.
std::optional<std::string> to_char_number(std::string_view number, std::string_view format);

}  // namespace tarn::worker::sql
