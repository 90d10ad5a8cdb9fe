#include "doors/kafka/testing/memory_groups.h"

#include "base/assert.h"

namespace tarn::doors::kafka::testing {

void MemoryGroups::hold(bool hold) {
  while (!hold && held() > 0) end_one();  // what comes meanwhile queues up behind
  std::lock_guard lock(mutex_);
  hold_ = hold;
}

void MemoryGroups::end_one() {
  Held first;
  {
    std::lock_guard lock(mutex_);
    first = std::move(held_.front());
    held_.pop_front();
    TARN_ASSERT(table_.apply(first.record));
  }
  first.done({});
}

void MemoryGroups::lose_held() {
  std::deque<Held> lost;
  {
    std::lock_guard lock(mutex_);
    lost.swap(held_);
  }
  for (Held& each : lost) each.done(fail(Code::kIo, "lost"));
}

void MemoryGroups::refuse_with(std::optional<Error> error) {
  std::lock_guard lock(mutex_);
  error_ = std::move(error);
}

std::size_t MemoryGroups::held() const {
  std::lock_guard lock(mutex_);
  return held_.size();
}

void MemoryGroups::write(Buffer record, Done done) {
  std::optional<Error> error;
  {
    std::lock_guard lock(mutex_);
    error = error_;
    if (!error && hold_) return held_.push_back({std::move(record), std::move(done)});
    if (!error) TARN_ASSERT(table_.apply(record));
  }
  error ? done(std::unexpected(*error)) : done({});
}

void MemoryGroups::commit(const std::string& group, std::vector<log::OffsetCommit> offsets, Done done) {
  std::vector<log::GroupOffset> all;
  for (log::OffsetCommit& each : offsets) {
    all.push_back({each.partition, {each.offset, each.leader_epoch, std::move(each.metadata), now, Offset(1000)}});
  }
  write(log::offsets_record(group, all), std::move(done));
}

void MemoryGroups::keep_state(const std::string& group, Buffer state, Done done) {
  write(log::group_state_record(group, state), std::move(done));
}

void MemoryGroups::remove_offsets(const std::string& group, std::vector<log::TopicPartition> partitions, Done done) {
  write(log::removed_offsets_record(group, partitions), std::move(done));
}

void MemoryGroups::remove(const std::string& group, Done done) {
  write(log::group_gone_record(group), std::move(done));
}

log::GroupOffsets MemoryGroups::offsets(const std::string& group) const {
  std::lock_guard lock(mutex_);
  const log::GroupTable::Group* found = table_.find(group);
  return found ? found->offsets : log::GroupOffsets();
}

bool MemoryGroups::contains(const std::string& group) const {
  std::lock_guard lock(mutex_);
  return table_.find(group) != nullptr;
}

std::vector<std::string> MemoryGroups::names() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [name, group] : table_.groups()) all.push_back(name);
  return all;
}

std::vector<std::pair<std::string, Buffer>> MemoryGroups::states() const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, Buffer>> all;
  for (const auto& [name, group] : table_.groups()) {
    if (!group.state.empty()) all.emplace_back(name, group.state);
  }
  return all;
}

std::uint64_t MemoryGroups::changes() const {
  std::lock_guard lock(mutex_);
  return table_.changes();
}

}  // namespace tarn::doors::kafka::testing
