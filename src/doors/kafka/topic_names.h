// What the handlers of topics share: names, the right to act on one, and finding one by name or id.
#pragma once

#include <string_view>

#include "doors/kafka/api_table.h"
#include "doors/kafka/error_codes.h"
#include "log/topic.h"

namespace tarn::doors::kafka {

// Kafka's rule: 1 to 249 of [a-zA-Z0-9._-], but "." and "..".
bool is_topic_name(std::string_view name);

bool may(const Caller& caller, access::Action action, std::string_view topic);

// A topic a request names, or why it may not be used.
struct TopicLookup {
  const log::Topic* topic = nullptr;  // of the table
  ErrorCode error = ErrorCode::kNone;
};

// `by_id` when the request's version names topics by id alone. Checks `action`; an id that the caller may not act on is
// as unknown as one that does not exist.
TopicLookup find_topic(const Caller& caller, const log::TopicTable& table, access::Action action, bool by_id,
                       std::string_view name, const TopicId& id);

// The same for a partition: kUnknownTopicOrPartition if the topic has no such one.
bool has_partition(const log::Topic& topic, std::int32_t partition);

// KIP-320: what a client that believes in `current_epoch` (negative: says nothing) is told about a partition of
// `epoch`.
ErrorCode check_leader_epoch(std::int32_t current_epoch, LeaderEpoch epoch);

}  // namespace tarn::doors::kafka
