// Consumer groups on /metrics. Their names are clients', so they are no metrics that live on (host/metrics.h): they are
// written when they are asked for, so many at most.
//
//   tarn_kafka_groups_count                               all groups, shown or not
//   tarn_kafka_group_members_count{group}
//   tarn_kafka_group_state_info{group,state}              1; Kafka's word, such as Stable
//   tarn_kafka_group_lag_records{group,topic,partition}   of partitions that the group has committed an offset of
#pragma once

#include <string>

#include "log/groups_info.h"

namespace tarn::doors::http {

inline constexpr std::size_t kGroupsMeasuredMax = 200;      // of more, the first by name
inline constexpr std::size_t kGroupLagsMeasuredMax = 2000;  // partitions of groups

// In the Prometheus text format 0.0.4. Bytes of a group's name that are not printable ASCII, and %, " and \, stand as
// %XX.
std::string group_metrics(const log::GroupsInfo& groups);

}  // namespace tarn::doors::http
