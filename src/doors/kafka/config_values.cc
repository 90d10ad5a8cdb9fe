#include "doors/kafka/config_values.h"

#include <algorithm>

namespace tarn::doors::kafka {

std::vector<ConfigValue> config_values(const std::map<std::string, std::string>& set) {
  std::vector<ConfigValue> values;
  for (const auto& [name, value] : set) values.push_back({name, value, ConfigSource::kTopic, find_config(name)});
  for (const log::ConfigSpec& spec : log::known_topic_configs()) {
    std::string name(spec.name);
    if (!set.contains(name)) values.push_back({name, std::string(spec.default_value), ConfigSource::kDefault, &spec});
  }
  std::ranges::sort(values, {}, &ConfigValue::name);
  return values;
}

const log::ConfigSpec* find_config(std::string_view name) {
  const auto& known = log::known_topic_configs();
  auto found = std::ranges::find(known, name, &log::ConfigSpec::name);
  return found == known.end() ? nullptr : &*found;
}

std::int8_t wire_type(log::ConfigSpec::Type type) {
  using Type = log::ConfigSpec::Type;
  switch (type) {
    case Type::kBoolean: return 1;
    case Type::kString: return 2;
    case Type::kInt: return 3;
    case Type::kLong: return 5;
    case Type::kDouble: return 6;
    case Type::kList: return 7;
  }
  return 0;
}

}  // namespace tarn::doors::kafka
