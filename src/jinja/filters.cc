#include "jinja/filters.h"

#include <algorithm>
#include <map>
#include <vector>

namespace tarn::jinja {
namespace {

struct All {
  std::map<std::string_view, const FilterEntry*> by_name;
  std::vector<std::string_view> names;
};

const All& all() {
  static const All kAll = [] {
    All made;
    for (const auto& table : {text_filters(), number_filters(), sequence_filters(), choice_filters()}) {
      for (const FilterEntry& each : table) made.by_name.emplace(each.name, &each);
    }
    for (const auto& [name, entry] : made.by_name) made.names.push_back(name);
    return made;
  }();
  return kAll;
}

}  // namespace

const FilterEntry* find_filter(std::string_view name) {
  const auto found = all().by_name.find(name);
  return found == all().by_name.end() ? nullptr : found->second;
}

std::span<const std::string_view> filter_names() { return all().names; }

}  // namespace tarn::jinja
