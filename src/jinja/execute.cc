#include <fmt/format.h>

#include <algorithm>

#include "jinja/evaluate.h"
#include "jinja/loop.h"
#include "jinja/operators.h"

namespace tarn::jinja {

class Rendering::Inner {
 public:
  explicit Inner(Rendering& rendering, const Hidden& hidden = {}) : rendering_(rendering) {
    rendering_.scopes_.emplace_back();
    rendering_.hide(hidden);
  }
  ~Inner() { rendering_.scopes_.pop_back(); }
  Inner(const Inner&) = delete;
  Inner& operator=(const Inner&) = delete;

 private:
  Rendering& rendering_;
};

// Puts the scopes past the first `kept` away, and back when it ends.
class Rendering::PutAway {
 public:
  PutAway(Rendering& rendering, std::size_t kept) : rendering_(rendering) {
    const auto first = rendering_.scopes_.begin() + static_cast<std::ptrdiff_t>(kept);
    std::move(first, rendering_.scopes_.end(), std::back_inserter(put_away_));
    rendering_.scopes_.erase(first, rendering_.scopes_.end());
  }
  ~PutAway() { std::ranges::move(put_away_, std::back_inserter(rendering_.scopes_)); }
  PutAway(const PutAway&) = delete;
  PutAway& operator=(const PutAway&) = delete;

 private:
  Rendering& rendering_;
  std::vector<Variables> put_away_;
};

Result<Rendering::Flow> Rendering::run(const Body& body) {
  for (const Statement& each : body) {
    TARN_ASSIGN(const Flow flow, run(each));
    if (flow != Flow::kOn) return flow;
  }
  return Flow::kOn;
}

Result<Rendering::Flow> Rendering::run(const Statement& statement) {
  return at(statement.at, std::visit([&](const auto& node) { return run(node, statement.at); }, statement.node));
}

Result<void> Rendering::write(std::string_view text, At where) {
  if (text.size() > output_left_) {
    return at(where, Result<void>(fail(Code::kLimit, "the template renders more than its limit; make it shorter")));
  }
  output_left_ -= text.size();
  out_ += text;
  return {};
}

Result<Rendering::Flow> Rendering::run(const Text& node, At at) {
  TARN_TRY(meter_.spend());
  TARN_TRY(write(node.text, at));
  return Flow::kOn;
}

Result<Rendering::Flow> Rendering::run(const Print& node, At) {
  for (const ExprPtr& expr : node.values) {
    TARN_ASSIGN(const Value value, eval(*expr));
    TARN_ASSIGN(const std::string text, at(expr->at, text_of(value, meter_)));
    TARN_TRY(write(text, expr->at));
  }
  return Flow::kOn;
}

Result<Rendering::Flow> Rendering::run(const If& node, At) {
  for (const auto& [test, body] : node.branches) {
    TARN_ASSIGN(const Value value, eval(*test));
    TARN_ASSIGN(const bool holds, at(test->at, truth(value)));
    if (holds) return run(body);
  }
  return run(node.otherwise);
}

// The next item that passes the loop's `if`, which sees the names outside the loop and its target. A turn of the loop
// may be running (`loop.last` looks ahead): its scopes are put away meanwhile.
Result<std::optional<Value>> Rendering::next_item(const For& node, Iterator& items, std::size_t outside) {
  while (true) {
    TARN_ASSIGN(auto item, items.next(meter_));
    if (!item || !node.test) return item;
    const PutAway put_away(*this, outside);
    const Inner inner(*this);
    TARN_TRY(assign(node.target, *item));
    TARN_ASSIGN(const Value value, eval(*node.test));
    TARN_ASSIGN(const bool holds, truth(value));
    if (holds) return item;
  }
}

Result<Rendering::Flow> Rendering::run(const For& node, At where) {
  TARN_ASSIGN(const Value iterable, eval(*node.iterable));
  TARN_ASSIGN(const auto items, at(node.iterable->at, iterate(iterable)));
  // With an `if` nobody knows how many there are before they are tried: the loop is over the iterator then.
  const Value counted = node.test ? Value(std::static_pointer_cast<Object>(items)) : iterable;
  const std::size_t outside = scopes_.size();
  auto loop = std::make_shared<LoopState>(counted, [&, outside] { return next_item(node, *items, outside); });
  bool to_the_end =
      false;  // did a turn reach the end of the body? Jinja2 asks that of `else`, not whether there was one
  Flow flow = Flow::kOn;
  while (flow != Flow::kBreak) {
    TARN_ASSIGN(const bool more, at(where, loop->advance()));
    if (!more) break;
    const Inner inner(*this, node.hidden);
    set_name("loop", Value(std::static_pointer_cast<Object>(loop)));
    TARN_TRY(at(node.target.at, assign(node.target, loop->current())));
    TARN_ASSIGN(flow, run(node.body));
    if (flow == Flow::kOn) to_the_end = true;
  }
  loop->finish();
  if (to_the_end) return Flow::kOn;
  const Inner inner(*this, node.hidden_otherwise);
  return run(node.otherwise);
}

Result<Rendering::Flow> Rendering::run(const Set& node, At) {
  TARN_ASSIGN(const Value value, eval(*node.value));
  TARN_TRY(at(node.target.at, assign(node.target, value)));
  return Flow::kOn;
}

Result<std::pair<Value, Rendering::Flow>> Rendering::captured(const Body& body, const Hidden& hidden,
                                                              const Expr* filter) {
  const Inner inner(*this, hidden);
  std::string outside = std::exchange(out_, {});
  auto flow = run(body);
  std::string text = std::exchange(out_, std::move(outside));
  if (!flow) return std::unexpected(std::move(flow).error());
  TARN_TRY(meter_.make(text.size()));
  output_left_ += text.size();
  Value value(std::move(text));
  if (filter && *flow == Flow::kOn) {
    const Value* before = std::exchange(block_text_, &value);
    auto filtered = eval(*filter);
    block_text_ = before;
    if (!filtered) return std::unexpected(std::move(filtered).error());
    value = std::move(*filtered);
  }
  return std::pair(std::move(value), *flow);
}

Result<Rendering::Flow> Rendering::run(const SetBlock& node, At) {
  TARN_ASSIGN(const auto result, captured(node.body, node.hidden, node.filter.get()));
  const auto& [value, flow] = result;
  if (flow != Flow::kOn) return flow;
  TARN_TRY(at(node.target.at, assign(node.target, value)));
  return Flow::kOn;
}

Result<Rendering::Flow> Rendering::run(const FilterBlock& node, At where) {
  TARN_ASSIGN(const auto result, captured(node.body, node.hidden, node.filter.get()));
  const auto& [value, flow] = result;
  if (flow != Flow::kOn) return flow;
  if (!value.string()) {
    return at(where, Result<Flow>(fail(Code::kInvalidArgument,
                                       fmt::format("a `filter` block must make a text, not {}; end with `| string`",
                                                   value.type_name()))));
  }
  TARN_TRY(write(*value.string(), where));
  return Flow::kOn;
}

Result<Rendering::Flow> Rendering::run(const With& node, At) {
  std::vector<Value> values;
  for (const auto& [target, expr] : node.values) {
    TARN_ASSIGN(values.emplace_back(), eval(*expr));
  }
  const Inner inner(*this, node.hidden);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Target& target = node.values[i].first;
    TARN_TRY(at(target.at, assign(target, values[i])));
  }
  return run(node.body);
}

