// OffsetCommit, OffsetFetch, OffsetDelete: partitions by name or id, one error each.
#include <memory>

#include "doors/kafka/group_coordinator.h"
#include "doors/kafka/group_names.h"
#include "doors/kafka/handlers.h"
#include "doors/kafka/topic_names.h"

namespace tarn::doors::kafka {

using access::Action;

namespace {

constexpr std::int16_t kFirstWithTopicIds = 10;
constexpr std::int16_t kFirstFetchOfMany = 8;
constexpr std::int16_t kFirstWithTopError = 2;
constexpr std::int64_t kNoOffset = -1;

using CommitTopic = wk::OffsetCommitRequest::OffsetCommitRequestTopic;
using FetchGroup = wk::OffsetFetchRequest::OffsetFetchRequestGroup;
using FetchedGroup = wk::OffsetFetchResponse::OffsetFetchResponseGroup;
using FetchedPartition = wk::OffsetFetchResponse::OffsetFetchResponsePartitions;

// The commits of a topic that the log is to have; the answer of the others.
void take_commits(const TopicLookup& topic, ErrorCode group_error, CommitTopic& asked,
                  wk::OffsetCommitResponse::OffsetCommitResponseTopic& out, std::vector<log::OffsetCommit>& commits) {
  for (auto& partition : asked.partitions) {
    auto& answer = out.partitions.emplace_back();
    answer.partition_index = partition.partition_index;
    std::string metadata = std::move(partition.committed_metadata).value_or("");
    ErrorCode error = group_error != ErrorCode::kNone                           ? group_error
                      : !topic.topic                                            ? topic.error
                      : !has_partition(*topic.topic, partition.partition_index) ? ErrorCode::kUnknownTopicOrPartition
                      : metadata.size() > log::kOffsetMetadataBytesMax          ? ErrorCode::kOffsetMetadataTooLarge
                                                                                : ErrorCode::kNone;
    answer.error_code = wire_code(error);
    if (error != ErrorCode::kNone) continue;
    commits.push_back({{topic.topic->id, PartitionId(partition.partition_index)},
                       Offset(partition.committed_offset),
                       LeaderEpoch(partition.committed_leader_epoch),
                       std::move(metadata)});
  }
}

FetchedPartition fetched(std::int32_t index, const log::CommittedOffset* committed) {
  FetchedPartition out;
  out.partition_index = index;
  out.committed_offset = committed ? committed->offset.value() : kNoOffset;
  if (committed) out.committed_leader_epoch = committed->leader_epoch.value();
  out.metadata = committed ? committed->metadata : "";
  return out;
}

void fetch_all(const Caller& caller, const log::TopicTable& table, const log::GroupOffsets& offsets,
               FetchedGroup& out) {
  for (const auto& [partition, committed] : offsets) {  // by topic
    const log::Topic* topic = table.find(partition.topic);
    if (!topic || !may(caller, Action::kDescribe, topic->name)) continue;
    if (out.topics.empty() || out.topics.back().topic_id != topic->id) {
      out.topics.push_back({topic->name, topic->id, {}});
    }
    out.topics.back().partitions.push_back(fetched(partition.partition.value(), &committed));
  }
}

FetchedGroup fetch_group(const Caller& caller, const FetchGroup& asked, bool by_id) {
  FetchedGroup out;
  out.group_id = asked.group_id;
  if (!may_group(caller, Action::kDescribe, asked.group_id)) {
    out.error_code = wire_code(ErrorCode::kGroupAuthorizationFailed);
    return out;
  }
  auto table = caller.log.topics();
  log::GroupOffsets offsets = caller.log.groups().offsets(asked.group_id);
  if (!asked.topics) return fetch_all(caller, *table, offsets, out), out;
  for (const auto& topic : *asked.topics) {
    TopicLookup found = find_topic(caller, *table, Action::kDescribe, by_id, topic.name, topic.topic_id);
    auto& result = out.topics.emplace_back();
    result.name = topic.name;
    result.topic_id = topic.topic_id;
    // A name that nothing has is a topic without offsets, as in Kafka.
    bool refused = !found.topic && found.error != ErrorCode::kUnknownTopicOrPartition;
    for (std::int32_t index : topic.partition_indexes) {
      auto committed = found.topic ? offsets.find({found.topic->id, PartitionId(index)}) : offsets.end();
      result.partitions.push_back(fetched(index, committed == offsets.end() ? nullptr : &committed->second));
      if (refused) result.partitions.back().error_code = wire_code(found.error);
    }
  }
  return out;
}

// Versions 1 to 7 ask for one group.
wk::OffsetFetchResponse fetch_one(const Caller& caller, const wk::OffsetFetchRequest& request, std::int16_t version) {
  FetchGroup asked{.group_id = request.group_id};
  if (request.topics) {
    asked.topics.emplace();
    for (const auto& topic : *request.topics) asked.topics->push_back({topic.name, {}, topic.partition_indexes});
  }
  FetchedGroup found = fetch_group(caller, asked, false);
  wk::OffsetFetchResponse response;
  response.error_code = found.error_code;
  for (const auto& topic : found.topics) {
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    for (const auto& each : topic.partitions) {
      out.partitions.push_back(
          {each.partition_index, each.committed_offset, each.committed_leader_epoch, each.metadata, each.error_code});
    }
  }
  if (version >= kFirstWithTopError || found.error_code == 0 || !request.topics) return response;
  for (const auto& topic : *request.topics) {
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    for (std::int32_t index : topic.partition_indexes) {
      out.partitions.push_back({index, kNoOffset, -1, "", found.error_code});
    }
  }
  return response;
}

}  // namespace

void begin_handling(const Caller& caller, wk::OffsetCommitRequest request, const wk::RequestHeader& header,
                    Done<wk::OffsetCommitResponse> done) {
  bool by_id = header.api_version >= kFirstWithTopicIds;
  bool allowed = may_group(caller, Action::kRead, request.group_id);
  ErrorCode group_error = allowed ? ErrorCode::kNone : ErrorCode::kGroupAuthorizationFailed;
  auto table = caller.log.topics();
  wk::OffsetCommitResponse response;
  std::vector<log::OffsetCommit> commits;
  for (auto& topic : request.topics) {
    TopicLookup found = find_topic(caller, *table, Action::kRead, by_id, topic.name, topic.topic_id);
    auto& out = response.topics.emplace_back();
    take_commits(found, group_error, topic, out, commits);
    out.name = std::move(topic.name);
    out.topic_id = topic.topic_id;
  }
  if (commits.empty()) return done(std::move(response));
  GroupCoordinator::Committer who{std::move(request.group_id), request.generation_id_or_member_epoch,
                                  std::move(request.member_id), std::move(request.group_instance_id)};
  caller.groups.commit(who, std::move(commits),
                       [done = std::move(done), response = std::move(response)](ErrorCode error) mutable {
                         for (auto& topic : response.topics) {
                           for (auto& each : topic.partitions) {
                             if (each.error_code == 0) each.error_code = wire_code(error);
                           }
                         }
                         done(std::move(response));
                       });
}

wk::OffsetFetchResponse handle(const Caller& caller, const wk::OffsetFetchRequest& request, std::int16_t version) {
  if (version < kFirstFetchOfMany) return fetch_one(caller, request, version);
  wk::OffsetFetchResponse response;
  for (const auto& group : request.groups) {
    response.groups.push_back(fetch_group(caller, group, version >= kFirstWithTopicIds));
  }
  return response;
}

void begin_handling(const Caller& caller, wk::OffsetDeleteRequest request, const wk::RequestHeader&,
                    Done<wk::OffsetDeleteResponse> done) {
  wk::OffsetDeleteResponse response;
  std::set<std::string> subscribed;
  bool allowed = may_group(caller, Action::kDrop, request.group_id);
  ErrorCode error =
      allowed ? caller.groups.subscribed_topics(request.group_id, subscribed) : ErrorCode::kGroupAuthorizationFailed;
  response.error_code = wire_code(error);
  if (error != ErrorCode::kNone) return done(std::move(response));
  auto table = caller.log.topics();
  std::vector<log::TopicPartition> removed;
  for (const auto& topic : request.topics) {
    TopicLookup found = find_topic(caller, *table, Action::kRead, false, topic.name, {});
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    for (const auto& partition : topic.partitions) {
      ErrorCode each = !found.topic                      ? found.error
                       : subscribed.contains(topic.name) ? ErrorCode::kGroupSubscribedToTopic
                                                         : ErrorCode::kNone;
      out.partitions.push_back({partition.partition_index, wire_code(each)});
      if (each == ErrorCode::kNone) removed.push_back({found.topic->id, PartitionId(partition.partition_index)});
    }
  }
  if (removed.empty()) return done(std::move(response));
  caller.groups.remove_offsets(request.group_id, std::move(removed),
                               [done = std::move(done), response = std::move(response)](ErrorCode stored) mutable {
                                 response.error_code = wire_code(stored);
                                 done(std::move(response));
                               });
}

}  // namespace tarn::doors::kafka
