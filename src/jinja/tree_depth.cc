#include "jinja/tree_depth.h"

#include <algorithm>

namespace tarn::jinja {
namespace {

std::uint32_t depth_of(const ExprPtr& expr) { return expr ? expr->depth : 0; }

std::uint32_t depth_of(const std::vector<ExprPtr>& many) {
  std::uint32_t depth = 0;
  for (const ExprPtr& each : many) depth = std::max(depth, depth_of(each));
  return depth;
}

std::uint32_t depth_of(const Arguments& arguments) {
  std::uint32_t depth =
      std::max({depth_of(arguments.positional), depth_of(arguments.spread), depth_of(arguments.spread_named)});
  for (const auto& [name, value] : arguments.named) depth = std::max(depth, depth_of(value));
  return depth;
}

std::uint32_t depth_below(const Constant&) { return 0; }
std::uint32_t depth_below(const Name&) { return 0; }
std::uint32_t depth_below(const Attribute& node) { return depth_of(node.of); }
std::uint32_t depth_below(const Item& node) { return std::max(depth_of(node.of), depth_of(node.index)); }
std::uint32_t depth_below(const Slice& node) {
  return std::max({depth_of(node.of), depth_of(node.start), depth_of(node.stop), depth_of(node.step)});
}
std::uint32_t depth_below(const Invoke& node) { return std::max(depth_of(node.callee), depth_of(node.arguments)); }
std::uint32_t depth_below(const Filter& node) { return std::max(depth_of(node.of), depth_of(node.arguments)); }
std::uint32_t depth_below(const Test& node) { return std::max(depth_of(node.of), depth_of(node.arguments)); }
std::uint32_t depth_below(const Unary& node) { return depth_of(node.operand); }
std::uint32_t depth_below(const Binary& node) { return std::max(depth_of(node.left), depth_of(node.right)); }
std::uint32_t depth_below(const Concat& node) { return depth_of(node.parts); }
std::uint32_t depth_below(const Compare& node) {
  std::uint32_t depth = depth_of(node.first);
  for (const auto& [op, expr] : node.rest) depth = std::max(depth, depth_of(expr));
  return depth;
}
std::uint32_t depth_below(const Logic& node) { return std::max(depth_of(node.left), depth_of(node.right)); }
std::uint32_t depth_below(const Conditional& node) {
  return std::max({depth_of(node.then), depth_of(node.test), depth_of(node.otherwise)});
}
std::uint32_t depth_below(const ListOf& node) { return depth_of(node.items); }
std::uint32_t depth_below(const TupleOf& node) { return depth_of(node.items); }
std::uint32_t depth_below(const DictOf& node) {
  std::uint32_t depth = 0;
  for (const auto& [key, value] : node.entries) depth = std::max({depth, depth_of(key), depth_of(value)});
  return depth;
}

}  // namespace

std::uint32_t depth_below(const Expr& expr) {
  return std::visit([](const auto& node) { return depth_below(node); }, expr.node);
}

}  // namespace tarn::jinja
