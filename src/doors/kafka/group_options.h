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

  // What a client may ask of memory and time; a refusal is logged with the name of the limit (log_refusal).
  std::size_t groups_max = 20'000;  // with members, or ids given out; past it, POLICY_VIOLATION
  std::size_t members_max = 1'000;  // of a group, ids given out too: GROUP_MAX_SIZE_REACHED
  std::size_t protocols_max = 100;  // of a member, compared with all others': INVALID_REQUEST. Libraries: 1 to 4
  std::size_t protocol_name_bytes_max = 255;  // of its names, and of the type: INVALID_REQUEST. "cooperative-sticky"
  std::size_t client_id_bytes_max = 255;      // longer is cut: it is for people to read, and part of the member's id
  Bytes group_bytes_max = 3_MiB;              // of a group, its state is one record: GROUP_MAX_SIZE_REACHED
  Bytes members_bytes_max = 64_MiB;           // of all groups, empty ones and ids given out too: the same
  Bytes request_bytes_max = 4_MiB;  // JoinGroup, SyncGroup: could but be refused, so it is not decoded; the same
};

}  // namespace tarn::doors::kafka
