// Idempotent producers of one partition: which sequence numbers each has used, so that a batch sent again is known.
//
// Kafka's rules (ProducerAppendInfo, ProducerStateEntry): the last 5 batches of a producer are remembered; a new epoch
// starts at sequence 0; within an epoch sequences follow one another, 2147483647 is followed by 0; a producer nothing
// is known of may start anywhere. One rule more: a producer whose batch was refused for a reason that passes (a full
// disk) must begin with that batch, else the ones behind it in flight would overtake it.
//
// Derived from the log, kept in checkpoints, rebuilt from the batches after them. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "base/codec.h"
#include "log/log.h"
#include "wire/kafka/record_batch.h"

namespace tarn::log {

inline constexpr std::size_t kProducerBatchesKept = 5;
inline constexpr std::size_t kProducersPerPartitionMax = 5000;           // past it the longest silent goes
inline constexpr std::chrono::milliseconds kProducerExpiry{86'400'000};  // producer.id.expiration.ms: one day

class Producers {
 public:
  struct Verdict {
    AppendStatus status = AppendStatus::kOk;
    Offset original;       // kDuplicate: the first time's base offset
    Offset original_last;  // and last offset
    std::string message;
  };

  // What to do with a batch; changes nothing. Batches without a producer id are kOk.
  Verdict check(const wire::kafka::RecordBatchHeader& batch) const;
  // The batch, its base offset set, was appended at `now`.
  void took(const wire::kafka::RecordBatchHeader& batch, TimestampMs now);
  // The batch was refused for a reason that passes.
  void refused(const wire::kafka::RecordBatchHeader& batch, TimestampMs now);

  std::size_t size() const { return producers_.size(); }
  void put(Encoder& out) const;
  static Producers get(Decoder& in);

 private:
  struct Batch {
    std::int32_t first_sequence = 0;
    std::int32_t last_sequence = 0;
    Offset base;
    Offset last;
  };
  struct Producer {
    ProducerEpoch epoch{-1};
    std::uint8_t count = 0;                           // of batches known
    std::array<Batch, kProducerBatchesKept> batches;  // the latest last
    std::int32_t expected = -1;                       // after refused(): the sequence to begin with; -1: any
    TimestampMs last_used;
  };

  void make_room(TimestampMs now);

  std::unordered_map<ProducerId, Producer> producers_;
};

}  // namespace tarn::log
