// Metadata: the one broker, and topics with their partitions; creates a topic that is asked for and missing.
#include <algorithm>

#include "doors/kafka/handlers.h"
#include "doors/kafka/topic_names.h"

namespace tarn::doors::kafka {
namespace {

using access::Action;
using wk::MetadataRequest;
using wk::MetadataResponse;
using ResponseTopic = MetadataResponse::MetadataResponseTopic;

// Bits are Kafka's AclOperation numbers: read, write, create, delete, alter, describe, describe_configs, alter_configs.
std::int32_t topic_operations(const Caller& caller, std::string_view name) {
  static constexpr std::pair<Action, std::int32_t> kBits[] = {
      {Action::kRead, 1 << 3}, {Action::kWrite, 1 << 4},           {Action::kCreate, 1 << 5},
      {Action::kDrop, 1 << 6}, {Action::kAlter, 1 << 7 | 1 << 11}, {Action::kDescribe, 1 << 8 | 1 << 10}};
  std::int32_t operations = 0;
  for (const auto& [action, bits] : kBits) operations |= may(caller, action, name) ? bits : 0;
  return operations;
}

// create, alter, describe, cluster_action, describe_configs, alter_configs, idempotent_write of the cluster.
constexpr std::int32_t kClusterOperations = 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12;

ResponseTopic describe(const Caller& caller, const log::Topic& topic, const MetadataRequest& request) {
  ResponseTopic out;
  out.name = topic.name;
  out.topic_id = topic.id;
  if (request.include_topic_authorized_operations)
    out.topic_authorized_operations = topic_operations(caller, topic.name);
  out.partitions.resize(static_cast<std::size_t>(topic.partitions));
  for (std::int32_t i = 0; i < topic.partitions; ++i) {
    auto& partition = out.partitions[static_cast<std::size_t>(i)];
    auto ends = caller.log.ends({topic.id, PartitionId(i)});
    partition.partition_index = i;
    partition.leader_id = kNodeId;
    partition.leader_epoch = ends ? ends->leader_epoch.value() : 0;  // gone meanwhile: the next request will tell
    partition.replica_nodes = partition.isr_nodes = {kNodeId};
  }
  return out;
}

ResponseTopic refused(std::optional<std::string> name, TopicId id, ErrorCode error) {
  ResponseTopic out;
  out.error_code = wire_code(error);
  out.name = std::move(name);
  out.topic_id = id;
  return out;
}

ResponseTopic create(const Caller& caller, const std::string& name, const MetadataRequest& request) {
  if (!may(caller, Action::kCreate, name)) return refused(name, {}, ErrorCode::kTopicAuthorizationFailed);
  auto created = caller.log.create_topic({name, caller.options.default_partitions, {}});
  if (created) return describe(caller, *created, request);
  if (created.error().code == Code::kAlreadyExists) {  // by another connection, just now
    auto topics = caller.log.topics();
    if (const log::Topic* topic = topics->find(name)) return describe(caller, *topic, request);
  }
  return refused(name, {}, error_code(created.error().code));
}

ResponseTopic named_topic(const Caller& caller, const log::TopicTable& table, const MetadataRequest& request,
                          const MetadataRequest::MetadataRequestTopic& wanted, bool create_missing) {
  bool by_id = !wanted.name;
  if (!by_id && !is_topic_name(*wanted.name)) return refused(wanted.name, {}, ErrorCode::kInvalidTopic);
  TopicLookup found = find_topic(caller, table, Action::kDescribe, by_id, wanted.name.value_or(""), wanted.topic_id);
  if (found.topic) return describe(caller, *found.topic, request);
  if (found.error == ErrorCode::kUnknownTopicOrPartition && create_missing)
    return create(caller, *wanted.name, request);
  return refused(wanted.name, wanted.topic_id, found.error);
}

}  // namespace

MetadataResponse handle(const Caller& caller, const MetadataRequest& request, std::int16_t version) {
  MetadataResponse response;
  response.brokers.push_back({kNodeId, caller.host, caller.port, std::nullopt});
  response.cluster_id = caller.options.cluster_id;
  response.controller_id = kNodeId;
  if (request.include_cluster_authorized_operations) response.cluster_authorized_operations = kClusterOperations;

  auto table = caller.log.topics();
  bool all = version == 0 ? request.topics->empty() : !request.topics;
  if (all) {
    for (const log::Topic* topic : table->all()) {
      if (may(caller, Action::kDescribe, topic->name)) response.topics.push_back(describe(caller, *topic, request));
    }
    return response;
  }
  bool create_missing = caller.options.auto_create_topics && request.allow_auto_topic_creation;
  for (const auto& wanted : *request.topics) {
    response.topics.push_back(named_topic(caller, *table, request, wanted, create_missing));
  }
  return response;
}

}  // namespace tarn::doors::kafka
