#include "jinja/evaluate.h"

#include <fmt/format.h>

#include <algorithm>

#include "jinja/filters.h"
#include "jinja/operators.h"
#include "jinja/predicates.h"

namespace tarn::jinja {

Rendering::Rendering(const Source& source, const Scope& globals, const Limits& limits)
    : source_(source), globals_(globals), meter_(limits), output_left_(limits.output_bytes_max), scopes_(1) {}

template <class T>
Result<T> Rendering::placed(Result<T> result) const {
  if (result) return result;
  return source_.fail(result.error().code, failed_at_.value_or(0), result.error().message);
}

Result<Value> Rendering::value(const Expr& expr) {
  auto result = eval(expr);
  if (result && result->is_undefined()) result = at(expr.at, Result<Value>(undefined_error(*result)));
  return placed(std::move(result));
}

Result<std::string> Rendering::render(const Tree& tree) {
  hide(tree.hidden);
  auto flow = placed(run(tree.body));
  if (!flow) return std::unexpected(std::move(flow).error());
  return std::move(out_);
}

Result<Value> Rendering::eval(const Expr& expr) {
  return at(expr.at, [&]() -> Result<Value> {
    TARN_TRY(meter_.spend());
    return std::visit([&](const auto& node) { return eval_node(node, expr.at); }, expr.node);
  }());
}

const Value* Rendering::find_name(std::string_view name) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    for (const auto& [known, value] : scope->named) {
      if (known == name) return &value;
    }
  }
  return globals_.find(name);
}

Result<Value> Rendering::eval_node(const Name& node, At) {
  if (const Value* value = find_name(node.name)) return *value;
  TARN_ASSIGN(auto known, builtin(node.name));
  if (known) return std::move(*known);
  return Value::undefined(fmt::format(
      "there is no `{}` here: neither a name that was set nor a function; macros and packages are not read: write what "
      "they make into the file",
      node.name));
}

Result<Value> Rendering::eval_node(const Attribute& node, At) {
  TARN_ASSIGN(const Value of, eval(*node.of));
  return get_attribute(of, node.name, meter_);
}

Result<Value> Rendering::eval_node(const Item& node, At) {
  TARN_ASSIGN(const Value of, eval(*node.of));
  TARN_ASSIGN(const Value index, eval(*node.index));
  return get_item(of, index, meter_);
}

Result<Value> Rendering::eval_node(const Slice& node, At) {
  TARN_ASSIGN(const Value of, eval(*node.of));
  TARN_ASSIGN(const Value start, eval_or_none(node.start));
  TARN_ASSIGN(const Value stop, eval_or_none(node.stop));
  TARN_ASSIGN(const Value step, eval_or_none(node.step));
  return get_slice(of, start, stop, step, meter_);
}

Result<std::vector<Value>> Rendering::eval_all(const std::vector<ExprPtr>& many) {
  TARN_TRY(meter_.make(many.size() * sizeof(Value)));
  std::vector<Value> values;
  values.reserve(many.size());
  for (const ExprPtr& each : many) {
    TARN_ASSIGN(values.emplace_back(), eval(*each));
  }
  return values;
}

Result<Call> Rendering::eval_arguments(const Arguments& given, At at) {
  const Place place = source_.place(at);
  TARN_TRY(meter_.spend(place.column / 64));
  Call call{.meter = meter_, .file = source_.file, .line = place.line, .column = place.column};
  TARN_ASSIGN(call.arguments, eval_all(given.positional));
  if (given.spread) {
    TARN_ASSIGN(const Value more, eval(*given.spread));
    TARN_ASSIGN(auto items, collect(more, meter_));
    std::ranges::move(items, std::back_inserter(call.arguments));
  }
  for (const auto& [name, expr] : given.named) {
    TARN_ASSIGN(Value value, eval(*expr));
    call.named.emplace_back(name, std::move(value));
  }
  if (given.spread_named) {
    TARN_ASSIGN(const Value more, eval(*given.spread_named));
    TARN_TRY(spread_named(more, call));
  }
  return call;
}

Result<void> Rendering::spread_named(const Value& given, Call& call) {
  const Dict* dict = given.dict();
  if (!dict) return fail(Code::kInvalidArgument, fmt::format("`**` takes a dict, not {}", given.type_name()));
  for (const auto& [key, value] : dict->entries) {
    TARN_TRY(meter_.spend());
    if (!key.string()) return fail(Code::kInvalidArgument, "`**` takes a dict whose keys are texts");
    if (std::ranges::any_of(call.named, [&](const auto& each) { return each.first == *key.string(); })) {
      return fail(Code::kInvalidArgument, fmt::format("the argument `{}` comes twice; take one out", *key.string()));
    }
    call.named.emplace_back(*key.string(), value);
  }
  return {};
}

