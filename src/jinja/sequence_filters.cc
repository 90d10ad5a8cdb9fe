#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "jinja/arguments.h"
#include "jinja/filters.h"
#include "jinja/operators.h"
#include "jinja/sequences.h"
#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

Result<Value> length(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "length", {}));
  if (value.string()) TARN_TRY(call.meter.spend(1 + value.string()->size() / 64));
  if (const auto size = length_of(value)) return Value(*size);
  return fail(Code::kInvalidArgument, fmt::format("a value of type {} has no length{}", value.type_name(),
                                                  as<Iterator>(value) ? "; make it a list first: `| list`" : ""));
}

Result<Value> list(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "list", {}));
  TARN_ASSIGN(auto items, collect(value, call.meter));
  return Value::list(std::move(items));
}

Result<Value> first(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "first", {}));
  TARN_ASSIGN(const auto items, iterate(value));
  TARN_ASSIGN(auto item, items->next(call.meter));
  return item ? std::move(*item) : Value::undefined("there is no first item: there are none");
}

// Python's reversed(): nothing for what only goes forward.
Result<std::optional<std::vector<Value>>> backwards(const Value& value, Meter& meter) {
  if (!length_of(value)) return std::nullopt;
  TARN_ASSIGN(auto items, collect(value, meter));
  std::ranges::reverse(items);
  return items;
}

Result<Value> last(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "last", {}));
  TARN_ASSIGN(const auto items, backwards(value, call.meter));
  if (!items) {
    return fail(Code::kInvalidArgument, fmt::format("`last` does not go with {}{}", value.type_name(),
                                                    as<Iterator>(value) ? "; make it a list first: `| list`" : ""));
  }
  return items->empty() ? Value::undefined("there is no last item: there are none") : items->front();
}

Result<Value> reverse(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "reverse", {}));
  if (value.string()) {
    TARN_ASSIGN(const auto points, backwards(value, call.meter));
    std::string out;
    for (const Value& point : *points) out += *point.string();
    return Value(std::move(out));
  }
  TARN_ASSIGN(auto items, backwards(value, call.meter));
  if (items) return once(std::move(*items));
  TARN_ASSIGN(auto forward, collect(value, call.meter));
  std::ranges::reverse(forward);
  return Value::list(std::move(forward));
}

// The keys that `sort` compares: of each comma-separated attribute.
Result<Value> sort(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "sort", {"reverse", "case_sensitive", "attribute"}));
  TARN_ASSIGN(const bool reversed, taken.truth(0, false));
  TARN_ASSIGN(const bool case_sensitive, taken.truth(1, false));
  const Value attribute = taken.value(2);
  std::vector<Getter> getters;
  std::vector<Value> attributes{attribute};
  if (attribute.string()) {
    attributes.clear();
    const std::string& many = *attribute.string();
    for (std::size_t at = 0; at <= many.size();) {
      const std::size_t comma = std::min(many.find(',', at), many.size());
      attributes.emplace_back(many.substr(at, comma - at));
      at = comma + 1;
    }
  }
  for (const Value& each : attributes) {
    TARN_ASSIGN(getters.emplace_back(), Getter::of(each, !case_sensitive));
  }
  TARN_ASSIGN(auto items, collect(value, call.meter));
  std::vector<Value> keys;
  for (const Value& item : items) {
    std::vector<Value> key;
    for (const Getter& getter : getters) {
      TARN_ASSIGN(key.emplace_back(), getter.get(item, call.meter));
    }
    TARN_TRY(call.meter.make(sizeof(Value) * (2 + key.size())));
    keys.push_back(Value::list(std::move(key)));
  }
  TARN_ASSIGN(auto sorted, sort_by(std::move(items), std::move(keys), reversed, call.meter));
  return Value::list(std::move(sorted));
}

