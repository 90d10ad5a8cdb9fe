#include "doors/kafka/fetch.h"

#include <algorithm>

#include "doors/kafka/topic_names.h"

namespace tarn::doors::kafka {
namespace {

namespace wk = wire::kafka;

constexpr std::int16_t kFirstWithTopicIds = 13;
constexpr std::int8_t kReadCommitted = 1;
constexpr std::int32_t kFullRequestNewSession = 0;
constexpr std::int32_t kFullRequestNoSession = -1;

std::uint64_t at_least_zero(std::int32_t value) { return static_cast<std::uint64_t>(std::max(value, 0)); }

}  // namespace

FetchCall::FetchCall(const Caller& caller, wk::FetchRequest request, std::int16_t version)
    : caller_(caller),
      request_(std::move(request)),
      version_(version),
      min_bytes_(at_least_zero(request_.min_bytes)),
      max_bytes_(std::min(at_least_zero(request_.max_bytes), caller.options.fetch_bytes_max.count())) {
  min_bytes_ = std::min(min_bytes_, max_bytes_);
}

void FetchCall::read() {
  response_ = {};
  ranges_.clear();
  waiting_for_.clear();
  bytes_ = 0;
  failed_ = false;
  if (request_.session_epoch != kFullRequestNewSession && request_.session_epoch != kFullRequestNoSession) {
    response_.error_code = wire_code(ErrorCode::kFetchSessionIdNotFound);
    failed_ = true;
    return;
  }
  auto table = caller_.log.topics();
  for (const auto& wanted : request_.topics) {
    TopicLookup topic = find_topic(caller_, *table, access::Action::kRead, version_ >= kFirstWithTopicIds, wanted.topic,
                                   wanted.topic_id);
    auto& result = response_.responses.emplace_back();
    result.topic = wanted.topic;
    result.topic_id = wanted.topic_id;
    for (const PartitionRequest& partition : wanted.partitions) {
      PartitionResponse& out = result.partitions.emplace_back();
      out.partition_index = partition.partition;
      out.high_watermark = -1;
      out.records = wk::Records(ByteView{});
      ErrorCode error = topic.topic ? read_partition(*topic.topic, partition, out) : topic.error;
      out.error_code = wire_code(error);
      failed_ = failed_ || error != ErrorCode::kNone;
    }
  }
}

ErrorCode FetchCall::read_partition(const log::Topic& topic, const PartitionRequest& wanted, PartitionResponse& out) {
  log::TopicPartition where{topic.id, PartitionId(wanted.partition)};
  auto ends = caller_.log.ends(where);
  if (!ends) return error_code(ends.error().code);
  ErrorCode epoch_error = check_leader_epoch(wanted.current_leader_epoch, ends->leader_epoch);
  if (epoch_error != ErrorCode::kNone) return epoch_error;
  out.high_watermark = ends->high_watermark.value();
  out.last_stable_offset = ends->high_watermark.value();
  out.log_start_offset = ends->log_start.value();
  if (request_.isolation_level == kReadCommitted) out.aborted_transactions.emplace();
  Offset from(wanted.fetch_offset);
  if (from < ends->log_start || from > ends->high_watermark) return ErrorCode::kOffsetOutOfRange;
  waiting_for_.emplace_back(where, ends->high_watermark);
  if (from == ends->high_watermark) return ErrorCode::kNone;

  Bytes limit(std::min(at_least_zero(wanted.partition_max_bytes), max_bytes_ - std::min(bytes_, max_bytes_)));
  if (limit == 0_B && bytes_ > 0) return ErrorCode::kNone;
  auto range = caller_.log.read(where, from, limit);
  if (!range) {  // deleted up to beyond it since ends()
    return range.error().code == Code::kInvalidArgument ? ErrorCode::kOffsetOutOfRange : error_code(range.error().code);
  }
  take(std::move(*range), limit, out);
  return ErrorCode::kNone;
}

// The first batch of a response goes out whole, however large, or a consumer could never get past it (KIP-74); a later
// partition whose first batch is over the limit waits for its turn.
void FetchCall::take(log::SegmentRange range, Bytes limit, PartitionResponse& out) {
  if (!range.file || range.length == 0_B || (range.length > limit && bytes_ > 0)) return;
  out.records = wk::Records::promise(range.length.count());
  bytes_ += range.length.count();
  ranges_.push_back(std::move(range));
}

}  // namespace tarn::doors::kafka
