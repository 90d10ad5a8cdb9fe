// What members do in a generation: take their assignments, show that they live, commit, leave.
#include "doors/kafka/group_turn.h"

namespace tarn::doors::kafka {

namespace wk = wire::kafka;
using State = Group::State;

ErrorCode GroupCoordinator::check_member(Group& group, const std::string& member,
                                         const std::optional<std::string>& instance,
                                         std::optional<std::int32_t> generation) {
  if (instance) {
    auto known = group.static_members.find(*instance);
    if (known == group.static_members.end()) return ErrorCode::kUnknownMemberId;
    if (known->second != member) return ErrorCode::kFencedInstanceId;
  }
  if (!group.members.contains(member)) return ErrorCode::kUnknownMemberId;
  if (generation && *generation != group.generation) return ErrorCode::kIllegalGeneration;
  return ErrorCode::kNone;
}

// ---- SyncGroup

ErrorCode GroupCoordinator::check_sync(Group& group, const wk::SyncGroupRequest& request) {
  ErrorCode error = check_member(group, request.member_id, request.group_instance_id, request.generation_id);
  if (error != ErrorCode::kNone) return error;
  if (request.protocol_type && *request.protocol_type != group.protocol_type) {
    return ErrorCode::kInconsistentGroupProtocol;
  }
  if (request.protocol_name && !group.is(State::kPreparingRebalance) && *request.protocol_name != group.protocol) {
    return ErrorCode::kInconsistentGroupProtocol;
  }
  return group.is(State::kPreparingRebalance) ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone;
}

void GroupCoordinator::sync(wk::SyncGroupRequest request, SyncDone done) {
  Turn turn(*this);
  Group* group = find(request.group_id);
  ErrorCode error = stopping_                  ? ErrorCode::kCoordinatorNotAvailable
                    : request.group_id.empty() ? ErrorCode::kInvalidGroupId
                    : !group                   ? ErrorCode::kUnknownMemberId
                                               : check_sync(*group, request);
  if (error != ErrorCode::kNone) {
    wk::SyncGroupResponse response;
    response.error_code = wire_code(error);
    return answer([done = std::move(done), response]() mutable { done(std::move(response)); });
  }
  GroupMember& member = group->members.at(request.member_id);
  group->not_synced.erase(member.id);
  if (group->not_synced.empty()) group->sync_deadline.reset();
  if (group->is(State::kStable)) {
    alive(member);
    answer_sync(*group, member, std::move(done));
  } else {
    if (member.syncing) answer_sync(*group, member, std::exchange(member.syncing, nullptr));
    member.syncing = std::move(done);
    if (group->leader == member.id) assign(*group, std::move(request.assignments));
  }
  schedule(*group);
}

void GroupCoordinator::answer_sync(Group& group, GroupMember& member, SyncDone done) {
  wk::SyncGroupResponse response;
  bool stable = group.is(State::kStable);
  if (!stable) response.error_code = wire_code(ErrorCode::kRebalanceInProgress);
  if (stable) {
    response.protocol_type = group.protocol_type;
    response.protocol_name = group.protocol;
    response.assignment = member.assignment;
  }
  answer([done = std::move(done), response = std::move(response)]() mutable { done(std::move(response)); });
}

void GroupCoordinator::fail_syncs(Group& group, ErrorCode error) {
  wk::SyncGroupResponse response;
  response.error_code = wire_code(error);
  for (auto& [id, member] : group.members) {
    member.assignment.clear();
    if (!member.syncing) continue;
    alive(member);
    answer([done = std::exchange(member.syncing, nullptr), response]() mutable { done(std::move(response)); });
  }
}

// Stored first: an assignment that was handed out is still there after a restart.
void GroupCoordinator::assign(Group& group, std::vector<wk::SyncGroupRequest::SyncGroupRequestAssignment> assignments) {
  std::size_t total = 0;
  for (const auto& each : assignments) total += each.assignment.size();
  std::size_t before = 0;
  for (const auto& [id, member] : group.members) before += member.assignment.size();
  bool too_large = total > options_.group_bytes_max.count();
  bool too_many = total > before && members_bytes_ + total - before > options_.members_bytes_max.count();
  if (too_large || too_many) {
    log_refusal(group.name, too_large ? GroupLimit{"group_bytes_max", options_.group_bytes_max.count()}
                                      : GroupLimit{"members_bytes_max", options_.members_bytes_max.count()});
    fail_syncs(group, ErrorCode::kGroupMaxSizeReached);
    return maybe_rebalance(group);
  }
  for (auto& each : assignments) {
    if (GroupMember* member = group.find(each.member_id)) member->assignment = std::move(each.assignment);
  }
  store(group, [this, name = group.name, generation = group.generation](const Result<void>& stored) {
    assignment_stored(name, generation, stored.has_value());
  });
}

void GroupCoordinator::assignment_stored(const std::string& name, std::int32_t generation, bool stored) {
  Turn turn(*this);
  Group* group = find(name);
  if (!group || !group->is(State::kCompletingRebalance) || group->generation != generation) return;
  if (!stored) {
    fail_syncs(*group, ErrorCode::kCoordinatorNotAvailable);
    maybe_rebalance(*group);
    return schedule(*group);
  }
  group->state = State::kStable;
  for (auto& [id, member] : group->members) {
    if (!member.syncing) continue;
    alive(member);
    answer_sync(*group, member, std::exchange(member.syncing, nullptr));
  }
  schedule(*group);
}

// ---- Heartbeat

ErrorCode GroupCoordinator::heartbeat(const wk::HeartbeatRequest& request) {
  Turn turn(*this);
  if (stopping_) return ErrorCode::kCoordinatorNotAvailable;
  if (request.group_id.empty()) return ErrorCode::kInvalidGroupId;
  Group* group = find(request.group_id);
  if (!group) return ErrorCode::kUnknownMemberId;
  ErrorCode error = check_member(*group, request.member_id, request.group_instance_id, request.generation_id);
  if (error != ErrorCode::kNone) return error;
  alive(group->members.at(request.member_id));
  return group->is(State::kPreparingRebalance) ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone;
}

// ---- LeaveGroup

std::vector<ErrorCode> GroupCoordinator::leave(const std::string& name,
                                               const std::vector<wk::LeaveGroupRequest::MemberIdentity>& members) {
  Turn turn(*this);
  std::vector<ErrorCode> codes;
  Group* group = find(name);
  for (const auto& each : members) {
    codes.push_back(stopping_      ? ErrorCode::kCoordinatorNotAvailable
                    : name.empty() ? ErrorCode::kInvalidGroupId
                    : !group       ? ErrorCode::kUnknownMemberId
                                   : leave_one(*group, each));
  }
  if (group) schedule(*group);
  if (group) forget_if_unused(name);
  return codes;
}

ErrorCode GroupCoordinator::leave_one(Group& group, const wk::LeaveGroupRequest::MemberIdentity& who) {
  std::string id = who.member_id;
  if (id.empty() && who.group_instance_id) {  // an administrator, who knows the instance alone
    auto known = group.static_members.find(*who.group_instance_id);
    if (known == group.static_members.end()) return ErrorCode::kUnknownMemberId;
    id = known->second;
  }
  if (group.pending.erase(id) > 0) {
    try_complete_join(group);
    return ErrorCode::kNone;
  }
  ErrorCode error = check_member(group, id, who.group_instance_id, std::nullopt);
  if (error == ErrorCode::kNone) remove_member(group, id);
  return error;
}

void GroupCoordinator::remove_member(Group& group, const std::string& id) {
  GroupMember& member = group.members.at(id);
  if (member.joining) {
    wk::JoinGroupResponse response;
    response.error_code = wire_code(ErrorCode::kUnknownMemberId);
    answer([done = std::move(member.joining), response]() mutable { done(std::move(response)); });
  }
  if (member.syncing) {
    wk::SyncGroupResponse response;
    response.error_code = wire_code(ErrorCode::kUnknownMemberId);
    answer([done = std::move(member.syncing), response]() mutable { done(std::move(response)); });
  }
  group.remove(id);
  maybe_rebalance(group);
}

// ---- commits

ErrorCode GroupCoordinator::check_commit(const Committer& who) {
  if (stopping_) return ErrorCode::kCoordinatorNotAvailable;
  Group* group = find(who.group);
  bool joined = who.generation >= 0 || !who.member.empty() || who.instance;
  if (!group) return who.generation < 0 ? ErrorCode::kNone : ErrorCode::kIllegalGeneration;
  if (!joined) return group->is(State::kEmpty) ? ErrorCode::kNone : ErrorCode::kUnknownMemberId;
  ErrorCode error = check_member(*group, who.member, who.instance, who.generation);
  if (error != ErrorCode::kNone) return error;
  alive(group->members.at(who.member));
  // It knows of the generation, but not yet what it is to read in it.
  return group->is(State::kCompletingRebalance) ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone;
}

void GroupCoordinator::commit(const Committer& who, std::vector<log::OffsetCommit> offsets, Done done) {
  Turn turn(*this);
  ErrorCode error = check_commit(who);
  if (error != ErrorCode::kNone) return answer([done = std::move(done), error]() mutable { done(error); });
  ++commits_[who.group];
  write(
      [this, group = who.group, offsets = std::move(offsets)](log::GroupStore::Done stored) mutable {
        log_.groups().commit(group, std::move(offsets), std::move(stored));
      },
      [this, group = who.group, done = std::move(done)](const Result<void>& stored) mutable {
        commit_ended(group);
        done(store_code(stored));
      });
}

void GroupCoordinator::commit_ended(const std::string& group) {
  std::lock_guard lock(mutex_);
  auto found = commits_.find(group);
  if (--found->second == 0) commits_.erase(found);
}

}  // namespace tarn::doors::kafka
