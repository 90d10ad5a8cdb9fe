// "unknown key `prot`; did you mean `port`?"
#pragma once

#include <span>
#include <string_view>

namespace tarn {

// The candidate with the fewest edits (insert, delete, replace, swap neighbours) from `word`, if they are at most a
// third of its length, rounded up; else "".
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace tarn
