// What `loop` is in a loop's body.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jinja/containers.h"

namespace tarn::jinja {

// index, index0, revindex, revindex0, first, last, length, previtem, nextitem, depth, depth0, cycle(…), changed(…).
// Items are read one at a time, so what the body adds to the list is seen; `last`, `nextitem` look one ahead, `length`
// of what has none reads all. After the loop it must not ask for more: finish().
class LoopState final : public Object {
 public:
  using Next = std::function<Result<std::optional<Value>>()>;
  LoopState(Value iterable, Next next) : iterable_(std::move(iterable)), next_(std::move(next)) {}

  Result<bool> advance();  // false at the end
  const Value& current() const { return current_; }
  void finish() { next_ = nullptr; }

  std::string_view type_name() const override { return "LoopContext"; }
  Result<std::optional<Value>> attribute(const std::shared_ptr<Object>& self, std::string_view name) override;
  bool callable() const override { return true; }
  Result<Value> call(Call& call) override;
  void each_held(const std::function<void(const Value&)>& see) const override;

 private:
  Result<void> peek();  // sets ahead_ to begin with the next item, if there is one
  Result<std::size_t> length();
  Result<std::optional<Value>> read();
  static Result<Value> cycle(const Value& self, Call& call);
  static Result<Value> changed(const Value& self, Call& call);

  Value iterable_;
  Next next_;                // null when the loop is over
  std::deque<Value> ahead_;  // read already
  bool ended_ = false;       // there is nothing after ahead_
  std::size_t turn_ = 0;     // from 1
  std::optional<std::size_t> length_;
  Value before_, current_;
  std::optional<Value> last_changed_;
};

}  // namespace tarn::jinja
