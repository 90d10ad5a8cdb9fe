#include "log/group_log.h"

#include <fmt/format.h>

#include "wire/kafka/record_batch.h"

namespace tarn::log {
namespace {

// Many records into batches of a bound size.
class Batches {
 public:
  Batches(TimestampMs now, std::function<bool(ByteView batch)> put) : now_(now), put_(std::move(put)) {}
  void add(ByteView record) {
    if (bytes_ > 0 && bytes_ + record.size() > kSnapshotBatchBytes) flush();
    builder_.add(now_, std::nullopt, record);
    bytes_ += record.size();
  }
  bool finish() {
    if (bytes_ > 0) flush();
    return ok_;
  }

 private:
  void flush() {
    Result<Buffer> batch = builder_.build({});
    ok_ = ok_ && batch && put_(*batch);
    builder_ = {};
    bytes_ = 0;
  }

  const TimestampMs now_;
  const std::function<bool(ByteView batch)> put_;
  wire::kafka::RecordBatchBuilder builder_;
  std::size_t bytes_ = 0;
  bool ok_ = true;
};

Error error_of(const AppendResult& refused) {
  switch (refused.status) {
    case AppendStatus::kDiskFull:
    case AppendStatus::kStopping: return {Code::kUnavailable, refused.message};
    case AppendStatus::kTooLarge: return {Code::kLimit, refused.message};
    default: return {Code::kIo, refused.message};
  }
}

}  // namespace

GroupLog::GroupLog(Backing& backing, host::Clock& clock, Bytes snapshot_bytes_min, GroupTable table, Bytes logged_bytes)
    : backing_(backing),
      clock_(clock),
      snapshot_bytes_min_(snapshot_bytes_min.count()),
      table_(std::move(table)),
      logged_bytes_(logged_bytes.count()) {
  set_snapshot_bound();
}

// A snapshot costs as much as its table; at this bound that is at most a third of what is written.
void GroupLog::set_snapshot_bound() {
  snapshot_at_ = std::max<std::uint64_t>(snapshot_bytes_min_, 3 * static_cast<std::uint64_t>(table_.bytes()));
}

void GroupLog::commit(const std::string& group, std::vector<OffsetCommit> offsets, Done done) {
  TimestampMs now = clock_.wall_ms();
  std::vector<GroupOffset> there;
  for (OffsetCommit& each : offsets) {
    std::optional<Offset> end = backing_.end_of(each.partition);
    if (!end) continue;
    there.push_back({each.partition, {each.offset, each.leader_epoch, std::move(each.metadata), now, *end}});
  }
  if (there.empty()) return done({});
  write(offsets_record(group, there), Grows::kYes, std::move(done));
}

void GroupLog::keep_state(const std::string& group, Buffer state, Done done) {
  write(group_state_record(group, state), Grows::kYes, std::move(done));
}

void GroupLog::remove_offsets(const std::string& group, std::vector<TopicPartition> partitions, Done done) {
  write(removed_offsets_record(group, partitions), Grows::kNo, std::move(done));
}

void GroupLog::remove(const std::string& group, Done done) {
  write(group_gone_record(group), Grows::kNo, std::move(done));
}

void GroupLog::write(Buffer record, Grows grows, Done done) {
  backing_.wait_for_room();
  std::optional<Error> refused;
  {
    std::lock_guard lock(mutex_);
    if (grows == Grows::kYes && table_.bytes() + pending_bytes_ + record.size() > kGroupsBytesMax.count()) {
      refused =
          Error{Code::kLimit, fmt::format("consumer groups take {} bytes, at most {}; delete groups that are not used",
                                          table_.bytes() + pending_bytes_, kGroupsBytesMax.count())};
    } else {
      refused = stage(std::move(record), done);
    }
  }
  if (refused) done(std::unexpected(std::move(*refused)));
}

// `done` is left alone if it is refused.
std::optional<Error> GroupLog::stage(Buffer record, Done& done) {
  wire::kafka::RecordBatchBuilder builder;
  builder.add(clock_.wall_ms(), std::nullopt, record);
  Result<Buffer> batch = builder.build({});
  if (!batch) return batch.error();
  Log::AppendDone ended = [this](const AppendResult& result) { this->ended(result); };
  if (auto refused = backing_.append_groups(*batch, ended)) return error_of(*refused);
  logged_bytes_ += batch->size();
  pending_bytes_ += record.size();
  pending_.push_back({std::move(record), std::move(done)});
  return std::nullopt;
}

// Called in the order of staging, once for each.
void GroupLog::ended(const AppendResult& result) {
  Pending first;
  Result<void> applied;
  {
    std::lock_guard lock(mutex_);
    first = std::move(pending_.front());
    pending_.pop_front();
    pending_bytes_ -= first.record.size();
    applied = result.status == AppendStatus::kOk ? table_.apply(first.record) : std::unexpected(error_of(result));
  }
  first.done(std::move(applied));
}

GroupOffsets GroupLog::offsets(const std::string& group) const {
  std::lock_guard lock(mutex_);
  const GroupTable::Group* found = table_.find(group);
  return found ? found->offsets : GroupOffsets();
}

bool GroupLog::contains(const std::string& group) const {
  std::lock_guard lock(mutex_);
  return table_.find(group) != nullptr;
}

std::vector<std::string> GroupLog::names() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [name, group] : table_.groups()) all.push_back(name);
  return all;
}

std::vector<std::pair<std::string, Buffer>> GroupLog::states() const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, Buffer>> all;
  for (const auto& [name, group] : table_.groups()) {
    if (!group.state.empty()) all.emplace_back(name, group.state);
  }
  return all;
}

std::uint64_t GroupLog::changes() const {
  std::lock_guard lock(mutex_);
  return table_.changes();
}

void GroupLog::topic_deleted(TopicId topic) {
  std::lock_guard lock(mutex_);
  table_.drop_topics([&](TopicId id) { return id != topic; });
}

std::optional<Offset> GroupLog::snapshot() {
  std::lock_guard lock(mutex_);
  table_.drop_topics([this](TopicId topic) { return backing_.is_live(topic); });  // committed while it was deleted
  Offset start = backing_.groups_end();
  std::uint64_t before = logged_bytes_.exchange(0);
  Batches batches(clock_.wall_ms(), [this](ByteView batch) { return put(batch); });
  table_.for_each_record([&](const Buffer& record) { batches.add(record); });
  for (const Pending& pending : pending_) batches.add(pending.record);
  if (!batches.finish()) {
    logged_bytes_ += before;
    return std::nullopt;
  }
  set_snapshot_bound();
  return start;
}

bool GroupLog::put(ByteView batch) {
  Log::AppendDone nobody = [](const AppendResult&) {};
  if (backing_.append_groups(batch, nobody)) return false;
  logged_bytes_ += batch.size();
  return true;
}

}  // namespace tarn::log
