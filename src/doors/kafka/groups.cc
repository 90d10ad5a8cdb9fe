// JoinGroup, SyncGroup, Heartbeat, LeaveGroup, ListGroups, DescribeGroups, DeleteGroups: the rights, and what differs
// between versions; what they mean is the coordinator's.
#include <algorithm>
#include <atomic>
#include <memory>

#include "doors/kafka/error_codes.h"
#include "doors/kafka/group_coordinator.h"
#include "doors/kafka/group_names.h"
#include "doors/kafka/handlers.h"

namespace tarn::doors::kafka {

using access::Action;

namespace {

constexpr std::int16_t kFirstLeaveOfMany = 3;
constexpr std::int16_t kFirstNotFoundOnDescribe = 6;  // before, a group that is not there is Dead
constexpr const char* kClassic = "classic";           // the one type of groups that is served

// Kafka's AclOperation numbers: read, delete, describe, describe_configs, alter_configs.
std::int32_t group_operations(const Caller& caller, const std::string& group) {
  std::int32_t operations = 0;
  if (may_group(caller, Action::kRead, group)) operations |= 1 << 3;
  if (may_group(caller, Action::kDrop, group)) operations |= 1 << 6;
  if (may_group(caller, Action::kDescribe, group)) operations |= 1 << 8 | 1 << 10;
  if (may_group(caller, Action::kAlter, group)) operations |= 1 << 11;
  return operations;
}

bool same_ignoring_case(std::string_view one, std::string_view other) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(one, other, [&](char a, char b) { return lower(a) == lower(b); });
}

bool passes(const std::vector<std::string>& filter, std::string_view value) {
  return filter.empty() ||
         std::ranges::any_of(filter, [&](const std::string& each) { return same_ignoring_case(each, value); });
}

}  // namespace

bool may_group(const Caller& caller, Action action, std::string_view group) {
  return access::authorize(caller.principal, action, {access::ResourceKind::kGroup, group}).has_value();
}

void begin_handling(const Caller& caller, wk::JoinGroupRequest request, const wk::RequestHeader& header,
                    Done<wk::JoinGroupResponse> done) {
  if (!may_group(caller, Action::kRead, request.group_id)) {
    wk::JoinGroupResponse refused;
    refused.error_code = wire_code(ErrorCode::kGroupAuthorizationFailed);
    refused.member_id = request.member_id;
    return done(std::move(refused));
  }
  GroupClient client{header.client_id.value_or(""), caller.client_host};
  caller.groups.join(client, std::move(request), header.api_version, std::move(done));
}

void begin_handling(const Caller& caller, wk::SyncGroupRequest request, const wk::RequestHeader&,
                    Done<wk::SyncGroupResponse> done) {
  if (!may_group(caller, Action::kRead, request.group_id)) {
    wk::SyncGroupResponse refused;
    refused.error_code = wire_code(ErrorCode::kGroupAuthorizationFailed);
    return done(std::move(refused));
  }
  caller.groups.sync(std::move(request), std::move(done));
}

wk::HeartbeatResponse handle(const Caller& caller, const wk::HeartbeatRequest& request, std::int16_t) {
  wk::HeartbeatResponse response;
  bool allowed = may_group(caller, Action::kRead, request.group_id);
  response.error_code = wire_code(allowed ? caller.groups.heartbeat(request) : ErrorCode::kGroupAuthorizationFailed);
  return response;
}

wk::LeaveGroupResponse handle(const Caller& caller, const wk::LeaveGroupRequest& request, std::int16_t version) {
  wk::LeaveGroupResponse response;
  if (!may_group(caller, Action::kRead, request.group_id)) {
    response.error_code = wire_code(ErrorCode::kGroupAuthorizationFailed);
    return response;
  }
  if (version < kFirstLeaveOfMany) {
    response.error_code = wire_code(caller.groups.leave(request.group_id, {{request.member_id}}).at(0));
    return response;
  }
  std::vector<ErrorCode> codes = caller.groups.leave(request.group_id, request.members);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const auto& member = request.members[i];
    response.members.push_back({member.member_id, member.group_instance_id, wire_code(codes[i])});
  }
  return response;
}

wk::ListGroupsResponse handle(const Caller& caller, const wk::ListGroupsRequest& request, std::int16_t) {
  wk::ListGroupsResponse response;
  if (!passes(request.types_filter, kClassic)) return response;
  for (const GroupCoordinator::Listed& each : caller.groups.list()) {
    const char* state = name_of(each.state);
    if (!passes(request.states_filter, state) || !may_group(caller, Action::kDescribe, each.name)) continue;
    response.groups.push_back({each.name, each.protocol_type, state, kClassic});
  }
  return response;
}

wk::DescribeGroupsResponse handle(const Caller& caller, const wk::DescribeGroupsRequest& request,
                                  std::int16_t version) {
  wk::DescribeGroupsResponse response;
  for (const std::string& name : request.groups) {
    auto& group = response.groups.emplace_back();
    group.group_id = name;
    if (!may_group(caller, Action::kDescribe, name)) {
      group.error_code = wire_code(ErrorCode::kGroupAuthorizationFailed);
      continue;
    }
    if (caller.groups.describe(name, group) == ErrorCode::kGroupIdNotFound) {
      group.group_state = "Dead";
      if (version >= kFirstNotFoundOnDescribe) {
        group.error_code = wire_code(ErrorCode::kGroupIdNotFound);
        group.error_message = wire_message("Group " + name + " not found.");
      }
    }
    if (request.include_authorized_operations) group.authorized_operations = group_operations(caller, name);
  }
  return response;
}

void begin_handling(const Caller& caller, wk::DeleteGroupsRequest request, const wk::RequestHeader&,
                    Done<wk::DeleteGroupsResponse> done) {
  struct Call {
    wk::DeleteGroupsResponse response;
    Done<wk::DeleteGroupsResponse> done;
    std::atomic<std::size_t> left{1};  // and the loop below
    void finish_one() {
      if (left.fetch_sub(1) == 1) done(std::move(response));
    }
  };
  auto call = std::make_shared<Call>();
  call->done = std::move(done);
  for (std::string& name : request.groups_names) call->response.results.push_back({std::move(name), 0});
  call->left += call->response.results.size();
  for (auto& result : call->response.results) {
    if (!may_group(caller, Action::kDrop, result.group_id)) {
      result.error_code = wire_code(ErrorCode::kGroupAuthorizationFailed);
      call->finish_one();
      continue;
    }
    caller.groups.remove(result.group_id, [call, &result](ErrorCode error) {
      result.error_code = wire_code(error);
      call->finish_one();
    });
  }
  call->finish_one();
}

}  // namespace tarn::doors::kafka
