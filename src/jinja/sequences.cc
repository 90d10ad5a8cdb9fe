#include "jinja/sequences.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "jinja/operators.h"
#include "jinja/texts.h"
#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

// A merge sort of places whose comparison can fail.
class Sorting {
 public:
  Sorting(const std::vector<Value>& keys, bool backwards, Meter& meter)
      : keys_(keys), backwards_(backwards), meter_(meter) {}

  Result<std::vector<std::size_t>> run() {
    order_.resize(keys_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    spare_ = order_;
    for (std::size_t width = 1; width < order_.size(); width *= 2) {
      for (std::size_t start = 0; start < order_.size(); start += 2 * width) {
        TARN_TRY(merge(start, std::min(start + width, order_.size()), std::min(start + 2 * width, order_.size())));
      }
      std::swap(order_, spare_);
    }
    return std::move(order_);
  }

 private:
  Result<void> merge(std::size_t left, std::size_t middle, std::size_t end) {
    std::size_t right = middle;
    const std::size_t left_end = middle;
    for (std::size_t to = left; to < end; ++to) {
      bool take_right = left == left_end;
      if (left < left_end && right < end) {
        const Value& a = keys_[order_[left]];
        const Value& b = keys_[order_[right]];
        TARN_ASSIGN(take_right, backwards_ ? less(a, b, meter_) : less(b, a, meter_));
      }
      spare_[to] = order_[take_right ? right++ : left++];
    }
    return {};
  }

  const std::vector<Value>& keys_;
  const bool backwards_;
  Meter& meter_;
  std::vector<std::size_t> order_, spare_;
};

Value path_part(std::string_view part) {
  std::int64_t number = 0;
  const bool digits = !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  if (digits && std::from_chars(part.data(), part.data() + part.size(), number).ec == std::errc()) return Value(number);
  return Value(part);
}

}  // namespace

Result<std::vector<Value>> sort_by(std::vector<Value> items, std::vector<Value> keys, bool backwards, Meter& meter) {
  TARN_TRY(meter.make(items.size() * sizeof(Value)));
  TARN_ASSIGN(const auto order, Sorting(keys, backwards, meter).run());
  std::vector<Value> sorted;
  sorted.reserve(items.size());
  for (std::size_t place : order) sorted.push_back(items[place]);
  return sorted;
}

Result<Value> without_case(const Value& value) {
  if (!value.string()) return value;
  TARN_ASSIGN(std::string text, texts::lower(*value.string()));
  return Value(std::move(text));
}

Result<Getter> Getter::of(const Value& attribute, bool ignore_case, Value absent) {
  Getter getter;
  getter.ignore_case_ = ignore_case;
  getter.absent_ = std::move(absent);
  if (attribute.is_none()) return getter;
  if (attribute.integer()) {
    getter.parts_.push_back(attribute);
    return getter;
  }
  if (!attribute.string()) {
    return fail(Code::kInvalidArgument,
                fmt::format("an attribute is a text or a number, not {}", attribute.type_name()));
  }
  for (std::string_view part : texts::split(*attribute.string(), ".", -1)) getter.parts_.push_back(path_part(part));
  return getter;
}

Result<Value> Getter::get(const Value& item, Meter& meter) const {
  Value value = item;
  for (const Value& part : parts_) {
    TARN_TRY(meter.spend());
    TARN_ASSIGN(value, get_item(value, part, meter));
    if (!absent_.is_none() && value.is_undefined()) value = absent_;
  }
  if (!ignore_case_) return value;
  if (value.string()) TARN_TRY(meter.make(value.string()->size()));
  return without_case(value);
}

Value through(const Value& source, std::vector<Value> held, Step step) {
  held.push_back(source);
  struct State {
    Value source;
    std::shared_ptr<Iterator> items;
    bool done = false;
  };
  auto state = std::make_shared<State>(State{.source = source});
  auto next = [state, step = std::move(step)](Meter& meter) -> Result<std::optional<Value>> {
    // A filter that reads a filter that reads …
    const Meter::Level level(meter);
    TARN_TRY(level.check());
    if (!state->items && !state->done) {
      TARN_ASSIGN(const bool any, truth(state->source));
      if (any) {
        TARN_ASSIGN(state->items, iterate(state->source));
      } else {
        state->done = true;
      }
    }
    while (!state->done) {
      TARN_TRY(meter.spend());
      TARN_ASSIGN(auto item, state->items->next(meter));
      if (!item) {
        state->done = true;
        break;
      }
      TARN_ASSIGN(auto result, step(*item, meter));
      if (result) return result;
    }
    return std::nullopt;
  };
  return Value(std::static_pointer_cast<Object>(std::make_shared<Generator>(std::move(held), std::move(next))));
}

Value once(std::vector<Value> items) {
  auto held = items;
  auto next = [items = std::move(items), place = std::size_t{0}](Meter& meter) mutable -> Result<std::optional<Value>> {
    TARN_TRY(meter.spend());
    if (place >= items.size()) return std::nullopt;
    return items[place++];
  };
  return Value(std::static_pointer_cast<Object>(std::make_shared<Generator>(std::move(held), std::move(next))));
}

}  // namespace tarn::jinja