Result<Rendering::Flow> Rendering::run(const Do& node, At) {
  TARN_TRY(eval(*node.value));
  return Flow::kOn;
}

void Rendering::hide(const Hidden& names) {
  for (const std::string& name : names) set_name(name, Value::undefined(fmt::format("`{}` is not set yet here", name)));
}

void Rendering::set_name(std::string_view name, Value value) {
  auto& named = scopes_.back().named;
  const auto found = std::ranges::find(named, name, &std::pair<std::string_view, Value>::first);
  if (found != named.end()) {
    found->second = std::move(value);
  } else {
    named.emplace_back(name, std::move(value));
  }
}

Result<void> Rendering::assign(const Target& target, const Value& value) {
  if (!target.is_tuple) {
    if (!target.attribute.empty()) return assign_attribute(target, value);
    set_name(target.name, value);
    return {};
  }
  TARN_ASSIGN(const auto items, collect(value, meter_));
  if (items.size() != target.many.size()) {
    return fail(Code::kInvalidArgument,
                fmt::format("{} values for {} names; make them as many", items.size(), target.many.size()));
  }
  for (std::size_t i = 0; i < items.size(); ++i) TARN_TRY(assign(target.many[i], items[i]));
  return {};
}

Result<void> Rendering::assign_attribute(const Target& target, const Value& value) {
  const Value* found = find_name(target.name);
  auto* space = found ? as<Namespace>(*found) : nullptr;
  if (!space) {
    return fail(Code::kInvalidArgument, fmt::format("`{}` is no namespace; `{{% set {} = namespace() %}}` makes one",
                                                    target.name, target.name));
  }
  TARN_TRY(may_hold(*space, value, meter_));
  return space->attributes->set(Value(target.attribute), value, meter_);
}

}  // namespace tarn::jinja
