// What stands after `is`: Jinja2 calls them tests.
#pragma once

#include <span>
#include <string_view>

#include "jinja/value.h"

namespace tarn::jinja {

struct TestEntry {
  std::string_view name;
  Result<bool> (*run)(const Value& value, Call& call);
};

const TestEntry* find_test(std::string_view name);  // null if there is none
std::span<const std::string_view> test_names();

}  // namespace tarn::jinja
