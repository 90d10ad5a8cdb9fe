// Consumer groups as others see them: the console, /api, metrics. Who keeps groups implements it (doors/kafka).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/id.h"

namespace tarn::log {

struct GroupMemberInfo {
  std::string id;
  std::string instance;  // group.instance.id of a static member; empty: it is none
  std::string client_id;
  std::string client_host;
  std::vector<std::pair<std::string, PartitionId>> assigned;  // (topic, partition); empty until the group is Stable
};

// A partition that the group has committed an offset of.
struct GroupOffsetInfo {
  std::string topic;
  PartitionId partition;
  Offset committed;
  Offset end;            // the partition's high-watermark
  std::int64_t lag = 0;  // end - committed, at least 0
  TimestampMs committed_at;
};

struct GroupInfo {
  std::string name;
  std::string state;          // Kafka's word: Empty, PreparingRebalance, CompletingRebalance, Stable
  std::string protocol_type;  // "consumer"; empty: offsets were committed without joining
  std::int32_t generation = 0;
  std::vector<GroupMemberInfo> members;
  std::vector<GroupOffsetInfo> offsets;  // by topic and partition
};

// Thread-safe.
class GroupsInfo {
 public:
  virtual ~GroupsInfo() = default;
  virtual std::vector<GroupInfo> groups() const = 0;  // by name
  // Grows when groups() says something new, but for the ends of partitions: cheap to ask, however many groups there
  // are.
  virtual std::uint64_t changes() const = 0;
};

}  // namespace tarn::log
