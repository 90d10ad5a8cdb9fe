#include "doors/kafka/group_coordinator.h"

#include <algorithm>

#include "doors/kafka/group_turn.h"
#include "host/logging.h"

namespace tarn::doors::kafka {

using State = Group::State;

namespace {

constexpr std::size_t kShownBytesMax = 255;  // of what a client sent, in a log line

}  // namespace

ErrorCode store_code(const Result<void>& stored) {
  if (stored) return ErrorCode::kNone;
  return stored.error().code == Code::kLimit ? ErrorCode::kInvalidCommitOffsetSize
                                             : ErrorCode::kCoordinatorNotAvailable;
}

GroupCoordinator::GroupCoordinator(log::Log& log, const host::Host& host, const GroupOptions& options, Hooks hooks)
    : log_(log),
      host_(host),
      options_(options),
      hooks_(std::move(hooks)),
      expiry_due_(host.clock.now() + options.offsets_retention_check),
      refusals_(host.clock) {
  load();
}

// Members of before go on where they were, if they show up in time.
void GroupCoordinator::load() {
  for (const auto& [name, state] : log_.groups().states()) {
    Result<Group> group = decode_group(name, state);
    if (!group) {
      host::log_warn("doors/kafka", "group_not_read",
                     {{"group", name}, {"reason", group.error().message}, {"next", "its members join anew"}});
      continue;
    }
    Group& loaded = groups_[name] = std::move(*group);
    for (auto& [id, member] : loaded.members) alive(member);
    schedule(loaded);
  }
}

void GroupCoordinator::stop() {
  {
    Turn turn(*this);
    stopping_ = true;
    wire::kafka::JoinGroupResponse join;
    join.error_code = wire_code(ErrorCode::kCoordinatorNotAvailable);
    wire::kafka::SyncGroupResponse sync;
    sync.error_code = wire_code(ErrorCode::kCoordinatorNotAvailable);
    for (auto& [name, group] : groups_) {
      for (auto& [id, member] : group.members) {
        if (member.joining) {
          answer([done = std::exchange(member.joining, nullptr), join]() mutable { done(std::move(join)); });
        }
        if (member.syncing) {
          answer([done = std::exchange(member.syncing, nullptr), sync]() mutable { done(std::move(sync)); });
        }
      }
    }
  }
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return busy_ == 0 && effects_.empty() && !draining_; });
}

Group* GroupCoordinator::find(const std::string& name) {
  auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : &found->second;
}

const Group* GroupCoordinator::find(const std::string& name) const {
  auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : &found->second;
}

const GroupMember* GroupCoordinator::find_member(const Group* group, const std::string& id,
                                                 const std::optional<std::string>& instance) const {
  if (!group) return nullptr;
  auto known = instance && id.empty() ? group->static_members.find(*instance) : group->static_members.end();
  auto found = group->members.find(known == group->static_members.end() ? id : known->second);
  return found == group->members.end() ? nullptr : &found->second;
}

// Not scheduled anew: an old deadline that comes finds that it moved.
void GroupCoordinator::alive(GroupMember& member) { member.expires = now() + member.session_timeout; }

void GroupCoordinator::schedule(Group& group) {
  uncount(group);
  group.scheduled = group.next_deadline();
  if (group.scheduled) timers_.insert({*group.scheduled, group.name});
  members_bytes_ += group.counted_bytes = group.bytes();
  groups_in_use_ += group.counted_in_use = group.in_use();
}

void GroupCoordinator::uncount(Group& group) {
  if (group.scheduled) timers_.erase({*group.scheduled, group.name});
  members_bytes_ -= group.counted_bytes;
  groups_in_use_ -= group.counted_in_use;
  ++changes_;
}

void GroupCoordinator::forget(const std::string& name) {
  Group* group = find(name);
  if (!group) return;
  uncount(*group);
  groups_.erase(name);
}

void GroupCoordinator::forget_if_unused(const std::string& name) {
  Group* group = find(name);
  if (!group || !group->is(State::kEmpty) || group->generation > 0 || !group->pending.empty()) return;
  forget(name);
}

void GroupCoordinator::log_refusal(std::string_view group, const GroupLimit& limit) {
  auto left_out = refusals_.take();
  if (!left_out) return;
  host::log_warn("doors/kafka", "group_request_refused",
                 {{"group", cut_text(group, kShownBytesMax)},
                  {"limit", limit.name},
                  {"max", limit.max},
                  {"lines_left_out", *left_out}});
}

// ---- what is queued under the lock

void GroupCoordinator::store(const Group& group, std::move_only_function<void(Result<void>)> stored) {
  write([this, name = group.name, state = encode_group(group)](
            log::GroupStore::Done done) mutable { log_.groups().keep_state(name, std::move(state), std::move(done)); },
        std::move(stored));
}

