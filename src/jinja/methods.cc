// Methods of lists, tuples and dicts, and how a method is found.
#include "jinja/methods.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "jinja/arguments.h"
#include "jinja/dicts.h"
#include "jinja/operators.h"
#include "jinja/sequences.h"

namespace tarn::jinja {
namespace {

Result<Value> append(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "append", {"object"}, 1));
  auto& list = *as<List>(self);
  TARN_TRY(may_hold(list, taken.value(0), call.meter));
  TARN_TRY(call.meter.make(sizeof(Value)));
  list.items.push_back(taken.value(0));
  return Value();
}

Result<Value> extend(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "extend", {"iterable"}, 1));
  auto& list = *as<List>(self);
  TARN_ASSIGN(auto items, collect(taken.value(0), call.meter));
  for (const Value& each : items) TARN_TRY(may_hold(list, each, call.meter));
  std::ranges::move(items, std::back_inserter(list.items));
  return Value();
}

Result<Value> insert(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "insert", {"index", "object"}, 2));
  auto& list = *as<List>(self);
  TARN_ASSIGN(std::int64_t index, taken.integer(0, 0));
  TARN_TRY(may_hold(list, taken.value(1), call.meter));
  TARN_TRY(call.meter.make(sizeof(Value)));
  TARN_TRY(call.meter.spend(1 + list.items.size() / 16));
  const auto size = static_cast<std::int64_t>(list.items.size());
  if (index < 0) index = std::max<std::int64_t>(index + size, 0);
  list.items.insert(list.items.begin() + std::min(index, size), taken.value(1));
  return Value();
}

Result<Value> pop(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "pop", {"index"}, 0));
  auto& items = as<List>(self)->items;
  TARN_ASSIGN(std::int64_t index, taken.integer(0, -1));
  const auto size = static_cast<std::int64_t>(items.size());
  if (index < 0) index += size;
  if (index < 0 || index >= size)
    return fail(Code::kInvalidArgument,
                items.empty() ? "`pop` from an empty list" : "`pop`: the list has no such place");
  TARN_TRY(call.meter.spend(1 + items.size() / 16));
  Value taken_out = items[static_cast<std::size_t>(index)];
  items.erase(items.begin() + index);
  return taken_out;
}

Result<std::optional<std::size_t>> find_equal(const std::vector<Value>& items, const Value& wanted, std::size_t from,
                                              std::size_t to, Meter& meter) {
  for (std::size_t i = from; i < to && i < items.size(); ++i) {
    TARN_ASSIGN(const bool found, equal(items[i], wanted, meter));
    if (found) return i;
  }
  return std::nullopt;
}

Result<Value> remove(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "remove", {"value"}, 1));
  auto& items = as<List>(self)->items;
  TARN_ASSIGN(const auto place, find_equal(items, taken.value(0), 0, items.size(), call.meter));
  if (!place) return fail(Code::kInvalidArgument, "`remove`: the value is not in the list");
  TARN_TRY(call.meter.spend(1 + items.size() / 16));
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(*place));
  return Value();
}

Result<Value> index(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "index", {"value", "start", "stop"}, 1));
  const auto& items = *self.items();
  const auto size = static_cast<std::int64_t>(items.size());
  TARN_ASSIGN(std::int64_t from, taken.integer(1, 0));
  TARN_ASSIGN(std::int64_t to, taken.integer(2, size));
  const auto clamp = [size](std::int64_t place) {
    return static_cast<std::size_t>(place < 0 ? std::max<std::int64_t>(place + size, 0) : place);
  };
  TARN_ASSIGN(const auto place, find_equal(items, taken.value(0), clamp(from), clamp(to), call.meter));
  if (!place) return fail(Code::kInvalidArgument, "`index`: the value is not in it; test with `in` first");
  return Value(*place);
}

Result<Value> count(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "count", {"value"}, 1));
  std::int64_t times = 0;
  for (const Value& each : *self.items()) {
    TARN_ASSIGN(const bool found, equal(each, taken.value(0), call.meter));
    if (found) ++times;
  }
  return Value(times);
}

Result<Value> reverse(const Value& self, Call& call) {
  TARN_TRY(Taken::positional(call, "reverse", {}, 0));
  TARN_TRY(call.meter.spend(1 + self.items()->size() / 16));
  std::ranges::reverse(as<List>(self)->items);
  return Value();
}

Result<Value> sort(const Value& self, Call& call) {
  if (!call.arguments.empty()) return fail(Code::kInvalidArgument, "`sort` takes `reverse` by its name");
  TARN_ASSIGN(const Taken taken, Taken::of(call, "sort", {"key", "reverse"}));
  if (!taken.is_none(0)) return fail(Code::kUnsupported, "`sort` with a key; the filter `sort(attribute=…)` takes one");
  TARN_ASSIGN(const bool backwards, taken.truth(1, false));
  auto& items = as<List>(self)->items;
  TARN_ASSIGN(auto sorted, sort_by(items, items, backwards, call.meter));
  items = std::move(sorted);
  return Value();
}

Result<Value> copy_list(const Value& self, Call& call) {
  TARN_TRY(Taken::positional(call, "copy", {}, 0));
  TARN_TRY(call.meter.make(self.items()->size() * sizeof(Value)));
  return Value::list(*self.items());
}

Result<Value> clear_list(const Value& self, Call& call) {
  TARN_TRY(Taken::positional(call, "clear", {}, 0));
  bury(std::exchange(as<List>(self)->items, {}));
  return Value();
}

// --- dicts

template <DictView::Kind kind>
Result<Value> view(const Value& self, Call& call) {
  TARN_TRY(Taken::positional(call, "the method", {}, 0));
  return Value(std::static_pointer_cast<Object>(std::make_shared<DictView>(share<Dict>(self), kind)));
}

