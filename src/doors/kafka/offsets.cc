// ListOffsets and OffsetForLeaderEpoch: where records of a time, or of an epoch, begin and end.
#include "doors/kafka/handlers.h"
#include "doors/kafka/topic_names.h"

namespace tarn::doors::kafka {
namespace {

using access::Action;
using ListedPartition = wk::ListOffsetsResponse::ListOffsetsPartitionResponse;
using WantedPartition = wk::ListOffsetsRequest::ListOffsetsPartition;
using EpochEnd = wk::OffsetForLeaderEpochResponse::EpochEndOffset;

// Kafka's ListOffsetsRequest: timestamps that mean places.
constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;
constexpr std::int64_t kMaxTimestamp = -3;           // KIP-734
constexpr std::int64_t kEarliestLocal = -4;          // KIP-405; all of the log is local here
constexpr std::int64_t kLatestTiered = -5;           // KIP-1005; nothing is tiered
constexpr std::int64_t kEarliestPendingUpload = -6;  // KIP-1023; nothing is ever uploaded

Result<void> list(const Caller& caller, const log::TopicPartition& where, const log::PartitionEnds& ends,
                  std::int64_t timestamp, ListedPartition& out) {
  auto place = [&](Offset offset) {
    out.offset = offset.value();
    out.leader_epoch = ends.leader_epoch.value();
  };
  switch (timestamp) {
    case kLatest: place(ends.high_watermark); return {};
    case kEarliest:
    case kEarliestLocal: place(ends.log_start); return {};
    case kLatestTiered:
    case kEarliestPendingUpload: return {};
    default: break;
  }
  if (timestamp < kMaxTimestamp) return fail(Code::kUnsupported, "");
  TARN_ASSIGN(auto found, timestamp == kMaxTimestamp ? caller.log.max_timestamp(where)
                                                     : caller.log.offset_for_time(where, TimestampMs(timestamp)));
  if (!found) return {};
  out.timestamp = found->timestamp.value();
  out.offset = found->offset.value();
  out.leader_epoch = found->leader_epoch.value();
  return {};
}

ListedPartition list_partition(const Caller& caller, const TopicLookup& topic, const WantedPartition& wanted) {
  ListedPartition out;
  out.partition_index = wanted.partition_index;
  auto refuse = [&](ErrorCode error) {
    out.error_code = wire_code(error);
    return out;
  };
  if (!topic.topic) return refuse(topic.error);
  log::TopicPartition where{topic.topic->id, PartitionId(wanted.partition_index)};
  auto ends = caller.log.ends(where);
  if (!ends) return refuse(error_code(ends.error().code));
  ErrorCode epoch_error = check_leader_epoch(wanted.current_leader_epoch, ends->leader_epoch);
  if (epoch_error != ErrorCode::kNone) return refuse(epoch_error);
  auto listed = list(caller, where, *ends, wanted.timestamp, out);
  return listed ? out : refuse(error_code(listed.error().code));
}

EpochEnd end_of_epoch(const Caller& caller, const TopicLookup& topic,
                      const wk::OffsetForLeaderEpochRequest::OffsetForLeaderPartition& wanted) {
  EpochEnd out;
  out.partition = wanted.partition;
  auto refuse = [&](ErrorCode error) {
    out.error_code = wire_code(error);
    return out;
  };
  if (!topic.topic) return refuse(topic.error);
  log::TopicPartition where{topic.topic->id, PartitionId(wanted.partition)};
  auto ends = caller.log.ends(where);
  if (!ends) return refuse(error_code(ends.error().code));
  ErrorCode epoch_error = check_leader_epoch(wanted.current_leader_epoch, ends->leader_epoch);
  if (epoch_error != ErrorCode::kNone) return refuse(epoch_error);
  auto found = caller.log.offset_for_leader_epoch(where, LeaderEpoch(wanted.leader_epoch));
  if (!found) return refuse(error_code(found.error().code));
  out.leader_epoch = found->first.value();
  out.end_offset = found->second.value();
  return out;
}

}  // namespace

wk::ListOffsetsResponse handle(const Caller& caller, const wk::ListOffsetsRequest& request, std::int16_t) {
  auto table = caller.log.topics();
  wk::ListOffsetsResponse response;
  for (const auto& wanted : request.topics) {
    TopicLookup topic = find_topic(caller, *table, Action::kDescribe, false, wanted.name, {});
    auto& result = response.topics.emplace_back();
    result.name = wanted.name;
    for (const WantedPartition& partition : wanted.partitions) {
      result.partitions.push_back(list_partition(caller, topic, partition));
    }
  }
  return response;
}

wk::OffsetForLeaderEpochResponse handle(const Caller& caller, const wk::OffsetForLeaderEpochRequest& request,
                                        std::int16_t) {
  auto table = caller.log.topics();
  wk::OffsetForLeaderEpochResponse response;
  for (const auto& wanted : request.topics) {
    TopicLookup topic = find_topic(caller, *table, Action::kDescribe, false, wanted.topic, {});
    auto& result = response.topics.emplace_back();
    result.topic = wanted.topic;
    for (const auto& partition : wanted.partitions) result.partitions.push_back(end_of_epoch(caller, topic, partition));
  }
  return response;
}

}  // namespace tarn::doors::kafka
