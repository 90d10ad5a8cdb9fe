#include "table/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "table/summary.h"

namespace tarn::table {
namespace {

constexpr std::int32_t kDeleteFilePathId = 2147483546;  // the file_path column of position delete files

using Paths = std::unordered_set<std::string_view>;

// Builds one snapshot's manifests and files.
class Planner {
 public:
  Planner(const TableMetadata& metadata, const PlanIds& ids, const LoadManifest& load)
      : metadata_(metadata), ids_(ids), load_(load), sequence_number_(metadata.last_sequence_number + 1) {}

  Result<SnapshotPlan> plan(const std::vector<ManifestFile>& manifests, const Change& change) {
    std::vector<ManifestFile> kept;
    TARN_ASSIGN(kept, remove(manifests, change.removed));
    TARN_ASSIGN(kept, merge_small(std::move(kept)));
    TARN_TRY(add(change.added, ManifestContent::kData));
    TARN_TRY(add(change.deletes, ManifestContent::kDeletes));
    plan_.manifests.insert(plan_.manifests.end(), kept.begin(), kept.end());
    return finish(change);
  }

 private:
  Result<void> add(const std::vector<DataFile>& files, ManifestContent content) {
    if (files.empty()) return {};
    std::vector<ManifestEntry> entries;
    for (const DataFile& file : files)
      entries.push_back({.status = EntryStatus::kAdded, .snapshot_id = ids_.snapshot, .file = file});
    TARN_ASSIGN(ManifestFile listed, write(content, entries));
    plan_.manifests.push_back(std::move(listed));
    return {};
  }

  // Rewrites each manifest that holds a live entry of `removed`; all of `removed` must be found.
  Result<std::vector<ManifestFile>> remove(const std::vector<ManifestFile>& manifests,
                                           const std::vector<std::string>& removed) {
    Paths wanted(removed.begin(), removed.end());
    std::vector<ManifestFile> kept;
    for (const ManifestFile& manifest : manifests) {
      if (manifest.added_files == 0 && manifest.existing_files == 0) continue;  // all it named is deleted
      if (wanted.empty() || manifest.content != ManifestContent::kData) {
        kept.push_back(manifest);
        continue;
      }
      TARN_ASSIGN(Entries entries, load_(manifest));
      std::size_t wanted_before = wanted.size();
      std::vector<ManifestEntry> rewritten = without(*entries, wanted);
      if (wanted.size() == wanted_before) {
        kept.push_back(manifest);
        continue;
      }
      TARN_ASSIGN(ManifestFile listed, write(ManifestContent::kData, rewritten));
      kept.push_back(std::move(listed));
    }
    if (!wanted.empty())
      return fail(Code::kConflict,
                  fmt::format("data file {} is no longer part of the table; plan again on the present snapshot",
                              *wanted.begin()));
    return kept;
  }

  // The live entries as existing ones, those in `wanted` as deleted; takes what it finds out of `wanted`.
  std::vector<ManifestEntry> without(const std::vector<ManifestEntry>& entries, Paths& wanted) {
    std::vector<ManifestEntry> out;
    for (const ManifestEntry& entry : entries) {
      if (entry.status == EntryStatus::kDeleted) continue;
      out.push_back(entry);
      auto found = wanted.find(entry.file.file_path);
      out.back().status = found == wanted.end() ? EntryStatus::kExisting : EntryStatus::kDeleted;
      if (found == wanted.end()) continue;
      wanted.erase(found);
      out.back().snapshot_id = ids_.snapshot;
      removed_files_.push_back(entry.file);
    }
    return out;
  }

  // Past kManifestsMax data manifests, packs the small ones into larger ones.
  Result<std::vector<ManifestFile>> merge_small(std::vector<ManifestFile> manifests) {
    auto is_data = [](const ManifestFile& manifest) { return manifest.content == ManifestContent::kData; };
    if (static_cast<std::size_t>(std::ranges::count_if(manifests, is_data)) < kManifestsMax) return manifests;
    std::vector<ManifestFile> out;
    std::vector<ManifestEntry> merged;
    Bytes merged_bytes;
    for (ManifestFile& manifest : manifests) {
      if (!is_data(manifest) || manifest.length >= kManifestBytesTarget ||
          manifest.partition_spec_id != metadata_.default_spec_id) {
        out.push_back(std::move(manifest));
        continue;
      }
      TARN_ASSIGN(Entries entries, load_(manifest));
      Paths none;
      std::ranges::move(without(*entries, none), std::back_inserter(merged));
      merged_bytes += manifest.length;
      if (merged_bytes >= kManifestBytesTarget) {
        TARN_TRY(flush(merged, out));
        merged_bytes = Bytes(0);
      }
    }
    TARN_TRY(flush(merged, out));
    return out;
  }

