// One consumer group of the classic protocol: members, what they speak, who leads, which generation.
//
//                    first member                      all joined, or time is up
//   Empty ──────────────────────> PreparingRebalance ───────────────────────────> CompletingRebalance
//     ^                            ^    │ nobody is left          a member comes or goes │    │ the leader's assignment
//     └────────────────────────────┼────┘ <──────────────────────────────────────────────┘    v is stored
//                                  └───────────────────────────────────────────────────── Stable
//
// As Apache Kafka's ClassicGroup; KIP-62 (rebalance timeout), 345 (static members), 394 (ids before joining), 814.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/result.h"
#include "host/clock.h"
#include "wire/kafka/messages/join_group.h"
#include "wire/kafka/messages/sync_group.h"

namespace tarn::doors::kafka {

using JoinDone = std::move_only_function<void(wire::kafka::JoinGroupResponse)>;
using SyncDone = std::move_only_function<void(wire::kafka::SyncGroupResponse)>;

struct GroupMember {
  using Protocol = wire::kafka::JoinGroupRequest::JoinGroupRequestProtocol;

  std::string id;
  std::optional<std::string> instance;  // group.instance.id: a static member, which a restart of it does not remove
  std::string client_id;
  std::string client_host;
  std::chrono::milliseconds session_timeout{0};
  std::chrono::milliseconds rebalance_timeout{0};
  std::vector<Protocol> protocols;  // as it prefers them
  Buffer assignment;                // of the present generation

  JoinDone joining;    // set: its JoinGroup waits for the generation
  SyncDone syncing;    // set: its SyncGroup waits for the assignment
  bool is_new = true;  // has not been in a generation
  host::MonotonicTime expires{};

  // A member whose request we hold is alive, but for a new one: that may have gone before it ever belonged.
  bool may_expire() const { return is_new || (!joining && !syncing); }
  ByteView metadata(std::string_view protocol) const;  // empty if it does not speak that
  std::size_t bytes() const;                           // of memory, with what the group holds for it
};

std::size_t bytes_of(const std::vector<GroupMember::Protocol>& protocols);  // of memory

struct Group {
  enum class State { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable };

  std::string name;
  State state = State::kEmpty;
  std::int32_t generation = 0;
  std::string protocol_type;  // of the first member; stays when the group is empty
  std::string protocol;       // of the generation; empty while there is none
  std::string leader;         // a member's id, or empty
  TimestampMs empty_since{0};
  std::map<std::string, GroupMember> members;
  std::map<std::string, std::string> static_members;   // instance -> member id
  std::map<std::string, host::MonotonicTime> pending;  // ids that were given out (KIP-394), until when they may join
  std::set<std::string> not_synced;                    // of this generation
  std::optional<host::MonotonicTime> join_deadline;    // of PreparingRebalance
  std::optional<host::MonotonicTime> sync_deadline;    // of not_synced
  std::chrono::milliseconds initial_delay_left{0};     // the first generation waits for more members, in steps
  bool initial = false;                                // ... and is still waiting
  bool member_came = false;                            // ... since the last step
  std::optional<host::MonotonicTime> scheduled;        // where the coordinator's timers have it
  std::size_t counted_bytes = 0;                       // what the coordinator counts for it
  bool counted_in_use = false;                         // ... and whether as one in use

  bool is(State wanted) const { return state == wanted; }
  bool in_use() const { return !members.empty() || !pending.empty(); }
  GroupMember* find(const std::string& member);
  bool all_joined() const;                              // nobody is waited for
  std::chrono::milliseconds rebalance_timeout() const;  // the longest of its members
  // Whether a member with these could be in the group: all others speak one of them.
  bool supports(const std::string& type, const std::vector<GroupMember::Protocol>& protocols) const;
  // The names among these that all members speak. One look at each name: done under the lock of all groups.
  std::set<std::string_view> spoken_by_all(const std::vector<GroupMember::Protocol>& offered) const;
  // The protocol that everybody speaks and most prefer.
  std::string choose_protocol() const;
  void add(GroupMember member);
  void remove(const std::string& member);  // the first of the others leads if it did
  // The leader, if it joins again; else another that does. False: none has.
  bool elect_leader();
  std::size_t bytes() const;  // of memory, with its members and the ids that were given out
  // The soonest of all that is waited for.
  std::optional<host::MonotonicTime> next_deadline() const;
};

const char* name_of(Group::State state);  // Kafka's words

// What is stored of a group when a generation is complete, or nobody is left: all but who waits. Format:
// docs/formats/log.md.
Buffer encode_group(const Group& group);
// kCorruption if it does not parse, kUnsupported if a newer program wrote it.
Result<Group> decode_group(std::string name, ByteView state);

}  // namespace tarn::doors::kafka
