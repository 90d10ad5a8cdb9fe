// The coordinator of consumer groups: Kafka's classic protocol, what JoinGroup, SyncGroup, Heartbeat, LeaveGroup and
// the commits of offsets mean. One node, so it coordinates every group.
//
// A group's generations, states and assignments live here; committed offsets and what a restart of Tarn must find again
// are the log's (log/groups.h): an assignment is stored before it is handed out, so members go on after a restart as if
// nothing had been, and a dead one is found by its session timeout.
//
//   caller ──> lock: decide, queue answers and writes ──> unlock ──> run the queue, in order, one thread at a time
//                                                                     └─ write to the log ──durable──> post ──> lock
//                                                                     ...
//
// That order is why a commit of an old generation can't overtake one of the next.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "doors/kafka/error_codes.h"
#include "doors/kafka/group.h"
#include "doors/kafka/group_options.h"
#include "host/host.h"
#include "host/log_limit.h"
#include "log/groups_info.h"
#include "log/log.h"
#include "wire/kafka/messages/describe_groups.h"
#include "wire/kafka/messages/heartbeat.h"
#include "wire/kafka/messages/leave_group.h"

namespace tarn::doors::kafka {

// Who joins, for others to see.
struct GroupClient {
  std::string id;
  std::string host;
};

// A limit of GroupOptions that a request went past.
struct GroupLimit {
  const char* name;
  std::uint64_t max;
};

// What a client is told of a write to the log that failed: to come again, or that it asks too much.
ErrorCode store_code(const Result<void>& stored);

// Thread-safe. Nothing blocks but on the log's write path; answers by `done` come once, on any thread.
class GroupCoordinator final : public log::GroupsInfo {
 public:
  using Task = std::move_only_function<void()>;
  struct Hooks {
    std::function<void(Task)> post;    // runs it soon, on a thread that may block
    std::function<void()> wake_early;  // next_deadline() is sooner than it was
  };

  GroupCoordinator(log::Log& log, const host::Host& host, const GroupOptions& options, Hooks hooks);
  // What is waited for is answered with an error, and writes in the air are waited for.
  ~GroupCoordinator() override { stop(); }
  void stop();

  void join(const GroupClient& client, wire::kafka::JoinGroupRequest request, std::int16_t version, JoinDone done);
  void sync(wire::kafka::SyncGroupRequest request, SyncDone done);
  ErrorCode heartbeat(const wire::kafka::HeartbeatRequest& request);
  // One code for each member of the request.
  std::vector<ErrorCode> leave(const std::string& group,
                               const std::vector<wire::kafka::LeaveGroupRequest::MemberIdentity>& members);

  struct Committer {
    std::string group;
    std::int32_t generation = -1;  // -1, and no member: without joining
    std::string member;
    std::optional<std::string> instance;
  };
  using Done = std::move_only_function<void(ErrorCode)>;
  void commit(const Committer& who, std::vector<log::OffsetCommit> offsets, Done done);

  struct Listed {
    std::string name;
    std::string protocol_type;
    Group::State state;
  };
  std::vector<Listed> list() const;  // by name
  // GROUP_ID_NOT_FOUND if there is none. Sets all but what the caller may do.
  ErrorCode describe(const std::string& group, wire::kafka::DescribeGroupsResponse::DescribedGroup& out) const;
  void remove(const std::string& group, Done done);
  // The topics that members subscribe, whose offsets must stay; NON_EMPTY_GROUP if they can't be known.
  ErrorCode subscribed_topics(const std::string& group, std::set<std::string>& topics) const;
  void remove_offsets(const std::string& group, std::vector<log::TopicPartition> partitions, Done done);
  std::vector<log::GroupInfo> groups() const override;
  std::uint64_t changes() const override;
  // For whoever runs Tarn: a client is only told a code. At most a line a second.
  void log_refusal(std::string_view group, const GroupLimit& limit);

  // When run_due() has something to do.
  host::MonotonicTime next_deadline() const;
  void run_due();

 private:
  class Turn;
  struct Joiner {
    GroupClient client;
    wire::kafka::JoinGroupRequest request;
    std::int16_t version;
    JoinDone done;
  };
  struct Refusal {
    ErrorCode error;
    std::optional<GroupLimit> limit;
  };

