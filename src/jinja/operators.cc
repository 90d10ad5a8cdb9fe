#include "jinja/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "jinja/arithmetic.h"
#include "jinja/containers.h"
#include "jinja/format.h"
#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

std::unexpected<Error> no_operator(std::string_view op, const Value& left, const Value& right) {
  if (left.is_undefined()) return undefined_error(left);
  if (right.is_undefined()) return undefined_error(right);
  const bool text_and_number = op == "+" && (left.string() != nullptr) != (right.string() != nullptr);
  return fail(Code::kInvalidArgument,
              fmt::format("`{}` does not go with {} and {}{}", op, left.type_name(), right.type_name(),
                          text_and_number ? "; `~` joins whatever there is as text" : ""));
}

// Both lists or both tuples: their items.
struct Sequences {
  const std::vector<Value>* left = nullptr;
  const std::vector<Value>* right = nullptr;
};
std::optional<Sequences> sequences(const Value& left, const Value& right) {
  if (auto *a = as<List>(left), *b = as<List>(right); a && b) return Sequences{&a->items, &b->items};
  if (auto *a = as<Tuple>(left), *b = as<Tuple>(right); a && b) return Sequences{&a->items, &b->items};
  return std::nullopt;
}

Result<bool> equal_items(const std::vector<Value>& left, const std::vector<Value>& right, Meter& meter) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    TARN_ASSIGN(const bool alike, equal(left[i], right[i], meter));
    if (!alike) return false;
  }
  return true;
}

Result<bool> equal_dicts(const Dict& left, const Dict& right, Meter& meter) {
  if (left.entries.size() != right.entries.size()) return false;
  for (const auto& [key, value] : left.entries) {
    TARN_ASSIGN(const auto place, right.find(key, meter));
    if (!place) return false;
    TARN_ASSIGN(const bool alike, equal(value, right.entries[*place].second, meter));
    if (!alike) return false;
  }
  return true;
}

bool equal_ranges(const Range& left, const Range& right) {
  const std::size_t size = left.size();
  if (size != right.size()) return false;
  return size == 0 || (left.start == right.start && (size == 1 || left.step == right.step));
}

Result<bool> equal_objects(const Value& left, const Value& right, Meter& meter) {
  if (left.object() == right.object()) return true;
  const Meter::Level level(meter);
  TARN_TRY(level.check());
  if (const auto both = sequences(left, right)) return equal_items(*both->left, *both->right, meter);
  if (auto *a = as<Dict>(left), *b = as<Dict>(right); a && b) return equal_dicts(*a, *b, meter);
  if (auto *a = as<Range>(left), *b = as<Range>(right); a && b) return equal_ranges(*a, *b);
  if (auto *a = as<DictView>(left), *b = as<DictView>(right);
      a && b && a->kind != DictView::Kind::kValues && b->kind != DictView::Kind::kValues) {
    return fail(Code::kUnsupported, "keys and items of dicts are not compared here; make them lists first: `| list`");
  }
  return false;
}

// The first place where the two differ decides.
Result<bool> less_items(const std::vector<Value>& left, const std::vector<Value>& right, Meter& meter,
                        std::string_view op) {
  for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
    TARN_ASSIGN(const bool alike, equal(left[i], right[i], meter));
    if (!alike) return less(left[i], right[i], meter, op);
  }
  return left.size() < right.size();
}

Result<bool> contains_text(const std::string& text, const Value& item, Meter& meter) {
  if (!item.string())
    return fail(Code::kInvalidArgument, fmt::format("`in` a text takes a text on its left, not {}", item.type_name()));
  TARN_TRY(meter.spend(1 + text.size() / 16));
  return utf8::find(text, *item.string()) != std::string_view::npos;
}

Result<bool> contains_range(const Range& range, const Value& item) {
  std::int64_t wanted = 0;
  const double* floating = item.floating();
  if (const auto integer = whole(item)) {
    wanted = *integer;
  } else if (floating && std::fabs(*floating) < 9e18 && std::floor(*floating) == *floating) {
    wanted = static_cast<std::int64_t>(*floating);
  } else {
    return false;
  }
  const bool inside =
      range.step > 0 ? wanted >= range.start && wanted < range.stop : wanted <= range.start && wanted > range.stop;
  return inside && (wanted - range.start) % range.step == 0;
}

Result<Value> concatenate(const Value& left, const Value& right, Meter& meter) {
  if (left.string() && right.string()) {
    TARN_TRY(meter.make(left.string()->size() + right.string()->size()));
    return Value(*left.string() + *right.string());
  }
  const auto both = sequences(left, right);
  if (!both) return no_operator("+", left, right);
  TARN_TRY(meter.make((both->left->size() + both->right->size()) * sizeof(Value)));
  std::vector<Value> items = *both->left;
  items.insert(items.end(), both->right->begin(), both->right->end());
  return as<List>(left) ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

Result<Value> repeat(const Value& repeated, std::int64_t times, Meter& meter) {
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
  const std::size_t each = repeated.string() ? repeated.string()->size() : repeated.items()->size() * sizeof(Value);
  if (each > 0 && count > SIZE_MAX / each / 2)
    return fail(Code::kLimit, "`*` would make more than memory holds; repeat it less often");
  TARN_TRY(meter.make(each * count));
  if (const std::string* text = repeated.string()) {
    std::string out;
    out.reserve(each * count);
    for (std::size_t i = 0; i < count && each > 0; ++i) out += *text;
    return Value(std::move(out));
  }
  std::vector<Value> items;
  for (std::size_t i = 0; i < count && each > 0; ++i)
    items.insert(items.end(), repeated.items()->begin(), repeated.items()->end());
  return as<List>(repeated) ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

bool can_repeat(const Value& value) { return value.string() || value.items(); }

std::string_view symbol(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd: return "+";
    case BinaryOp::kSubtract: return "-";
    case BinaryOp::kMultiply: return "*";
    case BinaryOp::kDivide: return "/";
    case BinaryOp::kFloorDivide: return "//";
    case BinaryOp::kModulo: return "%";
    case BinaryOp::kPower: return "**";
  }
  return "";
}

}  // namespace