Result<Value> Rendering::eval_node(const Invoke& node, At at) {
  TARN_ASSIGN(const Value callee, eval(*node.callee));
  if (callee.is_undefined()) return undefined_error(callee);
  TARN_ASSIGN(Call call, eval_arguments(node.arguments, at));
  Object* object = callee.object();
  if (!object || !object->callable()) {
    return fail(Code::kInvalidArgument, fmt::format("a value of type {} can't be called", callee.type_name()));
  }
  return object->call(call);
}

Result<Value> Rendering::eval_node(const Filter& node, At at) {
  Value of;
  if (node.of) {
    TARN_ASSIGN(of, eval(*node.of));
  } else {
    of = *block_text_;
  }
  TARN_ASSIGN(Call call, eval_arguments(node.arguments, at));
  return node.filter->run(of, call);
}

Result<Value> Rendering::eval_node(const Test& node, At at) {
  TARN_ASSIGN(const Value of, eval(*node.of));
  TARN_ASSIGN(Call call, eval_arguments(node.arguments, at));
  TARN_ASSIGN(const bool holds, node.test->run(of, call));
  return Value(holds);
}

Result<Value> Rendering::eval_node(const Unary& node, At) {
  TARN_ASSIGN(const Value operand, eval(*node.operand));
  if (node.op == Unary::Op::kMinus) return negate(operand);
  if (node.op == Unary::Op::kPlus) return plus(operand);
  TARN_ASSIGN(const bool holds, truth(operand));
  return Value(!holds);
}

Result<Value> Rendering::eval_node(const Binary& node, At) {
  TARN_ASSIGN(const Value left, eval(*node.left));
  TARN_ASSIGN(const Value right, eval(*node.right));
  return binary(node.op, left, right, meter_);
}

Result<Value> Rendering::eval_node(const Concat& node, At) {
  std::string joined;
  TARN_ASSIGN(const auto parts, eval_all(node.parts));
  for (const Value& part : parts) {
    TARN_ASSIGN(const std::string text, text_of(part, meter_));
    TARN_TRY(meter_.make(text.size()));
    joined += text;
  }
  return Value(std::move(joined));
}

// a < b < c asks a < b and b < c, with b computed once and c only if the first holds.
Result<Value> Rendering::eval_node(const Compare& node, At) {
  TARN_ASSIGN(Value left, eval(*node.first));
  for (const auto& [op, expr] : node.rest) {
    TARN_ASSIGN(Value right, eval(*expr));
    TARN_ASSIGN(const bool holds, compare(op, left, right, meter_));
    if (!holds) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Result<Value> Rendering::eval_node(const Logic& node, At) {
  TARN_ASSIGN(Value left, eval(*node.left));
  TARN_ASSIGN(const bool holds, truth(left));
  return holds == node.is_or ? Result<Value>(std::move(left)) : eval(*node.right);
}

Result<Value> Rendering::eval_node(const Conditional& node, At) {
  TARN_ASSIGN(const Value test, eval(*node.test));
  TARN_ASSIGN(const bool holds, truth(test));
  if (holds) return eval(*node.then);
  if (node.otherwise) return eval(*node.otherwise);
  return Value::undefined("the `if` without `else` gave no value; add one");
}

Result<Value> Rendering::eval_node(const ListOf& node, At) {
  TARN_ASSIGN(auto items, eval_all(node.items));
  return Value::list(std::move(items));
}

Result<Value> Rendering::eval_node(const TupleOf& node, At) {
  TARN_ASSIGN(auto items, eval_all(node.items));
  return Value::tuple(std::move(items));
}

Result<Value> Rendering::eval_node(const DictOf& node, At) {
  auto dict = std::make_shared<Dict>();
  for (const auto& [key_expr, value_expr] : node.entries) {
    TARN_ASSIGN(const Value key, eval(*key_expr));
    TARN_ASSIGN(Value value, eval(*value_expr));
    TARN_TRY(dict->set(key, std::move(value), meter_));
  }
  return Value(std::static_pointer_cast<Object>(std::move(dict)));
}

}  // namespace tarn::jinja
