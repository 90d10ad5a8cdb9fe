// Topics as the log knows them: name, id, partitions, configs. Durable records of the log's own meta partition.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/result.h"
#include "base/uuid.h"

namespace tarn::log {

inline constexpr std::size_t kTopicNameMax = 249;  // Kafka's: [a-zA-Z0-9._-], not "." or ".."
inline constexpr std::int32_t kPartitionsPerTopicMax = 1000;
inline constexpr std::int32_t kPartitionsMax = 10000;  // of all topics
inline constexpr std::size_t kTopicConfigsMax = 100;   // entries per topic

struct TopicPartition {
  TopicId topic;
  PartitionId partition;
  auto operator<=>(const TopicPartition&) const = default;
};

// What a topic's configs mean, parsed. Kafka's names and defaults; ours begin with `tarn.`.
struct TopicConfig {
  enum class Land { kAuto, kOff };
  enum class Fsync { kAlways, kNever };
  enum class TimestampType { kCreateTime, kLogAppendTime };

  Land land = Land::kAuto;                                    // tarn.land
  std::chrono::milliseconds land_ms{30'000};                  // tarn.land.ms
  Bytes land_bytes = 64_MiB;                                  // tarn.land.bytes
  Fsync fsync = Fsync::kAlways;                               // tarn.fsync
  Bytes message_bytes_max{1048588};                           // max.message.bytes: a batch, with its header
  Bytes segment_bytes = 1_GiB;                                // segment.bytes
  std::chrono::milliseconds segment_ms{604'800'000};          // segment.ms
  std::chrono::milliseconds retention_ms{604'800'000};        // retention.ms; -1 keeps for ever
  std::int64_t retention_bytes = -1;                          // retention.bytes per partition; -1 is no bound
  TimestampType timestamp_type = TimestampType::kCreateTime;  // message.timestamp.type
  bool compact_only = false;  // cleanup.policy == compact (kept whole until compaction comes)
};

// One known config: what DescribeConfigs tells about it.
struct ConfigSpec {
  enum class Type { kBoolean, kString, kInt, kLong, kDouble, kList };
  std::string_view name;
  Type type;
  std::string_view default_value;
  std::string_view documentation;
};
const std::vector<ConfigSpec>& known_topic_configs();

// Checks names and values; kInvalidArgument names the entry, what it takes, and for an unknown name the nearest one.
// Configs of Kafka's that a single node has no use for are accepted and kept.
Result<TopicConfig> parse_topic_config(const std::map<std::string, std::string>& configs);

struct Topic {
  TopicId id;
  std::string name;
  std::int32_t partitions = 1;
  std::map<std::string, std::string> configs;  // as set; the rest are defaults
  TopicConfig config;                          // the same, parsed
};

// All live topics at one moment. Immutable.
class TopicTable {
 public:
  virtual ~TopicTable() = default;
  virtual const Topic* find(std::string_view name) const = 0;
  virtual const Topic* find(TopicId id) const = 0;
  virtual std::vector<const Topic*> all() const = 0;  // by name
};

struct TopicSpec {
  std::string name;
  std::int32_t partitions = 1;
  std::map<std::string, std::string> configs;
};

}  // namespace tarn::log
