// What stands after `|`. Each takes the value on its left and the arguments in its parentheses.
#pragma once

#include <span>
#include <string_view>

#include "jinja/value.h"

namespace tarn::jinja {

struct FilterEntry {
  std::string_view name;
  Result<Value> (*run)(const Value& value, Call& call);
};

const FilterEntry* find_filter(std::string_view name);  // null if there is none
std::span<const std::string_view> filter_names();

// One table per subject.
std::span<const FilterEntry> text_filters();
std::span<const FilterEntry> number_filters();
std::span<const FilterEntry> sequence_filters();
std::span<const FilterEntry> choice_filters();

}  // namespace tarn::jinja
