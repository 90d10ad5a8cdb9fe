// Groups from outside: list, describe, delete, and how far behind each is.
#include <algorithm>

#include "doors/kafka/group_turn.h"
#include "wire/kafka/codec.h"

namespace tarn::doors::kafka {

namespace wk = wire::kafka;
using State = Group::State;
using Described = wk::DescribeGroupsResponse::DescribedGroup;

namespace {

// Kafka's ConsumerProtocolSubscription: i16 version, [string topic], ...; whatever it is, only topics that parse count.
void add_subscribed(ByteView metadata, std::set<std::string>& topics) {
  wk::Reader in(metadata);
  (void)in.int16();
  std::vector<std::string> names;
  in.array(false, names, [&](std::string& name) { name = in.string(false); });
  if (in.ok()) topics.insert(names.begin(), names.end());
}

// ConsumerProtocolAssignment: i16 version, [string topic, [i32 partition]], ...
std::vector<std::pair<std::string, PartitionId>> assigned_partitions(ByteView assignment) {
  struct Topic {
    std::string name;
    std::vector<std::int32_t> partitions;
  };
  wk::Reader in(assignment);
  (void)in.int16();
  std::vector<Topic> topics;
  in.array(false, topics, [&](Topic& topic) {
    topic.name = in.string(false);
    in.array(false, topic.partitions, [&](std::int32_t& partition) { partition = in.int32(); });
  });
  std::vector<std::pair<std::string, PartitionId>> assigned;
  for (const Topic& topic : topics) {
    for (std::int32_t partition : topic.partitions) assigned.emplace_back(topic.name, PartitionId(partition));
  }
  return in.ok() ? assigned : decltype(assigned)();
}

}  // namespace

std::vector<GroupCoordinator::Listed> GroupCoordinator::list() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, Listed> all;
  for (const std::string& name : log_.groups().names()) all[name] = {name, "", State::kEmpty};
  for (const auto& [name, group] : groups_) all[name] = {name, group.protocol_type, group.state};
  std::vector<Listed> listed;
  for (auto& [name, each] : all) listed.push_back(std::move(each));
  return listed;
}

ErrorCode GroupCoordinator::describe(const std::string& name, Described& out) const {
  std::lock_guard lock(mutex_);
  const Group* group = find(name);
  if (!group && !log_.groups().contains(name)) return ErrorCode::kGroupIdNotFound;
  out.group_state = name_of(group ? group->state : State::kEmpty);
  if (!group) return ErrorCode::kNone;
  bool stable = group->is(State::kStable);
  out.protocol_type = group->protocol_type;
  if (stable) out.protocol_data = group->protocol;
  for (const auto& [id, member] : group->members) {
    auto& each = out.members.emplace_back();
    each.member_id = id;
    each.group_instance_id = member.instance;
    each.client_id = member.client_id;
    each.client_host = member.client_host;
    if (!stable) continue;
    each.member_metadata = to_buffer(member.metadata(group->protocol));
    each.member_assignment = member.assignment;
  }
  return ErrorCode::kNone;
}

void GroupCoordinator::remove(const std::string& name, Done done) {
  Turn turn(*this);
  const Group* group = find(name);
  ErrorCode error = stopping_                                 ? ErrorCode::kCoordinatorNotAvailable
                    : name.empty()                            ? ErrorCode::kInvalidGroupId
                    : !group && !log_.groups().contains(name) ? ErrorCode::kGroupIdNotFound
                    : group && !group->is(State::kEmpty)      ? ErrorCode::kNonEmptyGroup
                                                              : ErrorCode::kNone;
  if (error != ErrorCode::kNone) return answer([done = std::move(done), error]() mutable { done(error); });
  forget(name);
  write([this, name](log::GroupStore::Done stored) { log_.groups().remove(name, std::move(stored)); },
        [done = std::move(done)](const Result<void>& stored) mutable { done(store_code(stored)); });
}

ErrorCode GroupCoordinator::subscribed_topics(const std::string& name, std::set<std::string>& topics) const {
  std::lock_guard lock(mutex_);
  const Group* group = find(name);
  if (!group) return log_.groups().contains(name) ? ErrorCode::kNone : ErrorCode::kGroupIdNotFound;
  if (group->is(State::kEmpty)) return ErrorCode::kNone;
  if (group->protocol_type != "consumer") return ErrorCode::kNonEmptyGroup;
  for (const auto& [id, member] : group->members) {
    for (const auto& protocol : member.protocols) add_subscribed(protocol.metadata, topics);
  }
  return ErrorCode::kNone;
}

void GroupCoordinator::remove_offsets(const std::string& name, std::vector<log::TopicPartition> partitions, Done done) {
  Turn turn(*this);
  if (stopping_) return answer([done = std::move(done)]() mutable { done(ErrorCode::kCoordinatorNotAvailable); });
  write(
      [this, name, partitions = std::move(partitions)](log::GroupStore::Done stored) mutable {
        log_.groups().remove_offsets(name, std::move(partitions), std::move(stored));
      },
      [done = std::move(done)](const Result<void>& stored) mutable { done(store_code(stored)); });
}

std::uint64_t GroupCoordinator::changes() const {
  std::lock_guard lock(mutex_);
  return changes_ + log_.groups().changes();
}

std::vector<log::GroupInfo> GroupCoordinator::groups() const {
  std::vector<log::GroupInfo> all;
  for (const Listed& listed : list()) {
    log::GroupInfo& info = all.emplace_back();
    info.name = listed.name;
    info.state = name_of(listed.state);
    info.protocol_type = listed.protocol_type;
    std::lock_guard lock(mutex_);
    const Group* group = find(listed.name);
    if (!group) continue;
    info.generation = group->generation;
    for (const auto& [id, member] : group->members) {
      info.members.push_back({id, member.instance.value_or(""), member.client_id, member.client_host,
                              group->is(State::kStable) ? assigned_partitions(member.assignment)
                                                        : std::vector<std::pair<std::string, PartitionId>>()});
    }
  }
  auto topics = log_.topics();
  for (log::GroupInfo& info : all) {
    for (const auto& [partition, committed] : log_.groups().offsets(info.name)) {
      const log::Topic* topic = topics->find(partition.topic);
      auto ends = log_.ends(partition);
      if (!topic || !ends) continue;
      std::int64_t lag = std::max<std::int64_t>(ends->high_watermark - committed.offset, 0);
      info.offsets.push_back(
          {topic->name, partition.partition, committed.offset, ends->high_watermark, lag, committed.committed_at});
    }
    std::ranges::sort(info.offsets, {}, [](const auto& each) { return std::pair(each.topic, each.partition); });
  }
  return all;
}

}  // namespace tarn::doors::kafka
