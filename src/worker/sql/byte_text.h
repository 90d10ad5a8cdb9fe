// Bytes as text and back, as Postgres's convert_from, encode and decode do it. For dead letters, whose values are
// bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tarn::worker::sql {

// nullopt for valid UTF-8 without a zero byte; else what Postgres says: `invalid byte sequence for encoding "UTF8":
// 0xff`, with the bytes of the character that is broken.
std::optional<std::string> utf8_problem(std::string_view bytes);

// The format `escape`: zero and bytes from 0x80 on as \ooo, a backslash as two.
std::string escape_bytes(std::string_view bytes);
std::optional<std::string> unescape_bytes(std::string_view text);  // nullopt if it is malformed

}  // namespace tarn::worker::sql
