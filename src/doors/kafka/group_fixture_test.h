// A coordinator with a clock that a test moves, and members that are driven step by step.
#pragma once

#include <doctest/doctest.h>

#include <memory>

#include "doors/kafka/group_coordinator.h"
#include "doors/kafka/testing/memory_log.h"
#include "host/random.h"

namespace tarn::doors::kafka {

namespace wk = wire::kafka;
using std::chrono::milliseconds;

inline bool is(std::int16_t code, ErrorCode expected) { return code == wire_code(expected); }

inline Buffer bytes(const std::string& text) { return to_buffer(as_bytes(text)); }

struct GroupFixture {
  testing::MemoryLog log;
  host::ManualClock clock{TimestampMs(1'700'000'000'000)};
  std::unique_ptr<host::Files> files = host::real_files();
  std::unique_ptr<host::Random> random = host::seeded_random(1);
  GroupOptions options;
  std::unique_ptr<GroupCoordinator> groups;

  GroupFixture() { restart(); }
  // As after a crash: only what is stored is known.
  void restart() {
    groups =
        std::make_unique<GroupCoordinator>(log, host::Host{*files, clock, *random}, options,
                                           GroupCoordinator::Hooks{[](GroupCoordinator::Task task) { task(); }, [] {}});
  }
  // Moves time on, stopping wherever something is due.
  void pass(milliseconds by) {
    host::MonotonicTime until = clock.now() + by;
    while (groups->next_deadline() <= until) {
      clock.sleep_until(groups->next_deadline());  // tidy-ok(world): what the interface calls it
      groups->run_due();
    }
    clock.sleep_until(until);  // tidy-ok(world): as above
  }
};

// A member as a client library is one, driven step by step.
struct GroupClientFake {
  GroupFixture& at;
  std::string name;
  std::optional<std::string> instance;
  std::int16_t version = 9;
  milliseconds session{10'000};
  milliseconds rebalance{30'000};
  std::string protocol = "range";

  std::string id;
  std::int32_t generation = -1;
  std::shared_ptr<std::optional<wk::JoinGroupResponse>> join_answer;
  std::shared_ptr<std::optional<wk::SyncGroupResponse>> sync_answer;

  void send_join() {
    wk::JoinGroupRequest request;
    request.group_id = "g";
    request.session_timeout_ms = static_cast<std::int32_t>(session.count());
    request.rebalance_timeout_ms = static_cast<std::int32_t>(rebalance.count());
    request.member_id = id;
    request.group_instance_id = instance;
    request.protocol_type = "consumer";
    request.protocols.push_back({protocol, bytes("metadata of " + name)});
    join_answer = std::make_shared<std::optional<wk::JoinGroupResponse>>();
    at.groups->join({name, "/127.0.0.1"}, std::move(request), version,
                    [answer = join_answer](wk::JoinGroupResponse response) { *answer = std::move(response); });
  }
  // The two steps of KIP-394 where it asks for them.
  void join() {
    send_join();
    if (*join_answer && is((*join_answer)->error_code, ErrorCode::kMemberIdRequired)) {
      id = (*join_answer)->member_id;
      send_join();
    }
  }
  bool joined() {
    if (!join_answer || !*join_answer || (*join_answer)->error_code != 0) return false;
    id = (*join_answer)->member_id;
    generation = (*join_answer)->generation_id;
    return true;
  }
  ErrorCode join_error() const { return static_cast<ErrorCode>((*join_answer)->error_code); }
  bool leads() const { return (*join_answer)->leader == id; }

  void send_sync(const std::vector<std::string>& assign_to = {}) {
    wk::SyncGroupRequest request;
    request.group_id = "g";
    request.generation_id = generation;
    request.member_id = id;
    request.group_instance_id = instance;
    for (const std::string& member : assign_to) request.assignments.push_back({member, bytes("for " + member)});
    sync_answer = std::make_shared<std::optional<wk::SyncGroupResponse>>();
    at.groups->sync(std::move(request),
                    [answer = sync_answer](wk::SyncGroupResponse response) { *answer = std::move(response); });
  }
  // The leader assigns every member something.
  void sync() {
    std::vector<std::string> all;
    for (const auto& member : (*join_answer)->members) all.push_back(member.member_id);
    send_sync(all);
  }
  bool synced() const {
    return *sync_answer && (*sync_answer)->error_code == 0 && as_text((*sync_answer)->assignment) == "for " + id;
  }
  ErrorCode heartbeat() const { return at.groups->heartbeat({"g", generation, id, instance}); }
  ErrorCode leave() const { return at.groups->leave("g", {{id, instance, std::nullopt}}).at(0); }
  ErrorCode commit(std::int64_t offset) const {
    auto code = std::make_shared<ErrorCode>(ErrorCode::kUnknownServerError);  // no answer yet
    at.groups->commit({"g", generation, id, instance}, {{{}, Offset(offset), {}, {}}},
                      [code](ErrorCode answer) { *code = answer; });
    return *code;
  }
};

}  // namespace tarn::doors::kafka
