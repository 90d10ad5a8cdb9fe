// Which letters are small or large, and the other of each: ASCII, Latin, Greek, Cyrillic and Armenian, and what is
// known to have no case. Python knows more; what is not here is an error, so that nothing comes out different.
#pragma once

#include <cstdint>
#include <optional>

namespace tarn::jinja::letters {

struct Letter {
  enum class Case { kNone, kLower, kUpper } kind = Case::kNone;
  char32_t other = 0;  // the same letter in the other case
};

inline constexpr char32_t kSharpS = 0xdf;  // small; its large form is two letters, SS

// Nothing if it is not known.
std::optional<Letter> find(char32_t point);

}  // namespace tarn::jinja::letters