Result<Value> get(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "get", {"key", "default"}, 1));
  TARN_ASSIGN(const auto place, self.dict()->find(taken.value(0), call.meter));
  return place ? self.dict()->entries[*place].second : taken.value(1);
}

Result<Value> setdefault(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "setdefault", {"key", "default"}, 1));
  auto& dict = *as<Dict>(self);
  TARN_ASSIGN(const auto place, dict.find(taken.value(0), call.meter));
  if (place) return dict.entries[*place].second;
  TARN_TRY(may_hold(dict, taken.value(1), call.meter));
  TARN_TRY(dict.set(taken.value(0), taken.value(1), call.meter));
  return taken.value(1);
}

Result<Value> pop_key(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "pop", {"key", "default"}, 1));
  auto& dict = *as<Dict>(self);
  TARN_ASSIGN(const auto place, dict.find(taken.value(0), call.meter));
  if (place) return dict.remove(*place, call.meter);
  if (taken.has(1)) return taken.value(1);
  TARN_ASSIGN(const std::string key, repr_of(taken.value(0), call.meter));
  return fail(Code::kInvalidArgument, fmt::format("`pop`: the dict has no key {}; give a second value for that", key));
}

Result<Value> popitem(const Value& self, Call& call) {
  TARN_TRY(Taken::positional(call, "popitem", {}, 0));
  auto& dict = *as<Dict>(self);
  if (dict.entries.empty()) return fail(Code::kInvalidArgument, "`popitem` from an empty dict");
  const Value key = dict.entries.back().first;
  TARN_ASSIGN(Value value, dict.remove(dict.entries.size() - 1, call.meter));
  return Value::tuple({key, std::move(value)});
}

Result<Value> update(const Value& self, Call& call) {
  TARN_TRY(update_dict(*as<Dict>(self), "update", call));
  return Value();
}

Result<Value> copy_dict(const Value& self, Call& call) {
  TARN_TRY(Taken::positional(call, "copy", {}, 0));
  auto dict = std::make_shared<Dict>();
  TARN_TRY(update_from(*dict, self, call.meter));
  return Value(std::static_pointer_cast<Object>(std::move(dict)));
}

Result<Value> clear_dict(const Value& self, Call& call) {
  TARN_TRY(Taken::positional(call, "clear", {}, 0));
  as<Dict>(self)->clear();
  return Value();
}

constexpr std::array kList = std::to_array<MethodEntry>({{"append", append},
                                                         {"clear", clear_list},
                                                         {"copy", copy_list},
                                                         {"count", count},
                                                         {"extend", extend},
                                                         {"index", index},
                                                         {"insert", insert},
                                                         {"pop", pop},
                                                         {"remove", remove},
                                                         {"reverse", reverse},
                                                         {"sort", sort}});
constexpr std::array kTuple = std::to_array<MethodEntry>({{"count", count}, {"index", index}});
constexpr std::array kDict = std::to_array<MethodEntry>({{"clear", clear_dict},
                                                         {"copy", copy_dict},
                                                         {"get", get},
                                                         {"items", view<DictView::Kind::kItems>},
                                                         {"keys", view<DictView::Kind::kKeys>},
                                                         {"pop", pop_key},
                                                         {"popitem", popitem},
                                                         {"setdefault", setdefault},
                                                         {"update", update},
                                                         {"values", view<DictView::Kind::kValues>}});

// What Python has and this has not: an error, or a template would render something else.
constexpr std::string_view kTextNot[] = {"casefold",    "encode",  "expandtabs", "format_map", "isidentifier",
                                         "isprintable", "istitle", "maketrans",  "translate"};
constexpr std::string_view kDictNot[] = {"fromkeys"};
constexpr std::string_view kViewNot[] = {"isdisjoint", "mapping"};
constexpr std::string_view kRangeNot[] = {"start", "stop", "step", "count", "index"};
constexpr std::string_view kNumberNot[] = {"real",       "imag",      "numerator", "denominator", "conjugate",
                                           "bit_length", "bit_count", "to_bytes",  "from_bytes",  "as_integer_ratio",
                                           "is_integer", "hex",       "fromhex"};
constexpr std::string_view kIteratorNot[] = {"send",       "throw",   "close",        "gi_frame",
                                             "gi_running", "gi_code", "gi_yieldfrom", "gi_suspended"};

struct Kind {
  std::span<const MethodEntry> methods;
  std::span<const std::string_view> refused;
};
Kind kind_of(const Value& value) {
  if (value.string()) return {text_methods(), kTextNot};
  if (as<List>(value)) return {kList, {}};
  if (as<Tuple>(value)) return {kTuple, {}};
  if (as<Dict>(value)) return {kDict, kDictNot};
  if (as<DictView>(value)) return {{}, kViewNot};
  if (as<Range>(value)) return {{}, kRangeNot};
  if (as<Iterator>(value)) return {{}, kIteratorNot};
  if (number(value)) return {{}, kNumberNot};
  return {};
}

}  // namespace

Result<std::shared_ptr<Method>> find_method(const Value& value, std::string_view name) {
  const Kind kind = kind_of(value);
  const auto found = std::ranges::find(kind.methods, name, &MethodEntry::name);
  if (found != kind.methods.end()) return std::make_shared<Method>(value, found->name, found->run);
  if (std::ranges::find(kind.refused, name) != kind.refused.end()) {
    return fail(Code::kUnsupported,
                fmt::format("`{}` of a {} is not supported; docs/jinja.md lists what is", name, value.type_name()));
  }
  return nullptr;
}

}  // namespace tarn::jinja
