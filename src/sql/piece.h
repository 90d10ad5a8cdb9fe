// A piece of printed DuckDB SQL that remembers which of its bytes came from where in the client's text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/types.h"

namespace tarn::sql {

struct Piece {
  std::string text;
  std::vector<std::pair<std::uint32_t, std::int32_t>> marks;  // (byte in text, byte in the client's), ascending

  Piece() = default;
  explicit Piece(std::string_view t) : text(t) {}

  // What is added next stands at `location` of the client's text (< 0: nowhere).
  Piece& mark(std::int32_t location) {
    if (location >= 0) marks.emplace_back(static_cast<std::uint32_t>(text.size()), location);
    return *this;
  }
  Piece& operator<<(std::string_view t) {
    text += t;
    return *this;
  }
  Piece& operator<<(const Piece& other) {
    auto shift = static_cast<std::uint32_t>(text.size());
    text += other.text;
    for (auto [at, location] : other.marks) marks.emplace_back(at + shift, location);
    return *this;
  }
};

// A number of `scale` digits after the point as the HUGEINT of all its digits.
inline Piece unscaled(const Piece& value, int scale) {
  if (scale == 0) return Piece("CAST(") << value << " AS HUGEINT)";
  std::string s = std::to_string(scale);
  return Piece("tarn_unscaled_" + s + "(CAST(") << value << " AS DECIMAL(38," << s << ")))";
}

// `json` as DuckDB's JSON, which a column of ours that Postgres would call json need not be. A parameter needs a cast:
// DuckDB leaves what to_json makes of one without a type.
inline Piece as_json(const Piece& json) {
  bool cast = json.text.starts_with("CAST($") && json.text.ends_with(" AS JSON)");
  if (cast) return json;
  bool parameter = json.text.starts_with('$');
  return Piece(parameter ? "CAST(" : "to_json(") << json << (parameter ? " AS JSON)" : ")");
}

// An expression: what to print and what it is.
struct Expression {
  Piece sql;
  Type type;
  // A quotient as text with just the digits that Postgres shows, where `sql` has a fixed number of them. For the
  // outermost select list only.
  std::optional<Piece> exact_text;
  std::optional<std::string> constant;  // the text of a bare string constant, which takes the type of what it meets
};

// "name" with quotes doubled; 'text' likewise.
std::string quote_name(std::string_view name);
std::string quote_text(std::string_view text);

}  // namespace tarn::sql
