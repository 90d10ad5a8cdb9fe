// default, attr, map, select and their kin; dbt's as_….
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "jinja/arguments.h"
#include "jinja/filters.h"
#include "jinja/operators.h"
#include "jinja/predicates.h"
#include "jinja/sequences.h"

namespace tarn::jinja {
namespace {

Result<Value> by_default(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "default", {"default_value", "boolean"}));
  TARN_ASSIGN(const bool also_false, taken.truth(1, false));
  bool absent = value.is_undefined();
  if (!absent && also_false) {
    TARN_ASSIGN(const bool holds, truth(value));
    absent = !holds;
  }
  return absent ? taken.value(0, Value("")) : value;
}

// The attribute alone, not the key of a dict.
Result<Value> attr(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "attr", {"name"}, 1));
  TARN_ASSIGN(const std::string name, taken.text(0, ""));
  TARN_ASSIGN(Value found, get_attribute(value, name, call.meter));
  if (const Dict* dict = value.dict()) {
    TARN_ASSIGN(const auto place, dict->find(Value(name), call.meter));
    if (place && !as<Method>(found))
      return Value::undefined(fmt::format("a dict has no attribute `{}`; `['{}']` is its key", name, name));
  }
  return found;
}

// What a deferred call of a filter or test needs of the call that made it.
struct Deferred {
  std::vector<Value> arguments;
  std::vector<std::pair<std::string, Value>> named;
  std::string file;
  std::size_t line, column;

  Call call(Meter& meter) const {
    return Call{.arguments = arguments, .named = named, .meter = meter, .file = file, .line = line, .column = column};
  }
};

std::vector<Value> held_by(const Call& call) {
  std::vector<Value> held = call.arguments;
  for (const auto& [name, value] : call.named) held.push_back(value);
  return held;
}

Deferred defer(const Call& call, std::size_t from) {
  const auto first = call.arguments.begin() + static_cast<std::ptrdiff_t>(from);
  return {{first, call.arguments.end()}, call.named, std::string(call.file), call.line, call.column};
}

Result<Value> map_attribute(const Value& value, const Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "map", {"attribute", "default"}, 1));
  TARN_ASSIGN(const Getter getter, Getter::of(taken.value(0), false, taken.value(1)));
  return through(value, held_by(call), [getter](const Value& item, Meter& meter) -> Result<std::optional<Value>> {
    TARN_ASSIGN(Value found, getter.get(item, meter));
    return found;
  });
}

Result<Value> map(const Value& value, Call& call) {
  if (call.arguments.empty()) {
    if (call.named.empty()) return fail(Code::kInvalidArgument, "`map` needs the name of a filter, or `attribute=…`");
    return map_attribute(value, call);
  }
  const std::string* name = call.arguments[0].string();
  const FilterEntry* filter = name ? find_filter(*name) : nullptr;
  if (!filter)
    return fail(Code::kUnsupported, fmt::format("`map`: there is no filter `{}` here",
                                                name ? *name : std::string(call.arguments[0].type_name())));
  return through(value, held_by(call),
                 [filter, later = defer(call, 1)](const Value& item, Meter& meter) -> Result<std::optional<Value>> {
                   Call each = later.call(meter);
                   TARN_ASSIGN(Value made, filter->run(item, each));
                   return made;
                 });
}

// select, reject: the items for which a test, or their own truth, says `wanted`. selectattr, rejectattr: of an
// attribute.
template <bool wanted, bool of_attribute>
Result<Value> choose(const Value& value, Call& call) {
  constexpr std::size_t kName = of_attribute ? 1 : 0;
  Getter getter;
  if (of_attribute) {
    if (call.arguments.empty()) return fail(Code::kInvalidArgument, "the filter needs the name of an attribute");
    TARN_ASSIGN(getter, Getter::of(call.arguments[0], false));
  }
  const TestEntry* test = nullptr;
  if (call.arguments.size() > kName) {
    const std::string* name = call.arguments[kName].string();
    test = name ? find_test(*name) : nullptr;
    if (!test)
      return fail(Code::kUnsupported, fmt::format("there is no test `{}` here",
                                                  name ? *name : std::string(call.arguments[kName].type_name())));
  } else if (!call.named.empty()) {
    return fail(Code::kInvalidArgument, "the filter takes names only after that of a test");
  }
  const std::size_t from = std::min(call.arguments.size(), kName + 1);
  return through(
      value, held_by(call),
      [getter, test, later = defer(call, from)](const Value& item, Meter& meter) -> Result<std::optional<Value>> {
        TARN_ASSIGN(const Value asked, getter.get(item, meter));
        Call each = later.call(meter);
        TARN_ASSIGN(const bool holds, test ? test->run(asked, each) : truth(asked));
        if (holds != wanted) return std::nullopt;
        return item;
      });
}

// dbt's as_text, as_bool, as_number and as_native say something only in YAML; in SQL they leave the value as it is.
Result<Value> as_it_is(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "the filter", {}));
  return value;
}

Result<Value> is_list(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "is_list", {}));
  return Value(as<List>(value) != nullptr);
}

constexpr std::array kFilters = std::to_array<FilterEntry>({{"as_bool", as_it_is},
                                                            {"as_native", as_it_is},
                                                            {"as_number", as_it_is},
                                                            {"as_text", as_it_is},
                                                            {"attr", attr},
                                                            {"d", by_default},
                                                            {"default", by_default},
                                                            {"is_list", is_list},
                                                            {"map", map},
                                                            {"reject", choose<false, false>},
                                                            {"rejectattr", choose<false, true>},
                                                            {"select", choose<true, false>},
                                                            {"selectattr", choose<true, true>}});

}  // namespace

std::span<const FilterEntry> choice_filters() { return kFilters; }

}  // namespace tarn::jinja