  Result<void> flush(std::vector<ManifestEntry>& entries, std::vector<ManifestFile>& out) {
    if (entries.empty()) return {};
    TARN_ASSIGN(ManifestFile listed, write(ManifestContent::kData, entries));
    out.push_back(std::move(listed));
    entries.clear();
    return {};
  }

  Result<ManifestFile> write(ManifestContent content, const std::vector<ManifestEntry>& entries) {
    std::string path =
        fmt::format("{}/metadata/{}-m{}.avro", metadata_.location, ids_.commit.to_string(), plan_.files.size());
    TARN_ASSIGN(NewManifest manifest,
                write_manifest(path, content, entries, metadata_, ids_.snapshot, sequence_number_, ids_.commit));
    plan_.files.push_back({std::move(path), std::move(manifest.bytes)});
    return std::move(manifest.listed);
  }

  Result<SnapshotPlan> finish(const Change& change) {
    auto parent = metadata_.current_snapshot();
    Snapshot& snapshot = plan_.snapshot;
    snapshot.id = ids_.snapshot;
    if (parent) snapshot.parent = parent->id;
    snapshot.sequence_number = sequence_number_;
    snapshot.timestamp_ms = std::max(ids_.now, metadata_.last_updated_ms);
    snapshot.manifest_list = fmt::format("{}/metadata/snap-{}-1-{}.avro", metadata_.location, ids_.snapshot.value(),
                                         ids_.commit.to_string());
    snapshot.summary = summarize(change, removed_files_, parent.get());
    snapshot.schema_id = metadata_.current_schema_id;
    TARN_ASSIGN(Buffer list, write_manifest_list(plan_.manifests, snapshot, ids_.commit));
    plan_.files.push_back({snapshot.manifest_list, std::move(list)});
    return std::move(plan_);
  }

  const TableMetadata& metadata_;
  const PlanIds& ids_;
  const LoadManifest& load_;
  SequenceNumber sequence_number_;
  std::vector<DataFile> removed_files_;
  SnapshotPlan plan_;
};

// Whether a position delete file can hold a row of one of `files`, by the bounds of its file_path column.
bool may_name(const DataFile& deletes, const std::vector<std::string>& files) {
  auto lower = deletes.lower_bounds.find(kDeleteFilePathId);
  auto upper = deletes.upper_bounds.find(kDeleteFilePathId);
  return std::ranges::any_of(files, [&](const std::string& file) {
    // A lower bound may be cut short, so it is at most the path; an upper one is at least it.
    return (lower == deletes.lower_bounds.end() || lower->second <= file) &&
           (upper == deletes.upper_bounds.end() || file <= upper->second);
  });
}

}  // namespace

Result<SnapshotPlan> plan_snapshot(const TableMetadata& metadata, const std::vector<ManifestFile>& manifests,
                                   const Change& change, const PlanIds& ids, const LoadManifest& load) {
  return Planner(metadata, ids, load).plan(manifests, change);
}

Result<void> check_live(const std::vector<ManifestFile>& manifests, SequenceNumber base,
                        const std::vector<std::string>& files, const LoadManifest& load) {
  Paths wanted(files.begin(), files.end());
  if (wanted.empty()) return {};
  for (const ManifestFile& manifest : manifests) {
    bool is_data = manifest.content == ManifestContent::kData;
    if (!is_data && manifest.sequence_number <= base) continue;
    TARN_ASSIGN(Entries entries, load(manifest));
    for (const ManifestEntry& entry : *entries) {
      if (entry.status == EntryStatus::kDeleted) continue;
      if (is_data)
        wanted.erase(entry.file.file_path);
      else if (*entry.sequence_number > base && may_name(entry.file, files))
        return fail(Code::kConflict,
                    fmt::format("rows of the same files were deleted since ({}); plan again on the present snapshot",
                                entry.file.file_path));
    }
  }
  if (!wanted.empty())
    return fail(Code::kConflict,
                fmt::format("data file {} is no longer part of the table; plan again on the present snapshot",
                            *wanted.begin()));
  return {};
}

}  // namespace tarn::table
