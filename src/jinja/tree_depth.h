// How deep an expression nests: the evaluator's recursion, which the parser bounds.
#pragma once

#include <cstdint>

#include "jinja/tree.h"

namespace tarn::jinja {

// The depth of the deepest expression in `expr`, whose own are known; 0 if it has none.
std::uint32_t depth_below(const Expr& expr);

}  // namespace tarn::jinja