  // group_join.cc
  void refuse_join(Joiner& joiner, ErrorCode error, const std::string& member);
  std::optional<Refusal> cannot_join(const Group* group, const Joiner& joiner) const;
  std::optional<Refusal> no_room_to_join(const Group* group, const Joiner& joiner) const;
  void join_unknown(Group& group, Joiner& joiner);
  void join_known(Group& group, Joiner& joiner);
  void replace_static(Group& group, const std::string& old_id, const std::string& new_id, Joiner& joiner);
  void go_on_as(Group& group, const std::string& new_id, const std::string& leader_before, Joiner& joiner);
  void add_member(Group& group, const std::string& id, Joiner& joiner);
  void update_member(Group& group, GroupMember& member, Joiner& joiner);
  wire::kafka::JoinGroupResponse joined(const Group& group, const std::string& member) const;
  void maybe_rebalance(Group& group);
  void try_complete_join(Group& group);
  void complete_join(Group& group);
  void become_empty(Group& group);

  // group_sync.cc
  ErrorCode check_member(Group& group, const std::string& member, const std::optional<std::string>& instance,
                         std::optional<std::int32_t> generation);
  ErrorCode check_sync(Group& group, const wire::kafka::SyncGroupRequest& request);
  void answer_sync(Group& group, GroupMember& member, SyncDone done);
  void fail_syncs(Group& group, ErrorCode error);
  void assign(Group& group, std::vector<wire::kafka::SyncGroupRequest::SyncGroupRequestAssignment> assignments);
  void assignment_stored(const std::string& name, std::int32_t generation, bool stored);
  ErrorCode leave_one(Group& group, const wire::kafka::LeaveGroupRequest::MemberIdentity& who);
  void remove_member(Group& group, const std::string& id);
  ErrorCode check_commit(const Committer& who);
  void commit_ended(const std::string& group);

  // group_coordinator.cc
  Group* find(const std::string& name);
  const Group* find(const std::string& name) const;
  // Of the member with this id; without an id, of the static member.
  const GroupMember* find_member(const Group* group, const std::string& id,
                                 const std::optional<std::string>& instance) const;
  void load();
  host::MonotonicTime soonest() const;  // under the lock
  void alive(GroupMember& member);
  void schedule(Group& group);
  void uncount(Group& group);
  void expire(Group& group, host::MonotonicTime now);
  void forget(const std::string& name);
  void forget_if_unused(const std::string& name);
  void expire_members(Group& group, host::MonotonicTime now);
  void join_time_is_up(Group& group, host::MonotonicTime now);
  void expire_offsets();
  void expire_offsets_of(const std::string& name, TimestampMs now);
  void answer(Task task) { effects_.push_back(std::move(task)); }
  void store(const Group& group, std::move_only_function<void(Result<void>)> stored);
  // A write to the log: `start` gets what the log is to call.
  void write(std::move_only_function<void(log::GroupStore::Done)> start,
             std::move_only_function<void(Result<void>)> done);
  void drain();
  void finished();
  host::MonotonicTime now() const { return host_.clock.now(); }

  log::Log& log_;
  const host::Host host_;
  const GroupOptions options_;
  const Hooks hooks_;

  mutable std::mutex mutex_;
  std::map<std::string, Group> groups_;  // those that members have joined
  std::set<std::pair<host::MonotonicTime, std::string>> timers_;
  host::MonotonicTime expiry_due_;
  std::size_t members_bytes_ = 0;  // of all groups, as of each one's last schedule()
  std::size_t groups_in_use_ = 0;  // the same
  std::uint64_t changes_ = 0;      // of members and states: what was scheduled anew, or forgotten
  host::LogLimit refusals_;
  bool stopping_ = false;

  std::map<std::string, std::size_t> commits_;  // in the air, of each group: maybe in the log, not to be seen there yet

  std::deque<Task> effects_;
  bool draining_ = false;
  std::size_t busy_ = 0;  // writes queued, in the air, or being followed up
  std::condition_variable idle_;
};

}  // namespace tarn::doors::kafka