Result<Value> dictsort(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "dictsort", {"case_sensitive", "by", "reverse"}));
  TARN_ASSIGN(const bool case_sensitive, taken.truth(0, false));
  TARN_ASSIGN(const std::string by, taken.text(1, "key"));
  TARN_ASSIGN(const bool reversed, taken.truth(2, false));
  if (by != "key" && by != "value") return fail(Code::kInvalidArgument, "`dictsort` sorts by key or by value");
  if (value.is_undefined()) return undefined_error(value);
  const Dict* dict = value.dict();
  if (!dict) return fail(Code::kInvalidArgument, fmt::format("`dictsort` takes a dict, not {}", value.type_name()));
  std::vector<Value> items, keys;
  for (const auto& [key, held] : dict->entries) {
    TARN_TRY(call.meter.make(4 * sizeof(Value)));
    items.push_back(Value::tuple({key, held}));
    const Value& chosen = by == "key" ? key : held;
    TARN_ASSIGN(keys.emplace_back(), case_sensitive ? Result<Value>(chosen) : without_case(chosen));
  }
  TARN_ASSIGN(auto sorted, sort_by(std::move(items), std::move(keys), reversed, call.meter));
  return Value::list(std::move(sorted));
}

Result<Value> items(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "items", {}));
  if (value.is_undefined()) return once({});
  auto dict = share<Dict>(value);
  if (!dict) return fail(Code::kInvalidArgument, fmt::format("`items` takes a dict, not {}", value.type_name()));
  const Value view(std::static_pointer_cast<Object>(std::make_shared<DictView>(dict, DictView::Kind::kItems)));
  return through(view, {}, [](const Value& item, Meter&) -> Result<std::optional<Value>> { return item; });
}

Result<Value> unique(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "unique", {"case_sensitive", "attribute"}));
  TARN_ASSIGN(const bool case_sensitive, taken.truth(0, false));
  TARN_ASSIGN(const Getter getter, Getter::of(taken.value(1), !case_sensitive));
  TARN_TRY(iterate(value));
  auto seen = std::make_shared<Dict>();
  return through(value, {Value(std::static_pointer_cast<Object>(seen))},
                 [seen, getter](const Value& item, Meter& meter) -> Result<std::optional<Value>> {
                   TARN_ASSIGN(const Value key, getter.get(item, meter));
                   TARN_ASSIGN(const auto place, seen->find(key, meter));
                   if (place) return std::nullopt;
                   TARN_TRY(seen->set(key, Value(), meter));
                   return item;
                 });
}

template <bool largest>
Result<Value> extreme(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, largest ? "max" : "min", {"case_sensitive", "attribute"}));
  TARN_ASSIGN(const bool case_sensitive, taken.truth(0, false));
  TARN_ASSIGN(const Getter getter, Getter::of(taken.value(1), !case_sensitive));
  TARN_ASSIGN(const auto all, collect(value, call.meter));
  if (all.empty()) return Value::undefined("there is no smallest or largest item: there are none");
  const Value* best = &all[0];
  TARN_ASSIGN(Value best_key, getter.get(all[0], call.meter));
  for (std::size_t i = 1; i < all.size(); ++i) {
    TARN_ASSIGN(Value key, getter.get(all[i], call.meter));
    TARN_ASSIGN(const bool better, largest ? less(best_key, key, call.meter, ">") : less(key, best_key, call.meter));
    if (!better) continue;
    best = &all[i];
    best_key = std::move(key);
  }
  return *best;
}

Result<Value> sum(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "sum", {"attribute", "start"}));
  TARN_ASSIGN(const Getter getter, Getter::of(taken.value(0), false));
  Value total = taken.value(1, Value(0));
  if (total.string()) return fail(Code::kInvalidArgument, "`sum` does not join texts; `join` does");
  TARN_ASSIGN(const auto all, collect(value, call.meter));
  for (const Value& item : all) {
    TARN_ASSIGN(const Value part, getter.get(item, call.meter));
    TARN_ASSIGN(total, binary(BinaryOp::kAdd, total, part, call.meter));
  }
  return total;
}

