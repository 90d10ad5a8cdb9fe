// CreateTopics and DeleteTopics.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "doors/kafka/config_values.h"
#include "doors/kafka/handlers.h"
#include "doors/kafka/topic_names.h"

namespace tarn::doors::kafka {
namespace {

using access::Action;
using CreateRequest = wk::CreateTopicsRequest::CreatableTopic;
using CreateResult = wk::CreateTopicsResponse::CreatableTopicResult;
using DeleteResult = wk::DeleteTopicsResponse::DeletableTopicResult;

// Why a request can't be done, in the client's terms.
struct Refusal {
  ErrorCode error;
  std::string message;
};

template <class T>
using OrRefusal = std::expected<T, Refusal>;

std::unexpected<Refusal> refuse(ErrorCode error, std::string message) {
  return std::unexpected(Refusal{error, std::move(message)});
}

// One node: an assignment may only say what is so anyway, partitions from 0 on, each on this broker.
OrRefusal<std::int32_t> assigned_partitions(const CreateRequest& wanted) {
  if (wanted.num_partitions != -1 || wanted.replication_factor != -1) {
    return refuse(ErrorCode::kInvalidRequest, "with an assignment, partitions and replication factor must be -1");
  }
  std::vector<std::int32_t> partitions;
  for (const auto& assignment : wanted.assignments) {
    if (assignment.broker_ids != std::vector{kNodeId}) {
      return refuse(ErrorCode::kInvalidReplicaAssignment,
                    fmt::format("this is one node: each partition is on broker {}", kNodeId));
    }
    partitions.push_back(assignment.partition_index);
  }
  std::ranges::sort(partitions);
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    if (partitions[i] != static_cast<std::int32_t>(i)) {
      return refuse(ErrorCode::kInvalidReplicaAssignment, "partitions must be 0, 1, 2, ... each once");
    }
  }
  return static_cast<std::int32_t>(partitions.size());
}

OrRefusal<std::int32_t> wanted_partitions(const Caller& caller, const CreateRequest& wanted) {
  if (!wanted.assignments.empty()) return assigned_partitions(wanted);
  if (wanted.replication_factor != -1 && wanted.replication_factor != 1) {
    return refuse(ErrorCode::kInvalidReplicationFactor,
                  fmt::format("replication factor {}: this is one node, use 1 or -1", wanted.replication_factor));
  }
  std::int32_t partitions = wanted.num_partitions == -1 ? caller.options.default_partitions : wanted.num_partitions;
  if (partitions < 1 || partitions > log::kPartitionsPerTopicMax) {
    return refuse(ErrorCode::kInvalidPartitions,
                  fmt::format("{} partitions: a topic has 1 to {}", partitions, log::kPartitionsPerTopicMax));
  }
  return partitions;
}

OrRefusal<std::map<std::string, std::string>> wanted_configs(const CreateRequest& wanted) {
  std::map<std::string, std::string> configs;
  for (const auto& config : wanted.configs) {
    if (!config.value) return refuse(ErrorCode::kInvalidConfig, fmt::format("config {} has no value", config.name));
    if (!configs.emplace(config.name, *config.value).second) {
      return refuse(ErrorCode::kInvalidConfig, fmt::format("config {} is given twice", config.name));
    }
  }
  auto parsed = log::parse_topic_config(configs);
  if (!parsed) return refuse(ErrorCode::kInvalidConfig, std::move(parsed.error().message));
  return configs;
}

OrRefusal<log::Topic> create(const Caller& caller, const log::TopicTable& table, const CreateRequest& wanted,
                             bool validate_only) {
  if (!is_topic_name(wanted.name)) {
    return refuse(ErrorCode::kInvalidTopic,
                  fmt::format("a topic's name is 1 to {} of a-z, A-Z, 0-9, '.', '_' and '-'", log::kTopicNameMax));
  }
  if (!may(caller, Action::kCreate, wanted.name)) return refuse(ErrorCode::kTopicAuthorizationFailed, "");
  if (table.find(wanted.name)) {
    return refuse(ErrorCode::kTopicAlreadyExists, fmt::format("topic {} exists", wanted.name));
  }
  TARN_ASSIGN(std::int32_t partitions, wanted_partitions(caller, wanted));
  TARN_ASSIGN(auto configs, wanted_configs(wanted));
  if (validate_only) return log::Topic{{}, wanted.name, partitions, std::move(configs), {}};
  auto created = caller.log.create_topic({wanted.name, partitions, std::move(configs)});
  if (!created) return refuse(error_code(created.error().code), std::move(created.error().message));
  return std::move(*created);
}

CreateResult create_result(const CreateRequest& wanted, const OrRefusal<log::Topic>& created) {
  CreateResult result;
  result.name = wanted.name;
  if (!created) {
    result.error_code = wire_code(created.error().error);
    result.error_message = wire_message(created.error().message);
    return result;
  }
  result.topic_id = created->id;
  result.num_partitions = created->partitions;
  result.replication_factor = 1;
  auto& configs = result.configs.emplace();
  for (const ConfigValue& config : config_values(created->configs)) {
    configs.push_back({config.name, config.value, false, wire_source(config.source), false});
  }
  return result;
}

DeleteResult delete_topic(const Caller& caller, const log::TopicTable& table,
                          const wk::DeleteTopicsRequest::DeleteTopicState& wanted) {
  DeleteResult result;
  result.name = wanted.name;
  result.topic_id = wanted.topic_id;
  bool by_id = !wanted.name;
  if (!by_id && !wanted.topic_id.is_zero()) {
    result.error_code = wire_code(ErrorCode::kInvalidRequest);
    result.error_message = "name a topic by name or by id, not by both";
    return result;
  }
  TopicLookup found = find_topic(caller, table, Action::kDrop, by_id, wanted.name.value_or(""), wanted.topic_id);
  if (!found.topic) {
    result.error_code = wire_code(found.error);
    return result;
  }
  result.name = found.topic->name;
  result.topic_id = found.topic->id;
  if (auto deleted = caller.log.delete_topic(found.topic->id); !deleted) {
    result.error_code = wire_code(error_code(deleted.error().code));
    result.error_message = wire_message(deleted.error().message);
  }
  return result;
}

}  // namespace

wk::CreateTopicsResponse handle(const Caller& caller, const wk::CreateTopicsRequest& request, std::int16_t) {
  std::unordered_map<std::string_view, int> times;
  for (const CreateRequest& wanted : request.topics) ++times[wanted.name];
  auto table = caller.log.topics();
  wk::CreateTopicsResponse response;
  for (const CreateRequest& wanted : request.topics) {
    int& count = times[wanted.name];
    if (count == 1) {
      response.topics.push_back(create_result(wanted, create(caller, *table, wanted, request.validate_only)));
    } else if (count > 1) {  // answered once, for all of them
      count = 0;
      response.topics.push_back(
          create_result(wanted, refuse(ErrorCode::kInvalidRequest, "the request names this topic twice")));
    }
  }
  return response;
}

wk::DeleteTopicsResponse handle(const Caller& caller, const wk::DeleteTopicsRequest& request, std::int16_t) {
  auto table = caller.log.topics();
  wk::DeleteTopicsResponse response;
  for (const auto& wanted : request.topics) response.responses.push_back(delete_topic(caller, *table, wanted));
  for (const std::string& name : request.topic_names) {
    response.responses.push_back(delete_topic(caller, *table, {name, {}}));
  }
  return response;
}

}  // namespace tarn::doors::kafka
