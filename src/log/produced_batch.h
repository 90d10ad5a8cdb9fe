// What a producer sent for one partition, checked, with its header apart so that the log can fill in its part without
// copying the records.
#pragma once

#include <array>
#include <optional>

#include "log/log.h"
#include "wire/kafka/record_batch.h"

namespace tarn::log {

inline constexpr std::chrono::milliseconds kFutureMax{3'600'000};  // KIP-1030: message.timestamp.after.max.ms

struct ProducedBatch {
  wire::kafka::RecordBatchHeader header;
  std::array<std::byte, wire::kafka::kBatchHeaderBytes> head;
  ByteView rest;  // borrowed: the producer's bytes after the header
  TimestampMs log_append_time{-1};

  // Gives it its place in the log.
  void stamp(Offset base_offset, LeaderEpoch epoch);
};

// Kafka's rules (LogValidator) as far as the header and the CRC tell: exactly one batch v2, whole, within
// max.message.bytes, no control batch, counts that agree, no timestamp more than 1 h ahead. Records themselves are
// looked at only for compact-only topics (each needs a key). For LogAppendTime topics the time is set here.
// Returns why it is refused, nullopt if it is fine.
std::optional<AppendResult> check_produced(ByteView batches, const TopicConfig& config, TimestampMs now,
                                           ProducedBatch& out);

AppendResult refusal(AppendStatus status, std::string message);

}  // namespace tarn::log
