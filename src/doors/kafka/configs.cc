// DescribeConfigs and IncrementalAlterConfigs: topics' configs, and the few of the broker's that tools look at.
#include <fmt/format.h>

#include <algorithm>

#include "doors/kafka/config_values.h"
#include "doors/kafka/handlers.h"
#include "doors/kafka/topic_names.h"

namespace tarn::doors::kafka {
namespace {

using access::Action;
using DescribeResult = wk::DescribeConfigsResponse::DescribeConfigsResult;
using DescribedConfig = wk::DescribeConfigsResponse::DescribeConfigsResourceResult;
using DescribeResource = wk::DescribeConfigsRequest::DescribeConfigsResource;
using AlterResult = wk::IncrementalAlterConfigsResponse::AlterConfigsResourceResponse;
using AlterResource = wk::IncrementalAlterConfigsRequest::AlterConfigsResource;
using Changes = std::map<std::string, std::optional<std::string>>;

// Kafka's ConfigResource.Type.
constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kBrokerResource = 4;

// Kafka's AlterConfigOp.OpType.
enum class Operation : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

template <class Result>
void refuse(Result& result, ErrorCode error, std::string_view message) {
  result.error_code = wire_code(error);
  result.error_message = wire_message(message);
}

bool is_wanted(const DescribeResource& wanted, const std::string& name) {
  return !wanted.configuration_keys ||
         std::ranges::find(*wanted.configuration_keys, name) != wanted.configuration_keys->end();
}

DescribedConfig describe(const ConfigValue& config, const wk::DescribeConfigsRequest& request) {
  DescribedConfig out;
  out.name = config.name;
  out.value = config.value;
  out.config_source = wire_source(config.source);
  if (config.spec) {
    out.config_type = wire_type(config.spec->type);
    if (request.include_documentation) out.documentation = std::string(config.spec->documentation);
  }
  if (request.include_synonyms) {
    if (config.source != ConfigSource::kDefault)
      out.synonyms.push_back({config.name, config.value, wire_source(config.source)});
    if (config.spec) {
      out.synonyms.push_back(
          {config.name, std::string(config.spec->default_value), wire_source(ConfigSource::kDefault)});
    }
  }
  return out;
}

void describe_topic(const Caller& caller, const log::TopicTable& table, const wk::DescribeConfigsRequest& request,
                    const DescribeResource& wanted, DescribeResult& result) {
  TopicLookup found = find_topic(caller, table, Action::kDescribe, false, wanted.resource_name, {});
  if (!found.topic) return refuse(result, found.error, "");
  for (const ConfigValue& config : config_values(found.topic->configs)) {
    if (is_wanted(wanted, config.name)) result.configs.push_back(describe(config, request));
  }
}

void describe_broker(const Caller& caller, const wk::DescribeConfigsRequest& request, const DescribeResource& wanted,
                     DescribeResult& result) {
  if (!access::authorize(caller.principal, Action::kDescribe, {access::ResourceKind::kCluster, ""})) {
    return refuse(result, ErrorCode::kClusterAuthorizationFailed, "");
  }
  if (!wanted.resource_name.empty() && wanted.resource_name != std::to_string(kNodeId)) {
    return refuse(result, ErrorCode::kInvalidRequest, fmt::format("there is one broker, {}", kNodeId));
  }
  if (wanted.resource_name.empty()) return;  // cluster-wide dynamic configs: none
  const DoorOptions& options = caller.options;
  const std::pair<const char*, std::string> values[] = {
      {"auto.create.topics.enable", options.auto_create_topics ? "true" : "false"},
      {"connections.max.idle.ms", std::to_string(options.idle_max.count())},
      {"default.replication.factor", "1"},
      {"fetch.max.bytes", std::to_string(options.fetch_bytes_max.count())},
      {"node.id", std::to_string(kNodeId)},
      {"num.partitions", std::to_string(options.default_partitions)},
      {"socket.request.max.bytes", std::to_string(options.request_bytes_max.count())},
  };
  for (const auto& [name, value] : values) {
    if (!is_wanted(wanted, name)) continue;
    DescribedConfig config = describe({name, value, ConfigSource::kStaticBroker, nullptr}, request);
    config.read_only = true;
    result.configs.push_back(std::move(config));
  }
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    std::size_t comma = text.find(',');
    if (comma != 0) items.emplace_back(text.substr(0, comma));
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
  }
  return items;
}

// APPEND and SUBTRACT of KIP-339: what a list becomes when `items` are added or taken away.
std::string changed_list(const log::Topic& topic, const log::ConfigSpec& spec, std::string_view items,
                         Operation operation) {
  auto set = topic.configs.find(std::string(spec.name));
  std::vector<std::string> list =
      split_list(set != topic.configs.end() ? std::string_view(set->second) : spec.default_value);
  for (const std::string& item : split_list(items)) {
    std::erase(list, item);
    if (operation == Operation::kAppend) list.push_back(item);
  }
  return fmt::format("{}", fmt::join(list, ","));
}

Result<Changes> wanted_changes(const log::Topic& topic, const AlterResource& wanted) {
  Changes changes;
  for (const auto& config : wanted.configs) {
    if (changes.contains(config.name)) {
      return fail(Code::kInvalidArgument, fmt::format("config {} is changed twice", config.name));
    }
    auto operation = static_cast<Operation>(config.config_operation);
    if (operation < Operation::kSet || operation > Operation::kSubtract) {
      return fail(Code::kInvalidArgument,
                  fmt::format("config {}: unknown operation {}", config.name, config.config_operation));
    }
    if (operation == Operation::kDelete) {
      changes[config.name] = std::nullopt;
      continue;
    }
    if (!config.value) return fail(Code::kInvalidArgument, fmt::format("config {} has no value", config.name));
    if (operation == Operation::kSet) {
      changes[config.name] = *config.value;
      continue;
    }
    const log::ConfigSpec* spec = find_config(config.name);
    if (!spec || spec->type != log::ConfigSpec::Type::kList) {
      return fail(Code::kInvalidArgument,
                  fmt::format("config {} is no list to append to or subtract from", config.name));
    }
    changes[config.name] = changed_list(topic, *spec, *config.value, operation);
  }
  return changes;
}

Result<void> check_changes(const log::Topic& topic, const Changes& changes) {
  std::map<std::string, std::string> after = topic.configs;
  for (const auto& [name, value] : changes) {
    if (value) {
      after[name] = *value;
    } else {
      after.erase(name);
    }
  }
  TARN_TRY(log::parse_topic_config(after));
  return {};
}

void alter(const Caller& caller, const log::TopicTable& table, const AlterResource& wanted, bool validate_only,
           AlterResult& result) {
  if (wanted.resource_type != kTopicResource) {
    return refuse(result, ErrorCode::kInvalidRequest,
                  "only topics' configs can be changed here; the node's are in tarn.yaml");
  }
  TopicLookup found = find_topic(caller, table, Action::kAlter, false, wanted.resource_name, {});
  if (!found.topic) return refuse(result, found.error, "");
  auto changes = wanted_changes(*found.topic, wanted);
  if (!changes) return refuse(result, ErrorCode::kInvalidConfig, changes.error().message);
  if (auto checked = check_changes(*found.topic, *changes); !checked) {
    return refuse(result, ErrorCode::kInvalidConfig, checked.error().message);
  }
  if (validate_only) return;
  if (auto altered = caller.log.alter_topic(found.topic->id, *changes); !altered) {
    refuse(result, error_code(altered.error().code), altered.error().message);
  }
}

}  // namespace

