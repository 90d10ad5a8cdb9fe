#include "doors/kafka/produce.h"

#include <fmt/format.h>

#include <atomic>
#include <memory>

#include "doors/kafka/topic_names.h"
#include "wire/kafka/record_batch.h"

namespace tarn::doors::kafka {
namespace {

namespace wk = wire::kafka;
using PartitionRequest = wk::ProduceRequest::PartitionProduceData;
using PartitionResponse = wk::ProduceResponse::PartitionProduceResponse;

constexpr std::int16_t kFirstWithTopicIds = 13;
constexpr std::int16_t kFirstWithZstd = 7;  // KIP-110

void refuse(PartitionResponse& out, ErrorCode error, std::string_view message) {
  out.error_code = wire_code(error);
  out.base_offset = -1;
  out.error_message = wire_message(message);
}

// What the request's version forbids; all else about a batch is the log's to check. An unreadable header is too.
bool check_version(const PartitionRequest& data, std::int16_t version, PartitionResponse& out) {
  ByteView bytes = data.records.bytes();
  if (bytes.empty()) return refuse(out, ErrorCode::kInvalidRecord, "a partition without a record batch"), false;
  if (bytes.size() < wk::kBatchHeaderBytes || version >= kFirstWithZstd) return true;
  auto header = wk::parse_batch_header(bytes);
  if (!header || header->codec() != wk::Compression::kZstd) return true;
  refuse(out, ErrorCode::kUnsupportedCompressionType, "zstd needs Produce version 7 or newer");
  return false;
}

// One request on its way: every append fills in its own part of the response, the last one to finish sends it.
class ProduceCall {
 public:
  ProduceCall(wk::ProduceRequest request, std::int16_t version, ProduceDone done)
      : request_(std::move(request)), version_(version), done_(std::move(done)) {}

  static void start(const Caller& caller, const std::shared_ptr<ProduceCall>& call) {
    call->lay_out(caller);
    for (std::size_t t = 0; t < call->request_.topic_data.size(); ++t) {
      const auto& topic = call->request_.topic_data[t];
      for (std::size_t p = 0; p < topic.partition_data.size(); ++p) {
        append(caller, call, call->topics_[t], topic.partition_data[p],
               call->response_.responses[t].partition_responses[p]);
      }
    }
    call->finish_one();  // the one that stood for this loop
  }

 private:
  // The whole response, before any append may finish; its vectors don't move after this.
  void lay_out(const Caller& caller) {
    auto table = caller.log.topics();
    for (const auto& topic : request_.topic_data) {
      TopicLookup found = find_topic(caller, *table, access::Action::kWrite, version_ >= kFirstWithTopicIds, topic.name,
                                     topic.topic_id);
      topics_.push_back({found.error, found.topic ? found.topic->id : TopicId{}});
      auto& out = response_.responses.emplace_back();
      out.name = topic.name;
      out.topic_id = topic.topic_id;
      for (const PartitionRequest& data : topic.partition_data)
        out.partition_responses.emplace_back().index = data.index;
      left_ += topic.partition_data.size();
    }
  }

  struct FoundTopic {
    ErrorCode error;
    TopicId id;
  };

  static void append(const Caller& caller, const std::shared_ptr<ProduceCall>& call, const FoundTopic& topic,
                     const PartitionRequest& data, PartitionResponse& out) {
    if (topic.error != ErrorCode::kNone) {
      refuse(out, topic.error, "");
    } else if (call->request_.transactional_id) {
      refuse(out, ErrorCode::kUnsupportedVersion, "transactions are not served yet");
    } else if (check_version(data, call->version_, out)) {
      caller.log.append({topic.id, PartitionId(data.index)}, data.records.bytes(),
                        [call, &out](log::AppendResult result) {
                          call->fill_in(std::move(result), out);
                          call->finish_one();
                        });
      return;
    }
    call->finish_one();
  }

  void fill_in(log::AppendResult result, PartitionResponse& out) const {
    ErrorCode error = error_code(result.status);
    if (error == ErrorCode::kUnknownTopicOrPartition && version_ >= kFirstWithTopicIds)
      error = ErrorCode::kUnknownTopicId;
    if (error != ErrorCode::kNone) return refuse(out, error, result.message);
    out.base_offset = result.base_offset.value();
    out.log_append_time_ms = result.log_append_time.value();
    out.log_start_offset = result.log_start.value();
  }

  void finish_one() {
    if (left_.fetch_sub(1) == 1) done_(std::move(response_));
  }

  wk::ProduceRequest request_;
  std::int16_t version_;
  ProduceDone done_;
  std::vector<FoundTopic> topics_;
  wk::ProduceResponse response_;
  std::atomic<std::size_t> left_{1};
};

}  // namespace

void start_produce(const Caller& caller, wk::ProduceRequest request, std::int16_t version, ProduceDone done) {
  ProduceCall::start(caller, std::make_shared<ProduceCall>(std::move(request), version, std::move(done)));
}

}  // namespace tarn::doors::kafka
