#include "jinja/loop.h"

#include <fmt/format.h>

#include "jinja/operators.h"

namespace tarn::jinja {

Result<std::optional<Value>> LoopState::read() {
  if (ended_) return std::nullopt;
  if (!next_) return fail(Code::kUnsupported, "`loop` is asked for items after its loop; ask within it");
  TARN_ASSIGN(auto item, next_());
  if (!item) ended_ = true;
  return item;
}

Result<void> LoopState::peek() {
  if (!ahead_.empty()) return {};
  TARN_ASSIGN(auto item, read());
  if (item) ahead_.push_back(std::move(*item));
  return {};
}

Result<bool> LoopState::advance() {
  TARN_TRY(peek());
  if (ahead_.empty()) return false;
  before_ = std::exchange(current_, std::move(ahead_.front()));
  ahead_.pop_front();
  ++turn_;
  return true;
}

Result<std::size_t> LoopState::length() {
  if (length_) return *length_;
  length_ = length_of(iterable_);
  if (length_) return *length_;
  while (true) {
    TARN_ASSIGN(auto item, read());
    if (!item) break;
    ahead_.push_back(std::move(*item));
  }
  length_ = ahead_.size() + turn_;
  return *length_;
}

Result<std::optional<Value>> LoopState::attribute(const std::shared_ptr<Object>& self, std::string_view name) {
  if (name == "index") return Value(turn_);
  if (name == "index0") return Value(static_cast<std::int64_t>(turn_) - 1);
  if (name == "first") return Value(turn_ == 1);
  if (name == "depth") return Value(1);
  if (name == "depth0") return Value(0);
  if (name == "cycle")
    return Value(std::static_pointer_cast<Object>(std::make_shared<Method>(Value(self), "cycle", &cycle)));
  if (name == "changed")
    return Value(std::static_pointer_cast<Object>(std::make_shared<Method>(Value(self), "changed", &changed)));
  if (name == "previtem") return turn_ == 1 ? Value::undefined("the first turn of a loop has no `previtem`") : before_;
  if (name == "last" || name == "nextitem") {
    TARN_TRY(peek());
    if (name == "last") return Value(ahead_.empty());
    return ahead_.empty() ? Value::undefined("the last turn of a loop has no `nextitem`") : ahead_.front();
  }
  if (name != "length" && name != "revindex" && name != "revindex0") return std::nullopt;
  TARN_ASSIGN(const std::size_t all, length());
  const auto left = static_cast<std::int64_t>(all) - static_cast<std::int64_t>(turn_);
  return name == "length" ? Value(all) : Value(name == "revindex" ? left + 1 : left);
}

Result<Value> LoopState::call(Call&) {
  return fail(Code::kUnsupported, "`loop(…)` is for `recursive` loops, which are not supported; nest two loops");
}

void LoopState::each_held(const std::function<void(const Value&)>& see) const {
  see(iterable_);
  see(before_);
  see(current_);
  for (const Value& each : ahead_) see(each);
  if (last_changed_) see(*last_changed_);
}

Result<Value> LoopState::cycle(const Value& self, Call& call) {
  if (call.arguments.empty() || !call.named.empty())
    return fail(Code::kInvalidArgument, "`loop.cycle` takes the values to go through");
  return call.arguments[(as<LoopState>(self)->turn_ - 1) % call.arguments.size()];
}

Result<Value> LoopState::changed(const Value& self, Call& call) {
  if (!call.named.empty()) return fail(Code::kInvalidArgument, "`loop.changed` takes values without names");
  auto* loop = as<LoopState>(self);
  Value now = Value::tuple(call.arguments);
  TARN_TRY(may_hold(*loop, now, call.meter));
  if (loop->last_changed_) {
    TARN_ASSIGN(const bool alike, equal(*loop->last_changed_, now, call.meter));
    if (alike) return Value(false);
  }
  loop->last_changed_ = std::move(now);
  return Value(true);
}

}  // namespace tarn::jinja
