// A topic's configs as clients see them: every known one, set or default.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "log/topic.h"

namespace tarn::doors::kafka {

// Kafka's DescribeConfigsResponse.ConfigSource.
enum class ConfigSource : std::int8_t { kTopic = 1, kStaticBroker = 4, kDefault = 5 };

constexpr std::int8_t wire_source(ConfigSource source) { return static_cast<std::int8_t>(source); }

struct ConfigValue {
  std::string name;
  std::string value;
  ConfigSource source;
  const log::ConfigSpec* spec;  // null for one that was set and that we keep without knowing it
};

// By name.
std::vector<ConfigValue> config_values(const std::map<std::string, std::string>& set);

// Null if there is no such config.
const log::ConfigSpec* find_config(std::string_view name);

// Kafka's ConfigType number, for DescribeConfigs 3 and newer.
std::int8_t wire_type(log::ConfigSpec::Type type);

}  // namespace tarn::doors::kafka
