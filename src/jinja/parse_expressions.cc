#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/nearest.h"
#include "jinja/filters.h"
#include "jinja/parser.h"
#include "jinja/predicates.h"
#include "jinja/tree_depth.h"

namespace tarn::jinja {
namespace {

// Raises a counter while a level of nesting is parsed.
class Level {
 public:
  explicit Level(std::size_t& open) : open_(open) { ++open_; }
  ~Level() { --open_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  std::size_t& open_;
};

std::optional<CompareOp> compare_op(const Token& token) {
  static constexpr std::array<std::pair<std::string_view, CompareOp>, 6> kOps = {{{"==", CompareOp::kEqual},
                                                                                  {"!=", CompareOp::kNotEqual},
                                                                                  {"<", CompareOp::kLess},
                                                                                  {"<=", CompareOp::kLessEqual},
                                                                                  {">", CompareOp::kGreater},
                                                                                  {">=", CompareOp::kGreaterEqual}}};
  for (const auto& [text, op] : kOps) {
    if (token.is_operator(text)) return op;
  }
  return std::nullopt;
}

std::optional<BinaryOp> product_op(const Token& token) {
  if (token.is_operator("*")) return BinaryOp::kMultiply;
  if (token.is_operator("/")) return BinaryOp::kDivide;
  if (token.is_operator("//")) return BinaryOp::kFloorDivide;
  if (token.is_operator("%")) return BinaryOp::kModulo;
  return std::nullopt;
}

bool makes_list(const Expr& expr) {
  return std::holds_alternative<ListOf>(expr.node) || std::holds_alternative<DictOf>(expr.node);
}

// A list or tuple as it is written, with lists or dicts in it.
bool holds_lists(const Expr& expr) {
  const auto* list = std::get_if<ListOf>(&expr.node);
  const auto* tuple = std::get_if<TupleOf>(&expr.node);
  if (!list && !tuple) return false;
  return std::ranges::any_of(list ? list->items : tuple->items,
                             [](const ExprPtr& item) { return makes_list(*item) || holds_lists(*item); });
}

std::string unknown(std::string_view what, std::string_view name, std::span<const std::string_view> known) {
  const std::string_view close = nearest(name, known);
  return fmt::format("there is no {} `{}` here{}", what, name,
                     close.empty() ? "; docs/jinja.md lists them" : fmt::format("; did you mean `{}`?", close));
}

}  // namespace

template <class Node>
Result<ExprPtr> Parser::make(At at, Node node) {
  auto expr = std::make_unique<Expr>();
  expr->at = at;
  expr->node = std::move(node);
  expr->depth = depth_below(*expr) + 1;
  if (expr->depth > kNestingMax) {
    return fail_at(
        at, fmt::format("more than {} expressions in each other; give parts of it names with `set`", kNestingMax),
        Code::kLimit);
  }
  return expr;
}

Result<ExprPtr> Parser::tuple(bool with_conditional, std::string_view end_name, bool in_parentheses) {
  const At at = now().at;
  std::vector<ExprPtr> items;
  bool is_tuple = false;
  while (!at_tuple_end(end_name)) {
    TARN_ASSIGN(items.emplace_back(), expression(with_conditional));
    if (!take_operator(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && items.size() == 1) return std::move(items[0]);
  if (!is_tuple && !in_parentheses) {
    return fail_here(fmt::format("an expression is missing before {}", describe(now())));
  }
  return make(at, TupleOf{std::move(items)});
}

Result<ExprPtr> Parser::expression(bool with_conditional) {
  const Level level(open_);
  if (open_ > kNestingMax)
    return fail_at(now().at, "expressions nest too deep here; give parts of it names with `set`", Code::kLimit);
  return with_conditional ? conditional() : logic_or();
}

Result<ExprPtr> Parser::conditional() {
  TARN_ASSIGN(ExprPtr expr, logic_or());
  while (now().is_name("if")) {
    const At at = take().at;
    TARN_ASSIGN(ExprPtr condition, logic_or());
    ExprPtr otherwise;
    if (take_name("else")) {
      const Level level(open_);
      if (open_ > kNestingMax) return fail_at(at, "too many `else` in each other; use `{% if %}`", Code::kLimit);
      TARN_ASSIGN(otherwise, conditional());
    }
    TARN_ASSIGN(expr, make(at, Conditional{std::move(expr), std::move(condition), std::move(otherwise)}));
  }
  return expr;
}

Result<ExprPtr> Parser::logic_or() {
  TARN_ASSIGN(ExprPtr left, logic_and());
  while (now().is_name("or")) {
    const At at = take().at;
    TARN_ASSIGN(ExprPtr right, logic_and());
    TARN_ASSIGN(left, make(at, Logic{true, std::move(left), std::move(right)}));
  }
  return left;
}

Result<ExprPtr> Parser::logic_and() {
  TARN_ASSIGN(ExprPtr left, logic_not());
  while (now().is_name("and")) {
    const At at = take().at;
    TARN_ASSIGN(ExprPtr right, logic_not());
    TARN_ASSIGN(left, make(at, Logic{false, std::move(left), std::move(right)}));
  }
  return left;
}

Result<ExprPtr> Parser::logic_not() {
  if (!now().is_name("not")) return comparison();
  const Level level(open_);
  const At at = take().at;
  if (open_ > kNestingMax) return fail_at(at, "too many `not` in a row", Code::kLimit);
  TARN_ASSIGN(ExprPtr operand, logic_not());
  return make(at, Unary{Unary::Op::kNot, std::move(operand)});
}

Result<ExprPtr> Parser::comparison() {
  TARN_ASSIGN(ExprPtr first, sum());
  std::vector<std::pair<CompareOp, ExprPtr>> rest;
  At at = now().at;
  while (true) {
    CompareOp op = CompareOp::kIn;
    if (auto known = compare_op(now())) {
      op = *known;
      take();
    } else if (now().is_name("not") && look().is_name("in")) {
      op = CompareOp::kNotIn;
      take();
      take();
    } else if (!take_name("in")) {
      break;
    }
    TARN_ASSIGN(ExprPtr right, sum());
    rest.emplace_back(op, std::move(right));
  }
  if (rest.empty()) return first;
  return make(at, Compare{std::move(first), std::move(rest)});
}

Result<ExprPtr> Parser::sum() {
  TARN_ASSIGN(ExprPtr left, concat());
  while (now().is_operator("+") || now().is_operator("-")) {
    const Token& token = take();
    const At at = token.at;
    const BinaryOp op = token.text == "+" ? BinaryOp::kAdd : BinaryOp::kSubtract;
    TARN_ASSIGN(ExprPtr right, concat());
    TARN_ASSIGN(left, make(at, Binary{op, std::move(left), std::move(right)}));
  }
  return left;
}

Result<ExprPtr> Parser::concat() {
  TARN_ASSIGN(ExprPtr first, product());
  if (!now().is_operator("~")) return first;
  const At at = now().at;
  std::vector<ExprPtr> parts;
  parts.push_back(std::move(first));
  while (take_operator("~")) {
    TARN_ASSIGN(parts.emplace_back(), product());
  }
  return make(at, Concat{std::move(parts)});
}

Result<ExprPtr> Parser::product() {
  TARN_ASSIGN(ExprPtr left, power());
  while (auto op = product_op(now())) {
    const At at = take().at;
    TARN_ASSIGN(ExprPtr right, power());
    // Jinja2 computes what is constant beforehand, and makes of one list many; Python repeats the same one.
    if (*op == BinaryOp::kMultiply && (holds_lists(*left) || holds_lists(*right))) {
      return fail_at(at, "`*` of a list that holds lists or dicts; write them out, or give the list a name first",
                     Code::kUnsupported);
    }
    TARN_ASSIGN(left, make(at, Binary{*op, std::move(left), std::move(right)}));
  }
  return left;
}

// Jinja2's ** is of the left: 2 ** 3 ** 2 is 64, not Python's 512.
Result<ExprPtr> Parser::power() {
  TARN_ASSIGN(ExprPtr left, unary());
  while (now().is_operator("**")) {
    const At at = take().at;
    TARN_ASSIGN(ExprPtr right, unary());
    TARN_ASSIGN(left, make(at, Binary{BinaryOp::kPower, std::move(left), std::move(right)}));
  }
  return left;
}

Result<ExprPtr> Parser::unary(bool with_filter) {
  const Level level(open_);
  if (open_ > kNestingMax)
    return fail_at(now().at, "expressions nest too deep here; give parts of it names with `set`", Code::kLimit);
  ExprPtr expr;
  if (now().is_operator("-") || now().is_operator("+")) {
    const Token& token = take();
    const At at = token.at;
    const auto op = token.text == "-" ? Unary::Op::kMinus : Unary::Op::kPlus;
    TARN_ASSIGN(ExprPtr operand, unary(false));
    TARN_ASSIGN(expr, make(at, Unary{op, std::move(operand)}));
  } else {
    TARN_ASSIGN(expr, primary());
  }
  TARN_ASSIGN(expr, postfix(std::move(expr)));
  return with_filter ? filters_and_tests(std::move(expr)) : std::move(expr);
}

Result<ExprPtr> Parser::primary() {
  const Token& token = now();
  switch (token.kind) {
    case TokenKind::kName: {
      take();
      if (token.text == "true" || token.text == "True") return make(token.at, Constant{Value(true)});
      if (token.text == "false" || token.text == "False") return make(token.at, Constant{Value(false)});
      if (token.text == "none" || token.text == "None") return make(token.at, Constant{Value()});
      return make(token.at, Name{token.text});
    }
    case TokenKind::kString: {
      std::string text;
      while (now().is(TokenKind::kString)) text += take().text;
      return make(token.at, Constant{Value(std::move(text))});
    }
    case TokenKind::kInteger: take(); return make(token.at, Constant{Value(token.integer)});
    case TokenKind::kFloat: take(); return make(token.at, Constant{Value(token.floating)});
    default: break;
  }
  if (token.is_operator("[")) return list();
  if (token.is_operator("{")) return dict();
  if (token.is_operator("(")) {
    take();
    TARN_ASSIGN(ExprPtr expr, tuple(true, "", true));
    TARN_TRY(expect_operator(")", "closes the parenthesis"));
    return expr;
  }
  return fail_here(fmt::format("{} where a value must be", describe(token)));
}

Result<ExprPtr> Parser::list() {
  const At at = take().at;
  std::vector<ExprPtr> items;
  while (!now().is_operator("]")) {
    TARN_ASSIGN(items.emplace_back(), expression());
    if (!take_operator(",")) break;
  }
  TARN_TRY(expect_operator("]", "closes the list"));
  return make(at, ListOf{std::move(items)});
}

Result<ExprPtr> Parser::dict() {
  const At at = take().at;
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
  while (!now().is_operator("}")) {
    TARN_ASSIGN(ExprPtr key, expression());
    if (makes_list(*key) || holds_lists(*key))
      return fail_at(key->at, "a list or dict can't be the key of a dict; make it a text");
    TARN_TRY(expect_operator(":", "is between a dict's key and its value"));
    TARN_ASSIGN(ExprPtr value, expression());
    entries.emplace_back(std::move(key), std::move(value));
    if (!take_operator(",")) break;
  }
  TARN_TRY(expect_operator("}", "closes the dict"));
  return make(at, DictOf{std::move(entries)});
}

Result<ExprPtr> Parser::postfix(ExprPtr expr) {
  while (true) {
    if (now().is_operator(".")) {
      TARN_ASSIGN(expr, attribute(std::move(expr)));
    } else if (now().is_operator("[")) {
      TARN_ASSIGN(expr, subscript(std::move(expr)));
    } else if (now().is_operator("(")) {
      TARN_ASSIGN(expr, invoke(std::move(expr)));
    } else {
      return expr;
    }
  }
}

Result<ExprPtr> Parser::filters_and_tests(ExprPtr expr) {
  while (true) {
    if (now().is_operator("|")) {
      TARN_ASSIGN(expr, filters(std::move(expr)));
    } else if (now().is_name("is")) {
      TARN_ASSIGN(expr, test(std::move(expr)));
    } else if (now().is_operator("(")) {
      TARN_ASSIGN(expr, invoke(std::move(expr)));
    } else {
      return expr;
    }
  }
}

Result<ExprPtr> Parser::attribute(ExprPtr of) {
  take();  // .
  const Token& token = now();
  if (token.is(TokenKind::kName)) {
    take();
    return make(token.at, Attribute{std::move(of), token.text});
  }
  if (!token.is(TokenKind::kInteger))
    return fail_here(fmt::format("{} after `.`, where a name must be", describe(token)));
  take();
  TARN_ASSIGN(ExprPtr index, make(token.at, Constant{Value(token.integer)}));
  return make(token.at, Item{std::move(of), std::move(index)});
}

Result<ExprPtr> Parser::subscript(ExprPtr of) {
  const At at = take().at;  // [
  if (now().is_operator("]")) return fail_here("an index is missing in `[]`");
  ExprPtr start, stop, step;
  const auto ends = [this] { return now().is_operator("]") || now().is_operator(",") || now().is_operator(":"); };
  if (!now().is_operator(":")) {
    TARN_ASSIGN(start, expression());
  }
  const bool is_slice = take_operator(":");
  if (is_slice && !ends()) {
    TARN_ASSIGN(stop, expression());
  }
  if (is_slice && take_operator(":") && !ends()) {
    TARN_ASSIGN(step, expression());
  }
  if (now().is_operator(",")) {
    return fail_at(now().at, "more than one index in `[]`; a dict's key that is a tuple goes into parentheses",
                   Code::kUnsupported);
  }
  TARN_TRY(expect_operator("]", "closes the index"));
  if (!is_slice) return make(at, Item{std::move(of), std::move(start)});
  return make(at, Slice{std::move(of), std::move(start), std::move(stop), std::move(step)});
}

Result<ExprPtr> Parser::invoke(ExprPtr callee) {
  const At at = callee->at;
  TARN_ASSIGN(Arguments call, arguments());
  return make(at, Invoke{std::move(callee), std::move(call)});
}

Result<ExprPtr> Parser::filters(ExprPtr of) {
  while (take_operator("|")) {
    TARN_ASSIGN(of, filter(std::move(of)));
  }
  return of;
}

Result<ExprPtr> Parser::filter(ExprPtr of) {
  const At at = now().at;
  TARN_ASSIGN(const std::string name, dotted_name());
  Filter node{.of = std::move(of), .filter = find_filter(name)};
  if (!node.filter) return fail_at(at, unknown("filter", name, filter_names()), Code::kUnsupported);
  if (now().is_operator("(")) {
    TARN_ASSIGN(node.arguments, arguments());
  }
  return make(at, std::move(node));
}

Result<ExprPtr> Parser::test(ExprPtr of) {
  take();  // is
  const bool negated = take_name("not");
  const At at = now().at;
  TARN_ASSIGN(const std::string name, dotted_name());
  Test node{.of = std::move(of), .test = find_test(name)};
  if (!node.test) return fail_at(at, unknown("test", name, test_names()), Code::kUnsupported);
  const Token& token = now();
  const bool ends = token.is_name("else") || token.is_name("or") || token.is_name("and");
  if (token.is_operator("(")) {
    TARN_ASSIGN(node.arguments, arguments());
  } else if (token.is_name("is")) {
    return fail_here("`is` after `is`; join two tests with `and`");
  } else if (!ends && (token.is(TokenKind::kName) || token.is(TokenKind::kString) || token.is(TokenKind::kInteger) ||
                       token.is(TokenKind::kFloat) || token.is_operator("[") || token.is_operator("{"))) {
    TARN_ASSIGN(ExprPtr argument, primary());
    TARN_ASSIGN(node.arguments.positional.emplace_back(), postfix(std::move(argument)));
  }
  TARN_ASSIGN(ExprPtr expr, make(at, std::move(node)));
  return negated ? make(at, Unary{Unary::Op::kNot, std::move(expr)}) : std::move(expr);
}

Result<Arguments> Parser::arguments() {
  take();  // (
  Arguments result;
  while (!now().is_operator(")")) {
    TARN_TRY(argument(result));
    if (!take_operator(",")) break;
  }
  TARN_TRY(expect_operator(")", "closes the arguments"));
  return result;
}

Result<void> Parser::argument(Arguments& into) {
  const At at = now().at;
  if (take_operator("*")) {
    if (into.spread || into.spread_named) return fail_at(at, "only one `*` is in a call, before `**`");
    TARN_ASSIGN(into.spread, expression());
  } else if (take_operator("**")) {
    if (into.spread_named) return fail_at(at, "only one `**` is in a call");
    TARN_ASSIGN(into.spread_named, expression());
  } else if (now().is(TokenKind::kName) && look().is_operator("=")) {
    if (into.spread_named) return fail_at(at, "an argument after `**`; put it before");
    std::string name = take().text;
    take();
    TARN_ASSIGN(ExprPtr value, expression());
    if (std::ranges::any_of(into.named, [&](const auto& each) { return each.first == name; })) {
      return fail_at(at, fmt::format("the argument `{}` comes twice; take one out", name));
    }
    into.named.emplace_back(std::move(name), std::move(value));
  } else {
    if (into.spread || into.spread_named || !into.named.empty()) {
      return fail_at(at, "an argument without a name after one with a name or `*`; put it before");
    }
    TARN_ASSIGN(into.positional.emplace_back(), expression());
  }
  return {};
}

Result<std::string> Parser::dotted_name() {
  TARN_ASSIGN(std::string name, expect_name("a name"));
  while (take_operator(".")) {
    TARN_ASSIGN(const std::string more, expect_name("a name"));
    name.append(".").append(more);
  }
  return name;
}

}  // namespace tarn::jinja
