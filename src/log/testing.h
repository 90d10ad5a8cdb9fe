// Short hands for the log's tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "host/clock.h"
#include "host/files.h"
#include "host/host.h"
#include "host/random.h"
#include "log/log.h"
#include "wire/kafka/record_batch.h"

namespace tarn::log {

template <class T>
T must(Result<T> result) {
  if (!result) assert_failed("must", __FILE__, __LINE__, result.error().message.c_str());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// Real files, a clock that stands still, seeded randomness.
class TestHost {
 public:
  TestHost() : own_files_(host::real_files()), files_(own_files_.get()) {}
  explicit TestHost(host::Files& files, std::uint64_t seed = 1) : files_(&files), random_(host::seeded_random(seed)) {}
  host::Host host() { return {*files_, clock, *random_}; }
  host::ManualClock clock{TimestampMs(1'700'000'000'000)};

 private:
  std::unique_ptr<host::Files> own_files_;
  host::Files* files_;
  std::unique_ptr<host::Random> random_ = host::seeded_random(1);
};

// A ring of a few small files, so that tests go round it.
LogOptions small_options();

// An uncompressed batch with these values, timestamps from `timestamp` on, 1 ms apart.
Buffer make_batch(const std::vector<std::string>& values, const wire::kafka::RecordBatchBuilder::Options& options = {},
                  TimestampMs timestamp = TimestampMs(1'700'000'000'000));
// Appends and waits.
AppendResult append_bytes(Log& log, const TopicPartition& partition, ByteView batch);
AppendResult append(Log& log, const TopicPartition& partition, const std::vector<std::string>& values);
// Changes to a group, awaited.
Result<void> commit(Log& log, const std::string& group, std::vector<OffsetCommit> offsets);
Result<void> keep_state(Log& log, const std::string& group, Buffer state);
Result<void> remove_offsets(Log& log, const std::string& group, std::vector<TopicPartition> partitions);
Result<void> remove_group(Log& log, const std::string& group);
// All readable values from `from` on, each checked to stand at its offset's place; gaps are skipped.
std::vector<std::string> values(Log& log, const TopicPartition& partition, Offset from = Offset(0));
std::vector<std::pair<Offset, std::string>> records(Log& log, const TopicPartition& partition, Offset from = Offset(0));

}  // namespace tarn::log
