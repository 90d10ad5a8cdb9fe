// What the filters of sequences share: sorting by keys, looking up attributes, computing items as they are read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "jinja/containers.h"

namespace tarn::jinja {

// `items` in the order of their `keys`, as many; equal ones keep theirs, also backwards. Errors: what comparing gives.
Result<std::vector<Value>> sort_by(std::vector<Value> items, std::vector<Value> keys, bool backwards, Meter& meter);

// Jinja2's attribute of filters: 'a.b' and 'a.0' go from item to item, a number is a place, none is the value itself.
class Getter {
 public:
  // `absent` (none: nothing) stands for what is undefined on the way. Errors: kInvalidArgument for another type.
  static Result<Getter> of(const Value& attribute, bool ignore_case, Value absent = {});

  Result<Value> get(const Value& item, Meter& meter) const;

 private:
  std::vector<Value> parts_;
  bool ignore_case_ = false;
  Value absent_;
};

// Texts in lower case, others as they are.
Result<Value> without_case(const Value& value);

// An iterator over the items of `source` through `step`, which gives nothing for an item to leave out. `held` are the
// other values that `step` uses. Nothing is read before the first item is asked for, and nothing of what is false.
using Step = std::function<Result<std::optional<Value>>(const Value& item, Meter& meter)>;
Value through(const Value& source, std::vector<Value> held, Step step);

// Items that are there already, once.
Value once(std::vector<Value> items);

}  // namespace tarn::jinja
