// range, dict and namespace.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "jinja/dicts.h"
#include "jinja/evaluate.h"
#include "jinja/operators.h"

namespace tarn::jinja {
namespace {

Result<std::int64_t> range_number(const Value& value) {
  if (const auto number_given = whole(value)) return *number_given;
  if (value.is_undefined()) return undefined_error(value);
  return fail(Code::kInvalidArgument, fmt::format("`range` takes whole numbers, not {}", value.type_name()));
}

Result<Value> make_range(Call& call) {
  if (call.arguments.empty() || call.arguments.size() > 3 || !call.named.empty()) {
    return fail(Code::kInvalidArgument,
                "`range` takes an end, or a start and an end, or these and a step, without names");
  }
  std::vector<std::int64_t> numbers;
  for (const Value& each : call.arguments) {
    TARN_ASSIGN(numbers.emplace_back(), range_number(each));
  }
  if (numbers.size() == 1) numbers.insert(numbers.begin(), 0);
  if (numbers.size() == 2) numbers.push_back(1);
  if (numbers[2] == 0) return fail(Code::kInvalidArgument, "`range` with a step of 0; take another");
  auto range = std::make_shared<Range>(numbers[0], numbers[1], numbers[2]);
  if (range->size() > static_cast<std::size_t>(kRangeMax)) {
    return fail(Code::kLimit, fmt::format("a range of more than {} numbers; loop over less", kRangeMax));
  }
  return Value(std::static_pointer_cast<Object>(std::move(range)));
}

Result<Value> make_dict(Call& call) {
  auto dict = std::make_shared<Dict>();
  TARN_TRY(update_dict(*dict, "dict", call));
  return Value(std::static_pointer_cast<Object>(std::move(dict)));
}

Result<Value> make_namespace(Call& call) {
  auto space = std::make_shared<Namespace>();
  TARN_TRY(update_dict(*space->attributes, "namespace", call));
  return Value(std::static_pointer_cast<Object>(std::move(space)));
}

}  // namespace

Result<void> update_dict(Dict& dict, std::string_view function, Call& call) {
  if (call.arguments.size() > 1) {
    return fail(Code::kInvalidArgument,
                fmt::format("`{}` takes one dict or list of pairs, and names with values", function));
  }
  if (!call.arguments.empty()) TARN_TRY(update_from(dict, call.arguments[0], call.meter));
  for (const auto& [name, value] : call.named) {
    TARN_TRY(may_hold(dict, value, call.meter));
    TARN_TRY(dict.set(Value(name), value, call.meter));
  }
  return {};
}

Result<void> update_from(Dict& dict, const Value& from, Meter& meter) {
  if (from.is_undefined()) return undefined_error(from);
  if (from.object() == &dict) return {};
  TARN_TRY(may_hold(dict, from, meter));
  if (const Dict* other = from.dict()) {
    for (const auto& [key, value] : other->entries) TARN_TRY(dict.set(key, value, meter));
    return {};
  }
  TARN_ASSIGN(const auto pairs, collect(from, meter));
  for (const Value& pair : pairs) {
    TARN_ASSIGN(const auto two, collect(pair, meter));
    if (two.size() != 2)
      return fail(Code::kInvalidArgument,
                  fmt::format("a pair of key and value has {} items; make them two", two.size()));
    TARN_TRY(may_hold(dict, two[1], meter));
    TARN_TRY(dict.set(two[0], two[1], meter));
  }
  return {};
}

Result<std::optional<Value>> builtin(std::string_view name) {
  if (name == "range") return Value::function("range", &make_range);
  if (name == "dict") return Value::function("dict", &make_dict);
  if (name == "namespace") return Value::function("namespace", &make_namespace);
  static constexpr std::array<std::string_view, 4> kNotHere = {"lipsum", "cycler", "joiner", "self"};
  if (std::ranges::find(kNotHere, name) != kNotHere.end()) {
    return fail(Code::kUnsupported, fmt::format("`{}` of Jinja2 is not supported", name));
  }
  return std::nullopt;
}

}  // namespace tarn::jinja