Result<Value> batch(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "batch", {"linecount", "fill_with"}, 1));
  TARN_ASSIGN(const std::int64_t size, taken.integer(0, 0));
  if (size <= 0) return fail(Code::kUnsupported, "`batch` takes a number of items above 0");
  TARN_ASSIGN(const auto all, collect(value, call.meter));
  std::vector<Value> batches;
  for (std::size_t at = 0; at < all.size(); at += static_cast<std::size_t>(size)) {
    const std::size_t end = std::min(all.size() - at, static_cast<std::size_t>(size)) + at;
    std::vector<Value> one(all.begin() + static_cast<std::ptrdiff_t>(at),
                           all.begin() + static_cast<std::ptrdiff_t>(end));
    if (!taken.is_none(1)) {
      TARN_TRY(call.meter.make((static_cast<std::size_t>(size) - one.size()) * sizeof(Value)));
      one.resize(static_cast<std::size_t>(size), taken.value(1));
    }
    TARN_TRY(call.meter.make((1 + one.size()) * sizeof(Value)));
    batches.push_back(Value::list(std::move(one)));
  }
  return once(std::move(batches));
}

Result<Value> slice(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "slice", {"slices", "fill_with"}, 1));
  TARN_ASSIGN(const std::int64_t count, taken.integer(0, 0));
  if (count <= 0) return fail(Code::kUnsupported, "`slice` takes a number of slices above 0");
  TARN_ASSIGN(const auto all, collect(value, call.meter));
  const auto slices = static_cast<std::size_t>(count);
  const std::size_t each = all.size() / slices, longer = all.size() % slices;
  std::vector<Value> made;
  std::size_t at = 0;
  for (std::size_t i = 0; i < slices; ++i) {
    const std::size_t end = at + each + (i < longer ? 1 : 0);
    TARN_TRY(call.meter.make((3 + end - at) * sizeof(Value)));
    std::vector<Value> one(all.begin() + static_cast<std::ptrdiff_t>(at),
                           all.begin() + static_cast<std::ptrdiff_t>(end));
    if (!taken.is_none(1) && i >= longer) one.push_back(taken.value(1));
    made.push_back(Value::list(std::move(one)));
    at = end;
  }
  return once(std::move(made));
}

Result<Value> groupby(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "groupby", {"attribute", "default", "case_sensitive"}, 1));
  TARN_ASSIGN(const bool case_sensitive, taken.truth(2, false));
  TARN_ASSIGN(const Getter getter, Getter::of(taken.value(0), !case_sensitive, taken.value(1)));
  TARN_ASSIGN(const Getter shown, Getter::of(taken.value(0), false, taken.value(1)));
  TARN_ASSIGN(auto all, collect(value, call.meter));
  std::vector<Value> keys;
  for (const Value& item : all) {
    TARN_ASSIGN(keys.emplace_back(), getter.get(item, call.meter));
  }
  TARN_ASSIGN(const auto sorted, sort_by(std::move(all), std::move(keys), false, call.meter));
  std::vector<Value> groups;
  for (std::size_t at = 0; at < sorted.size();) {
    TARN_ASSIGN(const Value key, getter.get(sorted[at], call.meter));
    TARN_ASSIGN(Value grouper, shown.get(sorted[at], call.meter));
    std::vector<Value> members;
    for (; at < sorted.size(); ++at) {
      TARN_ASSIGN(const Value other, getter.get(sorted[at], call.meter));
      TARN_ASSIGN(const bool alike, equal(key, other, call.meter));
      if (!alike && !members.empty()) break;
      members.push_back(sorted[at]);
    }
    TARN_TRY(call.meter.make((4 + members.size()) * sizeof(Value)));
    auto group = std::make_shared<Tuple>(std::vector<Value>{std::move(grouper), Value::list(std::move(members))});
    group->field_names = {"grouper", "list"};
    groups.emplace_back(std::static_pointer_cast<Object>(std::move(group)));
  }
  return Value::list(std::move(groups));
}

constexpr std::array kFilters = std::to_array<FilterEntry>({{"batch", batch},
                                                            {"count", length},
                                                            {"dictsort", dictsort},
                                                            {"first", first},
                                                            {"groupby", groupby},
                                                            {"items", items},
                                                            {"last", last},
                                                            {"length", length},
                                                            {"list", list},
                                                            {"max", extreme<true>},
                                                            {"min", extreme<false>},
                                                            {"reverse", reverse},
                                                            {"slice", slice},
                                                            {"sort", sort},
                                                            {"sum", sum},
                                                            {"unique", unique}});

}  // namespace

std::span<const FilterEntry> sequence_filters() { return kFilters; }

}  // namespace tarn::jinja