wk::DescribeConfigsResponse handle(const Caller& caller, const wk::DescribeConfigsRequest& request, std::int16_t) {
  auto table = caller.log.topics();
  wk::DescribeConfigsResponse response;
  for (const DescribeResource& wanted : request.resources) {
    DescribeResult& result = response.results.emplace_back();
    result.resource_type = wanted.resource_type;
    result.resource_name = wanted.resource_name;
    if (wanted.resource_type == kTopicResource) {
      describe_topic(caller, *table, request, wanted, result);
    } else if (wanted.resource_type == kBrokerResource) {
      describe_broker(caller, request, wanted, result);
    } else {
      refuse(result, ErrorCode::kInvalidRequest, "only topics and the broker have configs here");
    }
  }
  return response;
}

wk::IncrementalAlterConfigsResponse handle(const Caller& caller, const wk::IncrementalAlterConfigsRequest& request,
                                           std::int16_t) {
  wk::IncrementalAlterConfigsResponse response;
  for (const AlterResource& wanted : request.resources) {
    AlterResult& result = response.responses.emplace_back();
    result.resource_type = wanted.resource_type;
    result.resource_name = wanted.resource_name;
    alter(caller, *caller.log.topics(), wanted, request.validate_only, result);
  }
  return response;
}

}  // namespace tarn::doors::kafka
