#include "doors/kafka/group.h"

#include <algorithm>

#include "base/codec.h"

namespace tarn::doors::kafka {
namespace {

constexpr std::uint8_t kStateVersion = 1;
// Memory, as glibc's malloc takes it: a block's own bookkeeping, and a map's node without what it holds.
constexpr std::size_t kBlockMemory = 16;
constexpr std::size_t kNodeMemory = 32 + kBlockMemory;

void put_member(Encoder& out, const GroupMember& member, std::string_view protocol) {
  out.put(member.id);
  out.put(member.instance.has_value());
  out.put(member.instance.value_or(""));
  out.put(member.client_id);
  out.put(member.client_host);
  out.put(member.session_timeout.count());
  out.put(member.rebalance_timeout.count());
  out.put(member.metadata(protocol));
  out.put(ByteView(member.assignment));
}

GroupMember get_member(Decoder& in, const std::string& protocol) {
  GroupMember member;
  member.id = in.get_string();
  bool has_instance = in.get_bool();
  std::string instance = in.get_string();
  if (has_instance) member.instance = std::move(instance);
  member.client_id = in.get_string();
  member.client_host = in.get_string();
  member.session_timeout = std::chrono::milliseconds(in.get<std::int64_t>());
  member.rebalance_timeout = std::chrono::milliseconds(in.get<std::int64_t>());
  member.protocols.push_back({protocol, to_buffer(in.get_view())});
  member.assignment = to_buffer(in.get_view());
  member.is_new = false;
  return member;
}

}  // namespace

ByteView GroupMember::metadata(std::string_view protocol) const {
  auto found = std::ranges::find(protocols, protocol, &Protocol::name);
  return found == protocols.end() ? ByteView{} : ByteView(found->metadata);
}

// Its id stands in the maps of members, of static members and of those that have not synced.
std::size_t GroupMember::bytes() const {
  constexpr std::size_t kOwn = sizeof(GroupMember) + 3 * kNodeMemory + 4 * sizeof(std::string) + 8 * kBlockMemory;
  return kOwn + 4 * id.size() + 2 * instance.value_or("").size() + client_id.size() + client_host.size() +
         assignment.size() + bytes_of(protocols);
}

std::size_t bytes_of(const std::vector<GroupMember::Protocol>& protocols) {
  std::size_t total = protocols.size() * (sizeof(GroupMember::Protocol) + 2 * kBlockMemory);
  for (const auto& each : protocols) total += each.name.size() + each.metadata.size();
  return total;
}

GroupMember* Group::find(const std::string& member) {
  auto found = members.find(member);
  return found == members.end() ? nullptr : &found->second;
}

bool Group::all_joined() const {
  return pending.empty() && std::ranges::all_of(members, [](const auto& each) { return bool(each.second.joining); });
}

std::chrono::milliseconds Group::rebalance_timeout() const {
  std::chrono::milliseconds longest{0};
  for (const auto& [id, member] : members) longest = std::max(longest, member.rebalance_timeout);
  return longest;
}

bool Group::supports(const std::string& type, const std::vector<GroupMember::Protocol>& protocols) const {
  if (members.empty()) return !type.empty() && !protocols.empty();
  if (type != protocol_type) return false;
  return !spoken_by_all(protocols).empty();
}

std::set<std::string_view> Group::spoken_by_all(const std::vector<GroupMember::Protocol>& offered) const {
  std::map<std::string_view, std::size_t> speakers;  // of each name, as long as all members before spoke it
  for (const auto& each : offered) speakers[each.name] = 0;
  std::size_t before = 0;
  for (const auto& [id, member] : members) {
    for (const auto& each : member.protocols) {
      auto found = speakers.find(each.name);
      if (found != speakers.end() && found->second == before) ++found->second;
    }
    ++before;
  }
  std::set<std::string_view> common;
  for (const auto& [spoken, count] : speakers) {
    if (count == members.size()) common.insert(spoken);
  }
  return common;
}

std::string Group::choose_protocol() const {
  if (members.empty()) return "";
  const std::set<std::string_view> common = spoken_by_all(members.begin()->second.protocols);
  std::map<std::string_view, int> votes;
  for (const auto& [id, member] : members) {
    auto favourite =
        std::ranges::find_if(member.protocols, [&](const auto& each) { return common.contains(each.name); });
    if (favourite != member.protocols.end()) ++votes[favourite->name];
  }
  auto most = std::ranges::max_element(votes, {}, &std::pair<const std::string_view, int>::second);
  return most == votes.end() ? std::string() : std::string(most->first);
}

void Group::add(GroupMember member) {
  if (leader.empty()) leader = member.id;
  pending.erase(member.id);
  if (member.instance) static_members[*member.instance] = member.id;
  std::string id = member.id;
  members.insert_or_assign(std::move(id), std::move(member));
}

void Group::remove(const std::string& id) {
  auto found = members.find(id);
  if (found == members.end()) return;
  if (found->second.instance) static_members.erase(*found->second.instance);
  members.erase(found);
  not_synced.erase(id);
  if (leader == id) leader = members.empty() ? "" : members.begin()->first;
}

bool Group::elect_leader() {
  GroupMember* present = find(leader);
  if (present && present->joining) return true;
  auto other = std::ranges::find_if(members, [](const auto& each) { return bool(each.second.joining); });
  if (other == members.end()) return false;
  leader = other->first;
  return true;
}

std::size_t Group::bytes() const {
  constexpr std::size_t kOwn = sizeof(Group) + 2 * kNodeMemory + 2 * sizeof(std::string) + 6 * kBlockMemory;
  constexpr std::size_t kPending = kNodeMemory + sizeof(std::string) + kBlockMemory + sizeof(host::MonotonicTime);
  std::size_t total = kOwn + 4 * name.size() + protocol_type.size() + protocol.size() + leader.size();
  for (const auto& [id, member] : members) total += member.bytes();
  for (const auto& [id, expires] : pending) total += kPending + id.size();
  return total;
}

std::optional<host::MonotonicTime> Group::next_deadline() const {
  std::optional<host::MonotonicTime> soonest;
  auto consider = [&](host::MonotonicTime when) { soonest = soonest ? std::min(*soonest, when) : when; };
  for (const auto& [id, member] : members) {
    if (member.may_expire()) consider(member.expires);
  }
  for (const auto& [id, expires] : pending) consider(expires);
  if (join_deadline) consider(*join_deadline);
  if (sync_deadline) consider(*sync_deadline);
  return soonest;
}

const char* name_of(Group::State state) {
  switch (state) {
    case Group::State::kEmpty: return "Empty";
    case Group::State::kPreparingRebalance: return "PreparingRebalance";
    case Group::State::kCompletingRebalance: return "CompletingRebalance";
    case Group::State::kStable: return "Stable";
  }
  return "Unknown";
}

Buffer encode_group(const Group& group) {
  Encoder out;
  out.put(kStateVersion);
  out.put(group.generation);
  out.put(group.protocol_type);
  out.put(group.protocol);
  out.put(group.leader);
  out.put(group.empty_since);
  out.put(static_cast<std::uint32_t>(group.members.size()));
  for (const auto& [id, member] : group.members) put_member(out, member, group.protocol);
  return out.take();
}

Result<Group> decode_group(std::string name, ByteView state) {
  Decoder in(state);
  Group group;
  if (auto version = in.get<std::uint8_t>(); in.ok() && version != kStateVersion) {
    return fail(Code::kUnsupported, "the state of consumer group " + name + " is of a newer program");
  }
  group.name = std::move(name);
  group.generation = in.get<std::int32_t>();
  group.protocol_type = in.get_string();
  group.protocol = in.get_string();
  group.leader = in.get_string();
  group.empty_since = in.get_id<TimestampMs>();
  std::uint32_t count = in.get_count(41);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    GroupMember member = get_member(in, group.protocol);
    if (member.instance) group.static_members[*member.instance] = member.id;
    std::string id = member.id;
    group.members.insert_or_assign(std::move(id), std::move(member));
  }
  if (!in.ok() || !in.at_end() || group.generation < 0) {
    return fail(Code::kCorruption, "the state of consumer group " + group.name + " does not parse");
  }
  if (!group.members.empty()) group.state = Group::State::kStable;
  return group;
}

}  // namespace tarn::doors::kafka