std::unexpected<Error> undefined_error(const Value& value) {
  return fail(Code::kInvalidArgument, std::string(value.undefined_message()));
}

std::optional<std::int64_t> whole(const Value& value) {
  if (const bool* boolean = value.boolean()) return *boolean ? 1 : 0;
  if (const std::int64_t* integer = value.integer()) return *integer;
  return std::nullopt;
}

std::optional<double> number(const Value& value) {
  if (const double* floating = value.floating()) return *floating;
  if (const auto integer = whole(value)) return static_cast<double>(*integer);
  return std::nullopt;
}

Result<bool> truth(const Value& value) {
  if (value.is_none() || value.is_undefined()) return false;
  if (const auto as_number = number(value)) return *as_number != 0;
  if (const std::string* text = value.string()) return !text->empty();
  return value.object()->truth();
}

bool same(const Value& left, const Value& right) {
  if (left.object() || right.object()) return left.object() == right.object();
  if (left.string() || right.string()) return left.string() == right.string();
  if (left.boolean() || right.boolean())
    return left.boolean() && right.boolean() && *left.boolean() == *right.boolean();
  if (left.integer() || right.integer())
    return left.integer() && right.integer() && *left.integer() == *right.integer();
  if (left.floating() || right.floating())
    return left.floating() && right.floating() && *left.floating() == *right.floating();
  return left.data().index() == right.data().index();
}

Result<bool> equal(const Value& left, const Value& right, Meter& meter) {
  TARN_TRY(meter.spend());
  if (left.string() || right.string()) return left.string() && right.string() && *left.string() == *right.string();
  if (number(left) && number(right)) return compare_numbers(left, right) == std::partial_ordering::equivalent;
  if (left.object() && right.object()) return equal_objects(left, right, meter);
  return (left.is_none() && right.is_none()) || (left.is_undefined() && right.is_undefined());
}

Result<bool> less(const Value& left, const Value& right, Meter& meter, std::string_view op) {
  TARN_TRY(meter.spend());
  if (left.string() && right.string()) return *left.string() < *right.string();  // UTF-8 sorts as its code points
  if (number(left) && number(right)) return compare_numbers(left, right) == std::partial_ordering::less;
  const auto both = sequences(left, right);
  if (!both) return no_operator(op, left, right);
  const Meter::Level level(meter);
  TARN_TRY(level.check());
  return less_items(*both->left, *both->right, meter, op);
}

Result<bool> contains(const Value& container, const Value& item, Meter& meter) {
  if (const std::string* text = container.string()) return contains_text(*text, item, meter);
  if (const Dict* dict = container.dict()) {
    TARN_ASSIGN(const auto place, dict->find(item, meter));
    return place.has_value();
  }
  if (auto* range = as<Range>(container); range && number(item)) return contains_range(*range, item);
  auto iterator = iterate(container);
  if (!iterator) {
    return fail(Code::kInvalidArgument,
                fmt::format("`in` needs a text, list or dict on its right, not {}", container.type_name()));
  }
  while (true) {
    TARN_ASSIGN(const auto each, (*iterator)->next(meter));
    if (!each) return false;
    TARN_ASSIGN(const bool found, equal(*each, item, meter));
    if (found) return true;
  }
}

Result<bool> compare(CompareOp op, const Value& left, const Value& right, Meter& meter) {
  const auto negated = [](Result<bool> result) -> Result<bool> {
    if (!result) return result;
    return !*result;
  };
  // NaN is neither less nor equal, so <= is not the opposite of >.
  const auto less_or_equal = [&](const Value& a, const Value& b, std::string_view symbol_text) -> Result<bool> {
    if (number(a) && number(b)) return compare_numbers(a, b) <= 0;
    return negated(less(b, a, meter, symbol_text));
  };
  switch (op) {
    case CompareOp::kEqual: return equal(left, right, meter);
    case CompareOp::kNotEqual: return negated(equal(left, right, meter));
    case CompareOp::kLess: return less(left, right, meter, "<");
    case CompareOp::kGreater: return less(right, left, meter, ">");
    case CompareOp::kLessEqual: return less_or_equal(left, right, "<=");
    case CompareOp::kGreaterEqual: return less_or_equal(right, left, ">=");
    case CompareOp::kIn: return contains(right, left, meter);
    case CompareOp::kNotIn: return negated(contains(right, left, meter));
  }
  return false;
}

Result<Value> binary(BinaryOp op, const Value& left, const Value& right, Meter& meter) {
  if (op == BinaryOp::kModulo && left.string()) {
    TARN_ASSIGN(std::string text, format_percent(*left.string(), right, meter));
    return Value(std::move(text));
  }
  if (number(left) && number(right)) return arithmetic(op, left, right);
  if (op == BinaryOp::kAdd) return concatenate(left, right, meter);
  if (op == BinaryOp::kMultiply && can_repeat(left) && whole(right)) return repeat(left, *whole(right), meter);
  if (op == BinaryOp::kMultiply && can_repeat(right) && whole(left)) return repeat(right, *whole(left), meter);
  return no_operator(symbol(op), left, right);
}

}  // namespace tarn::jinja
