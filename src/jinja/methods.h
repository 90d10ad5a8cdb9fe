// Methods of texts, lists, dicts and tuples: `names.append('x')`, `name.split('_')`.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "jinja/containers.h"

namespace tarn::jinja {

struct MethodEntry {
  std::string_view name;
  MethodBody run;
};

// The method of `value`, bound to it; null if there is none. Errors: kUnsupported for one that Python has and this has
// not.
Result<std::shared_ptr<Method>> find_method(const Value& value, std::string_view name);

// One table per kind of value.
std::span<const MethodEntry> text_methods();
std::span<const MethodEntry> list_methods();
std::span<const MethodEntry> tuple_methods();
std::span<const MethodEntry> dict_methods();

}  // namespace tarn::jinja
