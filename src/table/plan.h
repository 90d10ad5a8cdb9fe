// Planning a snapshot: what a change to a table's files adds to its metadata, planned on the metadata as it is now.
// Pure but for reading manifests through `load`; the caller writes the files the plan names, and commits.
//
// Appends never conflict. A row delta conflicts when a file it removes or refers to is gone, or when another delta
// since its base may have deleted rows of such a file: two updates of one row must not both succeed.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "table/manifest.h"
#include "table/metadata.h"

namespace tarn::table {

inline constexpr std::size_t kManifestsMax = 100;     // data manifests of a snapshot before small ones are merged
inline constexpr Bytes kManifestBytesTarget = 8_MiB;  // merged manifests grow no further (Iceberg's default)
inline constexpr std::size_t kMetadataLogMax = 100;   // former metadata files that metadata names

using Entries = std::shared_ptr<const std::vector<ManifestEntry>>;
using LoadManifest = std::function<Result<Entries>(const ManifestFile&)>;

// What to do to the files of a table.
struct Change {
  std::vector<DataFile> added;
  std::vector<DataFile> deletes;               // position delete files
  std::vector<std::string> removed;            // data files dropped whole
  std::map<std::string, std::string> summary;  // extra entries; the spec's own win
};

// Ids and names for one attempt; none is used again.
struct PlanIds {
  SnapshotId snapshot;
  Uuid commit;  // in the names of the new files
  TimestampMs now;
};

struct NewFile {
  std::string location;
  Buffer bytes;
};

struct SnapshotPlan {
  Snapshot snapshot;
  std::vector<ManifestFile> manifests;  // what the manifest list names, newest first
  std::vector<NewFile> files;           // manifests and manifest list, to be written before the commit
};

// Plans a snapshot on top of `metadata`, whose current manifests are `manifests`. Errors: kConflict if a removed file
// is not live, kUnsupported for a partitioned table, and `load`'s.
Result<SnapshotPlan> plan_snapshot(const TableMetadata& metadata, const std::vector<ManifestFile>& manifests,
                                   const Change& change, const PlanIds& ids, const LoadManifest& load);

// kConflict if `files` are not all live, or if delete files added after `base` may name one of them.
Result<void> check_live(const std::vector<ManifestFile>& manifests, SequenceNumber base,
                        const std::vector<std::string>& files, const LoadManifest& load);

// Which snapshots of a table stay: all that are younger than keep_all, the last one of each hour younger than
// keep_hourly, those a ref names; of all of them the youngest snapshots_max.
struct Retention {
  std::chrono::milliseconds keep_all;
  std::chrono::milliseconds keep_hourly;
  std::size_t snapshots_max = 0;
};

// `metadata` with `snapshot` as its current one, older ones thinned.
TableMetadata with_snapshot(const TableMetadata& metadata, Snapshot snapshot, const Retention& retention);

// Writes down that `metadata` follows the one at `former_location`. Returns the locations the log lets go.
std::vector<std::string> log_former_metadata(TableMetadata& metadata, std::string former_location,
                                             TimestampMs former_updated);

}  // namespace tarn::table
