// value.name, value[key], value[start:stop:step].
#include <fmt/format.h>

#include <algorithm>

#include "jinja/containers.h"
#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

Value missing_attribute(const Value& value, std::string_view name) {
  return Value::undefined(fmt::format("a value of type {} has no `{}`", value.type_name(), name));
}

// Python's attribute, nothing if there is none.
Result<std::optional<Value>> attribute(const Value& value, std::string_view name) {
  if (name.starts_with("__")) {
    return fail(Code::kUnsupported, fmt::format("`{}`: names that begin with __ are Python's own and not there", name));
  }
  if (auto object = share<Object>(value)) {
    TARN_ASSIGN(auto found, object->attribute(object, name));
    if (found) return found;
  }
  TARN_ASSIGN(auto method, find_method(value, name));
  if (!method) return std::nullopt;
  return Value(std::static_pointer_cast<Object>(std::move(method)));
}

// Where `index` is among `size` items, from the end if it is negative; nothing past them.
std::optional<std::size_t> place_of(std::int64_t index, std::size_t size) {
  if (index < 0) index += static_cast<std::int64_t>(size);
  if (index < 0 || static_cast<std::size_t>(index) >= size) return std::nullopt;
  return static_cast<std::size_t>(index);
}

// The item at `index` of what has places; nothing past the end or if `value` has none.
std::optional<Value> by_place(const Value& value, std::int64_t index) {
  if (const std::string* text = value.string()) {
    const auto place = place_of(index, utf8::length(*text));
    if (!place) return std::nullopt;
    const std::size_t at = utf8::offset(*text, *place);
    return Value(text->substr(at, utf8::decode(*text, at).size));
  }
  if (const auto* items = value.items()) {
    const auto place = place_of(index, items->size());
    return place ? std::optional((*items)[*place]) : std::nullopt;
  }
  if (auto* range = as<Range>(value)) {
    const auto place = place_of(index, range->size());
    return place ? std::optional(Value(range->at(*place))) : std::nullopt;
  }
  return std::nullopt;
}

struct Bounds {
  std::int64_t start, step;
  std::size_t count;
};

Result<std::optional<std::int64_t>> slice_number(const Value& value) {
  if (value.is_none()) return std::nullopt;
  if (const auto number_given = whole(value)) return *number_given;
  if (value.is_undefined()) return undefined_error(value);
  return fail(Code::kInvalidArgument, fmt::format("a slice takes whole numbers, not {}", value.type_name()));
}

Result<Bounds> bounds(const Value& start, const Value& stop, const Value& step, std::int64_t size) {
  TARN_ASSIGN(const auto by, slice_number(step));
  TARN_ASSIGN(const auto from, slice_number(start));
  TARN_ASSIGN(const auto to, slice_number(stop));
  const std::int64_t stride = std::max(by.value_or(1), -INT64_MAX);
  if (stride == 0) return fail(Code::kInvalidArgument, "a slice's step is 0; take another");
  const bool forward = stride > 0;
  const auto clamp = [&](std::int64_t index) {
    if (index < 0) index = std::max(index + size, forward ? std::int64_t{0} : std::int64_t{-1});
    return std::min(index, forward ? size : size - 1);
  };
  const std::int64_t first = from ? clamp(*from) : forward ? 0 : size - 1;
  const std::int64_t last = to ? clamp(*to) : forward ? size : -1;
  std::size_t count = 0;
  if (forward && first < last) count = static_cast<std::size_t>((last - first - 1) / stride) + 1;
  if (!forward && first > last) count = static_cast<std::size_t>((first - last - 1) / -stride) + 1;
  return Bounds{first, stride, count};
}

std::string slice_text(const std::string& text, const Bounds& of) {
  std::vector<std::size_t> starts;  // of its code points, and the end
  for (std::size_t at = 0; at < text.size(); at += utf8::decode(text, at).size) starts.push_back(at);
  starts.push_back(text.size());
  std::string out;
  for (std::size_t i = 0; i < of.count; ++i) {
    const auto place = static_cast<std::size_t>(of.start + static_cast<std::int64_t>(i) * of.step);
    out.append(text, starts[place], starts[place + 1] - starts[place]);
  }
  return out;
}

}  // namespace

Result<Value> get_attribute(const Value& value, std::string_view name, Meter& meter) {
  if (value.is_undefined()) return undefined_error(value);
  if (const Dict* dict = value.dict()) {
    // A key with such a name is no attribute of Python.
    if (name.starts_with("__")) {
      TARN_ASSIGN(const auto place, dict->find(Value(name), meter));
      if (place) return dict->entries[*place].second;
    }
  }
  TARN_ASSIGN(auto found, attribute(value, name));
  if (found) return std::move(*found);
  if (const Dict* dict = value.dict()) {
    TARN_ASSIGN(const auto place, dict->find(Value(name), meter));
    if (place) return dict->entries[*place].second;
  }
  return missing_attribute(value, name);
}

Result<Value> get_item(const Value& value, const Value& key, Meter& meter) {
  if (value.is_undefined()) return undefined_error(value);
  if (const Dict* dict = value.dict()) {
    auto place = dict->find(key, meter);
    if (!place && place.error().code != Code::kInvalidArgument) return std::unexpected(std::move(place).error());
    if (place && *place) return dict->entries[**place].second;
  } else if (const auto index = whole(key)) {
    TARN_TRY(meter.spend(value.string() ? 1 + value.string()->size() / 16 : 1));
    if (auto item = by_place(value, *index)) return std::move(*item);
  }
  if (key.string()) {
    TARN_ASSIGN(auto found, attribute(value, *key.string()));
    if (found) return std::move(*found);
    return missing_attribute(value, *key.string());
  }
  TARN_ASSIGN(const std::string shown, repr_of(key, meter));
  return Value::undefined(fmt::format("a value of type {} has no item {}", value.type_name(), shown));
}

Result<Value> get_slice(const Value& value, const Value& start, const Value& stop, const Value& step, Meter& meter) {
  if (value.is_undefined()) return undefined_error(value);
  const auto* items = value.items();
  const auto* range = as<Range>(value);
  if (!value.string() && !items && !range) {
    return fail(Code::kInvalidArgument, fmt::format("a value of type {} can't be sliced", value.type_name()));
  }
  const std::size_t size = *length_of(value);
  TARN_TRY(meter.make(value.string() ? 9 * size : sizeof(Value)));
  TARN_ASSIGN(const Bounds of, bounds(start, stop, step, static_cast<std::int64_t>(size)));
  if (value.string()) return Value(slice_text(*value.string(), of));
  if (range) return fail(Code::kUnsupported, "a slice of a range; make it a list first: `| list`");
  TARN_TRY(meter.make(of.count * sizeof(Value)));
  std::vector<Value> taken;
  for (std::size_t i = 0; i < of.count; ++i) {
    taken.push_back((*items)[static_cast<std::size_t>(of.start + static_cast<std::int64_t>(i) * of.step)]);
  }
  return as<List>(value) ? Value::list(std::move(taken)) : Value::tuple(std::move(taken));
}

}  // namespace tarn::jinja