void GroupCoordinator::write(std::move_only_function<void(log::GroupStore::Done)> start,
                             std::move_only_function<void(Result<void>)> done) {
  ++busy_;
  effects_.push_back([this, start = std::move(start), done = std::move(done)]() mutable {
    start([this, done = std::move(done)](Result<void> result) mutable {  // maybe on the log's thread
      hooks_.post([this, done = std::move(done), result = std::move(result)]() mutable {
        done(std::move(result));
        finished();
      });
    });
  });
}

void GroupCoordinator::finished() {
  std::lock_guard lock(mutex_);
  --busy_;
  idle_.notify_all();
}

void GroupCoordinator::drain() {
  std::unique_lock lock(mutex_);
  if (draining_) return;  // whoever does comes to ours
  draining_ = true;
  while (!effects_.empty()) {
    Task task = std::move(effects_.front());
    effects_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
  draining_ = false;
  idle_.notify_all();
}

// ---- time

host::MonotonicTime GroupCoordinator::soonest() const {
  return timers_.empty() ? expiry_due_ : std::min(timers_.begin()->first, expiry_due_);
}

host::MonotonicTime GroupCoordinator::next_deadline() const {
  std::lock_guard lock(mutex_);
  return soonest();
}

void GroupCoordinator::run_due() {
  Turn turn(*this);
  if (stopping_) return;
  host::MonotonicTime when = now();
  while (!timers_.empty() && timers_.begin()->first <= when) {
    const std::string name = timers_.begin()->second;
    Group& group = groups_.at(name);
    expire(group, when);
    schedule(group);
    forget_if_unused(name);
  }
  if (expiry_due_ > when) return;
  expiry_due_ = when + options_.offsets_retention_check;
  expire_offsets();
}

void GroupCoordinator::expire(Group& group, host::MonotonicTime when) {
  if (std::erase_if(group.pending, [&](const auto& each) { return each.second <= when; }) > 0) try_complete_join(group);
  expire_members(group, when);
  if (group.join_deadline && *group.join_deadline <= when) join_time_is_up(group, when);
  if (group.sync_deadline && *group.sync_deadline <= when) {  // joined, and never came for the assignment
    group.sync_deadline.reset();
    const std::set<std::string> late = group.not_synced;
    for (const std::string& id : late) {
      if (group.members.contains(id)) remove_member(group, id);
    }
  }
}

void GroupCoordinator::expire_members(Group& group, host::MonotonicTime when) {
  std::vector<std::string> dead;
  for (const auto& [id, member] : group.members) {
    if (member.may_expire() && member.expires <= when) dead.push_back(id);
  }
  for (const std::string& id : dead) {
    if (!group.members.contains(id)) continue;  // gone with a generation that the one before it completed
    host::log_info("doors/kafka", "group_member_expired", {{"group", group.name}, {"member", id}});
    remove_member(group, id);
  }
}

// The first generation of an empty group waits in steps, as long as members come in each.
void GroupCoordinator::join_time_is_up(Group& group, host::MonotonicTime when) {
  if (group.initial && group.member_came && group.initial_delay_left.count() > 0) {
    auto step = std::min(options_.initial_rebalance_delay, group.initial_delay_left);
    group.initial_delay_left -= step;
    group.member_came = false;
    group.join_deadline = when + step;
    return;
  }
  complete_join(group);
}

void GroupCoordinator::expire_offsets() {
  TimestampMs wall = host_.clock.wall_ms();
  for (const std::string& name : log_.groups().names()) expire_offsets_of(name, wall);
}

// An empty group keeps an offset for the retention after its last member, or the commit, whichever was later; one
// that has members keeps all, and so does one that commits right now: the next check sees what.
void GroupCoordinator::expire_offsets_of(const std::string& name, TimestampMs wall) {
  if (commits_.contains(name)) return;
  const Group* group = find(name);
  if (group && (!group->is(State::kEmpty) || !group->pending.empty())) return;
  TimestampMs since = group ? group->empty_since : TimestampMs(0);
  std::vector<log::TopicPartition> old;
  log::GroupOffsets offsets = log_.groups().offsets(name);
  for (const auto& [partition, committed] : offsets) {
    if (wall - std::max(committed.committed_at, since) >= options_.offsets_retention.count()) old.push_back(partition);
  }
  if (old.size() == offsets.size()) {
    forget(name);
    write([this, name](log::GroupStore::Done done) { log_.groups().remove(name, std::move(done)); },
          [](const Result<void>&) {});
  } else if (!old.empty()) {
    write(
        [this, name, old = std::move(old)](log::GroupStore::Done done) mutable {
          log_.groups().remove_offsets(name, std::move(old), std::move(done));
        },
        [](const Result<void>&) {});
  }
}

}  // namespace tarn::doors::kafka
