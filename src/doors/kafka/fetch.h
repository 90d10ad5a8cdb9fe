// Fetch: what is readable now of the partitions asked for, as ranges of segment files that are sent without a copy
// here.
#pragma once

#include <utility>
#include <vector>

#include "doors/kafka/api_table.h"
#include "doors/kafka/error_codes.h"
#include "wire/kafka/messages/fetch.h"

namespace tarn::doors::kafka {

// One Fetch request, read as often as it takes until there is enough to answer. Not thread-safe.
//
// Fetch sessions (KIP-227) are not kept: a full request is answered with session id 0, which tells a client to send
// full requests; an incremental one is told that its session is not found.
class FetchCall {
 public:
  FetchCall(const Caller& caller, wire::kafka::FetchRequest request, std::int16_t version);

  // Reads all partitions anew, replacing what an earlier call found.
  void read();

  // The answer is due: min_bytes are there, a partition has an error to tell, or nothing was asked.
  bool is_due() const { return failed_ || bytes_ >= min_bytes_ || waiting_for_.empty(); }
  // If it is not due: the partitions that may get more, each with the end that was read up to.
  const std::vector<std::pair<log::TopicPartition, Offset>>& waiting_for() const { return waiting_for_; }

  // What read() found. The records are promises: their bytes are those of ranges(), in order.
  const wire::kafka::FetchResponse& response() const { return response_; }
  const std::vector<log::SegmentRange>& ranges() const { return ranges_; }

 private:
  using PartitionRequest = wire::kafka::FetchRequest::FetchPartition;
  using PartitionResponse = wire::kafka::FetchResponse::PartitionData;

  ErrorCode read_partition(const log::Topic& topic, const PartitionRequest& wanted, PartitionResponse& out);
  void take(log::SegmentRange range, Bytes limit, PartitionResponse& out);

  const Caller& caller_;
  wire::kafka::FetchRequest request_;
  std::int16_t version_;
  std::uint64_t min_bytes_;
  std::uint64_t max_bytes_;

  wire::kafka::FetchResponse response_;
  std::vector<log::SegmentRange> ranges_;
  std::vector<std::pair<log::TopicPartition, Offset>> waiting_for_;
  std::uint64_t bytes_ = 0;
  bool failed_ = false;
};

}  // namespace tarn::doors::kafka
