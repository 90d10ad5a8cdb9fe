#include "jinja/value.h"

#include <fmt/format.h>

#include <algorithm>

#include "jinja/containers.h"
#include "jinja/operators.h"

namespace tarn::jinja {

Value Value::list(std::vector<Value> items) { return Value(std::make_shared<List>(std::move(items))); }

Value Value::tuple(std::vector<Value> items) { return Value(std::make_shared<Tuple>(std::move(items))); }

Value Value::dict(std::vector<std::pair<std::string, Value>> entries) {
  auto dict = std::make_shared<Dict>();
  Meter meter{Limits{.steps_max = UINT64_MAX, .value_bytes_max = SIZE_MAX}};
  for (auto& [key, value] : entries)
    (void)dict->set(Value(std::move(key)), std::move(value), meter);  // texts have a hash
  return Value(std::move(dict));
}

Value Value::function(std::string name, std::function<Result<Value>(Call&)> run) {
  return Value(std::make_shared<Function>(std::move(name), std::move(run)));
}

const std::vector<Value>* Value::items() const {
  if (auto* list = as<List>(*this)) return &list->items;
  if (auto* tuple = as<Tuple>(*this)) return &tuple->items;
  return nullptr;
}

const Dict* Value::dict() const { return as<Dict>(*this); }

std::vector<std::pair<Value, Value>> Value::entries() const {
  const Dict* held = dict();
  return held ? held->entries : std::vector<std::pair<Value, Value>>{};
}

const Value* Value::find(std::string_view key) const {
  const Dict* held = dict();
  if (!held) return nullptr;
  Meter meter{Limits{}};
  const auto place = held->find(Value(key), meter);
  return place && *place ? &held->entries[**place].second : nullptr;
}

std::string_view Value::type_name() const {
  if (is_none()) return "NoneType";
  if (is_undefined()) return "Undefined";
  if (boolean()) return "bool";
  if (integer()) return "int";
  if (floating()) return "float";
  if (string()) return "str";
  return object()->type_name();
}

std::string_view Value::undefined_message() const {
  auto* undefined = std::get_if<Undefined>(&data_);
  return undefined && undefined->message ? std::string_view(*undefined->message) : std::string_view();
}

Result<std::string> Object::text(Meter&) const {
  return fail(Code::kUnsupported, fmt::format("a {} has no text to print", type_name()));
}

Result<std::optional<Value>> Object::attribute(const std::shared_ptr<Object>&, std::string_view) {
  return std::nullopt;
}

Result<Value> Object::call(Call&) {
  return fail(Code::kInvalidArgument, fmt::format("a {} can't be called", type_name()));
}

Result<std::vector<std::optional<Value>>> Call::take(std::string_view function, std::span<const std::string_view> names,
                                                     std::size_t required) const {
  if (arguments.size() > names.size()) {
    return fail(Code::kInvalidArgument,
                fmt::format("`{}` takes at most {} arguments, not {}", function, names.size(), arguments.size()));
  }
  std::vector<std::optional<Value>> taken(names.size());
  std::ranges::copy(arguments, taken.begin());
  for (const auto& [name, value] : named) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
      return fail(Code::kInvalidArgument,
                  fmt::format("`{}` has no argument `{}`{}", function, name,
                              names.empty() ? "" : fmt::format("; it has {}", fmt::join(names, ", "))));
    }
    auto& slot = taken[static_cast<std::size_t>(found - names.begin())];
    if (slot) return fail(Code::kInvalidArgument, fmt::format("`{}` gets `{}` twice", function, name));
    slot = value;
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (!taken[i]) return fail(Code::kInvalidArgument, fmt::format("`{}` needs the argument `{}`", function, names[i]));
  }
  return taken;
}

Result<std::string> to_text(const Value& value) {
  Meter meter{Limits{}};
  return text_of(value, meter);
}

Result<std::string> to_repr(const Value& value) {
  Meter meter{Limits{}};
  return repr_of(value, meter);
}

Result<bool> to_truth(const Value& value) { return truth(value); }

}  // namespace tarn::jinja
