// What a table remembers: its snapshots and their log, its former metadata files.
#include <algorithm>
#include <unordered_set>

#include "table/plan.h"

namespace tarn::table {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

// The snapshots to keep, by the rules of Retention.
std::unordered_set<SnapshotId> kept_snapshots(const TableMetadata& metadata, const Retention& retention) {
  std::unordered_set<SnapshotId> kept;
  for (const auto& [name, ref] : metadata.refs) kept.insert(ref.snapshot);
  std::int64_t now = metadata.last_updated_ms.value();
  std::int64_t last_hour = -1;
  for (auto at = metadata.snapshots.rbegin(); at != metadata.snapshots.rend() && kept.size() < retention.snapshots_max;
       ++at) {
    std::int64_t made = (*at)->timestamp_ms.value();
    std::int64_t age = now - made;
    bool first_of_hour = made / kHourMs != last_hour;  // walking back, the first met is the hour's last
    last_hour = made / kHourMs;
    if (age <= retention.keep_all.count() || (age <= retention.keep_hourly.count() && first_of_hour))
      kept.insert((*at)->id);
  }
  return kept;
}

// The spec: entries before one whose snapshot is gone go too, or time travel would answer with too old a snapshot.
void clean_snapshot_log(TableMetadata& metadata, const std::unordered_set<SnapshotId>& kept) {
  auto& log = metadata.snapshot_log;
  auto gone = std::find_if(log.rbegin(), log.rend(),
                           [&](const SnapshotLogEntry& entry) { return !kept.contains(entry.snapshot); });
  log.erase(log.begin(), gone.base());
}

}  // namespace

TableMetadata with_snapshot(const TableMetadata& metadata, Snapshot snapshot, const Retention& retention) {
  TableMetadata next = metadata;
  next.last_sequence_number = snapshot.sequence_number;
  next.last_updated_ms = snapshot.timestamp_ms;
  next.current_snapshot_id = snapshot.id;
  next.refs[std::string(kMainRef)].snapshot = snapshot.id;
  next.snapshot_log.push_back({snapshot.timestamp_ms, snapshot.id});
  next.snapshots.push_back(std::make_shared<const Snapshot>(std::move(snapshot)));
  std::unordered_set<SnapshotId> kept = kept_snapshots(next, retention);
  if (std::erase_if(next.snapshots, [&](const auto& old) { return !kept.contains(old->id); }) > 0)
    clean_snapshot_log(next, kept);
  return next;
}

std::vector<std::string> log_former_metadata(TableMetadata& metadata, std::string former_location,
                                             TimestampMs former_updated) {
  auto& log = metadata.metadata_log;
  log.push_back({former_updated, std::move(former_location)});
  std::vector<std::string> gone;
  while (log.size() > kMetadataLogMax) {
    gone.push_back(std::move(log.front().metadata_file));
    log.erase(log.begin());
  }
  return gone;
}

}  // namespace tarn::table
