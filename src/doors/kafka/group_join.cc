// JoinGroup: members come, and a generation begins when all have.
#include <algorithm>

#include "doors/kafka/group_turn.h"

namespace tarn::doors::kafka {

namespace wk = wire::kafka;
using State = Group::State;

namespace {

constexpr std::int16_t kFirstWithMemberIdRequired = 4;      // KIP-394
constexpr std::int16_t kFirstWithSkipAssignment = 9;        // KIP-814
constexpr std::chrono::milliseconds kStaticWaitMin{1'000};  // whatever a member's rebalance timeout: no busy loop

// What a member of this client takes without its protocols, and the group if it is the first of it.
std::size_t bytes_of_newcomer(const Group* group, const GroupClient& client, const wk::JoinGroupRequest& request) {
  constexpr std::size_t kIdTail = 37;  // a dash and a UUID
  GroupMember member;
  member.instance = request.group_instance_id;
  member.client_id = client.id;
  member.client_host = client.host;
  member.id.resize(request.group_instance_id.value_or(client.id).size() + kIdTail);
  if (group) return member.bytes();
  Group made;
  made.name = request.group_id;
  made.protocol_type = request.protocol_type;
  return made.bytes() + member.bytes();
}

bool same_protocols(const std::vector<GroupMember::Protocol>& one, const std::vector<GroupMember::Protocol>& other) {
  return std::ranges::equal(one, other,
                            [](const auto& a, const auto& b) { return a.name == b.name && a.metadata == b.metadata; });
}

void take_timeouts(const wk::JoinGroupRequest& request, GroupMember& member) {
  bool told = request.rebalance_timeout_ms >= 0;  // not before version 1
  member.session_timeout = std::chrono::milliseconds(request.session_timeout_ms);
  member.rebalance_timeout = told ? std::chrono::milliseconds(request.rebalance_timeout_ms) : member.session_timeout;
}

}  // namespace

void GroupCoordinator::join(const GroupClient& client, wk::JoinGroupRequest request, std::int16_t version,
                            JoinDone done) {
  Turn turn(*this);
  Joiner joiner{
      {cut_text(client.id, options_.client_id_bytes_max), client.host}, std::move(request), version, std::move(done)};
  const std::string name = joiner.request.group_id;
  Group* group = find(name);
  if (auto refused = cannot_join(group, joiner)) {
    if (refused->limit) log_refusal(name, *refused->limit);
    return refuse_join(joiner, refused->error, joiner.request.member_id);
  }
  if (!group) {
    group = &groups_[name];
    group->name = name;
  }
  joiner.request.member_id.empty() ? join_unknown(*group, joiner) : join_known(*group, joiner);
  schedule(*group);
  forget_if_unused(name);
}

void GroupCoordinator::refuse_join(Joiner& joiner, ErrorCode error, const std::string& member) {
  wk::JoinGroupResponse response;
  response.error_code = wire_code(error);
  response.member_id = member;
  answer([done = std::move(joiner.done), response = std::move(response)]() mutable { done(std::move(response)); });
}

std::optional<GroupCoordinator::Refusal> GroupCoordinator::cannot_join(const Group* group, const Joiner& joiner) const {
  const wk::JoinGroupRequest& request = joiner.request;
  if (stopping_) return Refusal{ErrorCode::kCoordinatorNotAvailable, {}};
  if (request.group_id.empty()) return Refusal{ErrorCode::kInvalidGroupId, {}};
  std::chrono::milliseconds session(request.session_timeout_ms);
  if (session < options_.session_min || session > options_.session_max) {
    return Refusal{ErrorCode::kInvalidSessionTimeout, {}};
  }
  if (request.protocols.size() > options_.protocols_max) {
    return Refusal{ErrorCode::kInvalidRequest, GroupLimit{"protocols_max", options_.protocols_max}};
  }
  auto too_long = [&](const std::string& name) { return name.size() > options_.protocol_name_bytes_max; };
  if (too_long(request.protocol_type) ||
      std::ranges::any_of(request.protocols, too_long, &GroupMember::Protocol::name)) {
    return Refusal{ErrorCode::kInvalidRequest, GroupLimit{"protocol_name_bytes_max", options_.protocol_name_bytes_max}};
  }
  if (!group && !request.member_id.empty()) return Refusal{ErrorCode::kUnknownMemberId, {}};
  return no_room_to_join(group, joiner);
}

// A member that is there already may always stay as large as it is.
std::optional<GroupCoordinator::Refusal> GroupCoordinator::no_room_to_join(const Group* group,
                                                                           const Joiner& joiner) const {
  const wk::JoinGroupRequest& request = joiner.request;
  bool in_use = group && group->in_use();
  if (!in_use && groups_in_use_ >= options_.groups_max) {
    return Refusal{ErrorCode::kPolicyViolation, GroupLimit{"groups_max", options_.groups_max}};
  }
  const GroupMember* present = find_member(group, request.member_id, request.group_instance_id);
  bool counted = present || (group && group->pending.contains(request.member_id));
  if (group && !counted && group->members.size() + group->pending.size() >= options_.members_max) {
    return Refusal{ErrorCode::kGroupMaxSizeReached, GroupLimit{"members_max", options_.members_max}};
  }
  std::size_t before = group ? group->bytes() : 0;
  std::size_t without = before - (present ? bytes_of(present->protocols) : 0);
  std::size_t after =
      without + bytes_of(request.protocols) + (present ? 0 : bytes_of_newcomer(group, joiner.client, request));
  if (after <= before) return std::nullopt;
  if (after > options_.group_bytes_max.count()) {
    return Refusal{ErrorCode::kGroupMaxSizeReached, GroupLimit{"group_bytes_max", options_.group_bytes_max.count()}};
  }
  if (members_bytes_ + after - before > options_.members_bytes_max.count()) {
    return Refusal{ErrorCode::kGroupMaxSizeReached,
                   GroupLimit{"members_bytes_max", options_.members_bytes_max.count()}};
  }
  return std::nullopt;
}

void GroupCoordinator::join_unknown(Group& group, Joiner& joiner) {
  const wk::JoinGroupRequest& request = joiner.request;
  if (!group.supports(request.protocol_type, request.protocols)) {
    return refuse_join(joiner, ErrorCode::kInconsistentGroupProtocol, "");
  }
  const auto& instance = request.group_instance_id;
  std::string id = instance.value_or(joiner.client.id) + "-" + host_.random.uuid().to_string();
  if (instance) {
    auto known = group.static_members.find(*instance);
    if (known == group.static_members.end()) return add_member(group, id, joiner);
    const std::string old_id = known->second;
    return replace_static(group, old_id, id, joiner);
  }
  if (joiner.version < kFirstWithMemberIdRequired) return add_member(group, id, joiner);
  // Else a client that gives up and tries again would leave a member behind each time.
  group.pending[id] = now() + std::chrono::milliseconds(request.session_timeout_ms);
  refuse_join(joiner, ErrorCode::kMemberIdRequired, id);
}

void GroupCoordinator::join_known(Group& group, Joiner& joiner) {
  const wk::JoinGroupRequest& request = joiner.request;
  const std::string id = request.member_id;
  if (!group.supports(request.protocol_type, request.protocols)) {
    return refuse_join(joiner, ErrorCode::kInconsistentGroupProtocol, id);
  }
  if (group.pending.contains(id)) return add_member(group, id, joiner);
  ErrorCode error = check_member(group, id, request.group_instance_id, std::nullopt);
  if (error != ErrorCode::kNone) return refuse_join(joiner, error, id);
  GroupMember& member = group.members.at(id);
  bool same = same_protocols(member.protocols, request.protocols);
  // A member that lost its answer asks again, a follower that changed nothing: both get the generation there is.
  bool keeps = same && (group.is(State::kCompletingRebalance) || (group.is(State::kStable) && group.leader != id));
  if (!keeps) return update_member(group, member, joiner);
  alive(member);
  answer([done = std::move(joiner.done), response = joined(group, id)]() mutable { done(std::move(response)); });
}

// A static member was started again: it takes the place, and the assignment, of its former self.
void GroupCoordinator::replace_static(Group& group, const std::string& old_id, const std::string& new_id,
                                      Joiner& joiner) {
  const std::string leader_before = group.leader;
  auto node = group.members.extract(old_id);
  GroupMember& member = node.mapped();
  if (member.joining) {
    wk::JoinGroupResponse fenced;
    fenced.error_code = wire_code(ErrorCode::kFencedInstanceId);
    fenced.member_id = old_id;
    answer([done = std::exchange(member.joining, nullptr), fenced]() mutable { done(std::move(fenced)); });
  }
  if (member.syncing) {
    wk::SyncGroupResponse fenced;
    fenced.error_code = wire_code(ErrorCode::kFencedInstanceId);
    answer([done = std::exchange(member.syncing, nullptr), fenced]() mutable { done(std::move(fenced)); });
  }
  node.key() = member.id = new_id;
  if (group.leader == old_id) group.leader = new_id;
  if (group.not_synced.erase(old_id) > 0) group.not_synced.insert(new_id);
  group.static_members[*member.instance] = new_id;
  group.members.insert(std::move(node));
  GroupMember& there = group.members.at(new_id);
  there.client_id = joiner.client.id;
  there.client_host = joiner.client.host;
  take_timeouts(joiner.request, there);
  alive(there);
  go_on_as(group, new_id, leader_before, joiner);
}

void GroupCoordinator::go_on_as(Group& group, const std::string& new_id, const std::string& leader_before,
                                Joiner& joiner) {
  GroupMember& member = group.members.at(new_id);
  std::vector<GroupMember::Protocol> before = std::exchange(member.protocols, joiner.request.protocols);
  if (!group.is(State::kStable) || group.choose_protocol() != group.protocol) {
    member.protocols = std::move(before);
    return update_member(group, member, joiner);
  }
  wk::JoinGroupResponse response = joined(group, new_id);
  if (joiner.version >= kFirstWithSkipAssignment) {
    response.skip_assignment = group.leader == new_id;
  } else {  // an older client that is told that it leads would assign again
    response.leader = leader_before;
    response.members.clear();
  }
  store(group, [this, done = std::move(joiner.done), response = std::move(response)](Result<void> stored) mutable {
    if (!stored) response.error_code = wire_code(ErrorCode::kCoordinatorNotAvailable);
    Turn turn(*this);
    answer([done = std::move(done), response = std::move(response)]() mutable { done(std::move(response)); });
  });
}

void GroupCoordinator::add_member(Group& group, const std::string& id, Joiner& joiner) {
  GroupMember member;
  member.id = id;
  member.instance = joiner.request.group_instance_id;
  member.client_id = joiner.client.id;
  member.client_host = joiner.client.host;
  member.expires = now() + options_.new_member_join_max;
  if (group.is(State::kPreparingRebalance) && group.generation == 0) group.member_came = true;
  if (group.members.empty()) group.protocol_type = joiner.request.protocol_type;
  group.add(std::move(member));
  update_member(group, group.members.at(id), joiner);
}

void GroupCoordinator::update_member(Group& group, GroupMember& member, Joiner& joiner) {
  take_timeouts(joiner.request, member);
  member.protocols = std::move(joiner.request.protocols);
  if (member.joining) {  // it asked on another connection before
    wk::JoinGroupResponse again;
    again.error_code = wire_code(ErrorCode::kRebalanceInProgress);
    again.member_id = member.id;
    answer([done = std::move(member.joining), again]() mutable { done(std::move(again)); });
  }
  member.joining = std::move(joiner.done);
  maybe_rebalance(group);
}

wk::JoinGroupResponse GroupCoordinator::joined(const Group& group, const std::string& member) const {
  wk::JoinGroupResponse response;
  response.generation_id = group.generation;
  response.protocol_type = group.protocol_type;
  response.protocol_name = group.protocol;
  response.leader = group.leader;
  response.member_id = member;
  if (group.leader != member) return response;
  for (const auto& [id, each] : group.members) {
    response.members.push_back({id, each.instance, to_buffer(each.metadata(group.protocol))});
  }
  return response;
}

void GroupCoordinator::maybe_rebalance(Group& group) {
  if (group.is(State::kPreparingRebalance)) return try_complete_join(group);
  if (group.is(State::kCompletingRebalance)) fail_syncs(group, ErrorCode::kRebalanceInProgress);
  group.not_synced.clear();
  group.sync_deadline.reset();
  group.initial = group.is(State::kEmpty);
  group.member_came = false;
  std::chrono::milliseconds wait = group.rebalance_timeout();
  if (group.initial) {
    group.initial_delay_left = std::max(wait - options_.initial_rebalance_delay, std::chrono::milliseconds(0));
    wait = options_.initial_rebalance_delay;
  }
  group.join_deadline = now() + wait;
  group.state = State::kPreparingRebalance;
  try_complete_join(group);
}

void GroupCoordinator::try_complete_join(Group& group) {
  if (group.is(State::kPreparingRebalance) && !group.initial && group.all_joined()) complete_join(group);
}

void GroupCoordinator::complete_join(Group& group) {
  std::vector<std::string> gone;
  for (const auto& [id, member] : group.members) {
    if (!member.joining && !member.instance) gone.push_back(id);
  }
  for (const std::string& id : gone) group.remove(id);
  group.initial = false;
  group.join_deadline.reset();
  if (!group.members.empty() && !group.elect_leader()) {  // static members only, none of which is back yet
    group.join_deadline = now() + std::max(group.rebalance_timeout(), kStaticWaitMin);
    return;
  }
  ++group.generation;
  if (group.members.empty()) return become_empty(group);
  group.protocol = group.choose_protocol();
  group.state = State::kCompletingRebalance;
  group.sync_deadline = now() + group.rebalance_timeout();
  for (auto& [id, member] : group.members) {
    member.assignment.clear();
    member.is_new = false;
    group.not_synced.insert(id);
    alive(member);
    if (!member.joining) continue;
    answer([done = std::exchange(member.joining, nullptr), response = joined(group, id)]() mutable {
      done(std::move(response));
    });
  }
}

void GroupCoordinator::become_empty(Group& group) {
  group.state = State::kEmpty;
  group.protocol.clear();
  group.leader.clear();
  group.empty_since = host_.clock.wall_ms();
  store(group, [](const Result<void>&) {});  // not stored, a restart finds members that time out
}

}  // namespace tarn::doors::kafka
