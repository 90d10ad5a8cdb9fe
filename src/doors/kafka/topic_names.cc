#include "doors/kafka/topic_names.h"

#include <algorithm>

namespace tarn::doors::kafka {

bool is_topic_name(std::string_view name) {
  if (name.empty() || name.size() > log::kTopicNameMax || name == "." || name == "..") return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool may(const Caller& caller, access::Action action, std::string_view topic) {
  return access::authorize(caller.principal, action, {access::ResourceKind::kTopic, topic}).has_value();
}

TopicLookup find_topic(const Caller& caller, const log::TopicTable& table, access::Action action, bool by_id,
                       std::string_view name, const TopicId& id) {
  if (by_id) {
    const log::Topic* topic = table.find(id);
    if (!topic || !may(caller, action, topic->name)) return {nullptr, ErrorCode::kUnknownTopicId};
    return {topic};
  }
  if (!may(caller, action, name)) return {nullptr, ErrorCode::kTopicAuthorizationFailed};
  const log::Topic* topic = table.find(name);
  return topic ? TopicLookup{topic} : TopicLookup{nullptr, ErrorCode::kUnknownTopicOrPartition};
}

bool has_partition(const log::Topic& topic, std::int32_t partition) {
  return partition >= 0 && partition < topic.partitions;
}

ErrorCode check_leader_epoch(std::int32_t current_epoch, LeaderEpoch epoch) {
  if (current_epoch < 0 || current_epoch == epoch.value()) return ErrorCode::kNone;
  return current_epoch < epoch.value() ? ErrorCode::kFencedLeaderEpoch : ErrorCode::kUnknownLeaderEpoch;
}

}  // namespace tarn::doors::kafka
