// Times and bounds of consumer groups; Kafka's defaults where Kafka has one.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/bytes.h"

namespace tarn::doors::kafka {

struct GroupOptions {
  std::chrono::milliseconds initial_rebalance_delay{3'000};    // group.initial.rebalance.delay.ms
  std::chrono::milliseconds session_min{6'000};                // group.min.session.timeout.ms
  std::chrono::milliseconds session_max{1'800'000};            // group.max.session.timeout.ms
  std::chrono::milliseconds new_member_join_max{300'000};      // a new member's JoinGroup is held at most this long
  std::chrono::milliseconds offsets_retention{604'800'000};    // offsets.retention.minutes: 7 d after the last member
  std::chrono::milliseconds offsets_retention_check{600'000};  // offsets.retention.check.interval.ms
  std::size_t groups_max = 20'000;                             // with members; past it, POLICY_VIOLATION
  std::size_t members_max = 1'000;                             // of a group, ids given out too: GROUP_MAX_SIZE_REACHED
  Bytes group_bytes_max = 3_MiB;                               // of a group's members: its state is one record
  Bytes members_bytes_max = 64_MiB;                            // of all groups
};

}  // namespace tarn::doors::kafka
