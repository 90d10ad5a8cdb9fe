// JSON from outside, as a tree. What is nested too deep or has too many values is refused before any of it is built:
// a tree takes up to a hundred times the memory of its text.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>  // tidy-ok(heavy): names, no more
#include <string_view>

#include "base/result.h"

namespace tarn::wire::json {

struct Limits {
  std::size_t depth = 64;
  std::size_t values = 500'000;
};

// Errors, which begin with "the JSON": kInvalidArgument (it is none), kLimit.
Result<nlohmann::json> parse(std::string_view text, const Limits& limits = {});

}  // namespace tarn::wire::json
