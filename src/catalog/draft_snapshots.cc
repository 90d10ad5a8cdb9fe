// The intents that change a table's files.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "catalog/draft.h"

namespace tarn::catalog {
namespace {

Result<void> check_files(const std::vector<table::DataFile>& files, table::FileContent content) {
  for (const table::DataFile& file : files) {
    if (file.content != content || file.record_count < 0 || table::from_uri(file.file_path).empty())
      return fail(Code::kInvalidArgument, fmt::format("data file \"{}\" is not what it is added as", file.file_path));
  }
  return {};
}

}  // namespace

table::LoadManifest Draft::loader() {
  return [reader = &tools_->reader](const table::ManifestFile& listed) { return reader->manifest(listed); };
}

Result<void> Draft::read_manifests(Table& table) {
  if (table.manifests) return {};
  std::vector<table::ManifestFile> manifests;
  if (auto current = table.metadata->current_snapshot()) {
    TARN_ASSIGN(manifests, tools_->reader.manifest_list(*current));
  }
  table.manifests = std::make_shared<const std::vector<table::ManifestFile>>(std::move(manifests));
  return {};
}

Result<SnapshotId> Draft::append(const Append& intent) {
  TARN_ASSIGN(Table * table, find(intent.table));
  TARN_TRY(check_files(intent.files, table::FileContent::kData));
  TARN_TRY(read_manifests(*table));
  TARN_TRY(check_new(*table, intent.table, intent.files));
  return add_snapshot(*table, {.added = intent.files, .summary = intent.summary});
}

Result<SnapshotId> Draft::row_delta(const RowDelta& intent) {
  TARN_ASSIGN(Table * table, find(intent.table));
  TARN_TRY(check_files(intent.added, table::FileContent::kData));
  TARN_TRY(check_files(intent.position_deletes, table::FileContent::kPositionDeletes));
  if (intent.added.empty() && intent.position_deletes.empty() && intent.removed.empty())
    return fail(Code::kInvalidArgument, "a row delta changes nothing");
  auto base = table->metadata->snapshot(intent.base);
  if (!base)
    return fail(Code::kConflict, fmt::format("table {} has no snapshot {} any more; plan again on the present one",
                                             to_string(table->name), intent.base.value()));
  TARN_TRY(read_manifests(*table));
  std::vector<std::string> needed = intent.referenced;
  needed.insert(needed.end(), intent.removed.begin(), intent.removed.end());
  TARN_TRY(table::check_live(*table->manifests, base->sequence_number, needed, loader()));
  TARN_TRY(check_new(*table, intent.table, intent.added));
  return add_snapshot(*table, {.added = intent.added, .deletes = intent.position_deletes, .removed = intent.removed});
}

Result<SnapshotId> Draft::add_snapshot(Table& table, const table::Change& change, bool replaces) {
  table::PlanIds ids{.snapshot = new_snapshot_id(*table.metadata), .commit = tools_->host.random.uuid(), .now = now_};
  TARN_ASSIGN(table::SnapshotPlan plan, table::plan_snapshot(*table.metadata, *table.manifests, change, ids, loader()));
  for (const table::NewFile& file : plan.files) TARN_TRY(tools_->writer.write(file.location, file.bytes));
  const CatalogOptions& options = tools_->options;
  table::Retention retention{options.snapshot_keep_all, options.snapshot_keep_hourly, options.snapshots_max};
  if (replaces) retention.snapshots_max = std::min(retention.snapshots_max, kReplacedSnapshotsMax);
  table.metadata = std::make_shared<const table::TableMetadata>(
      table::with_snapshot(*table.metadata, std::move(plan.snapshot), retention));
  table.manifests = std::make_shared<const std::vector<table::ManifestFile>>(std::move(plan.manifests));
  return ids.snapshot;
}

// A random positive number that no snapshot of the table has, as Iceberg's own.
SnapshotId Draft::new_snapshot_id(const table::TableMetadata& metadata) {
  while (true) {
    SnapshotId id(static_cast<std::int64_t>(tools_->host.random.next() & INT64_MAX));
    if (id.value() != 0 && !metadata.snapshot(id)) return id;
  }
}

Result<void> Draft::each_live(const Table& table, const std::function<void(const std::string& path)>& visit) {
  for (const table::ManifestFile& manifest : *table.manifests) {
    TARN_ASSIGN(table::Entries entries, tools_->reader.manifest(manifest));
    for (const table::ManifestEntry& entry : *entries) {
      if (entry.status != table::EntryStatus::kDeleted) visit(entry.file.file_path);
    }
  }
  return {};
}

// kAlreadyExists if one of `files` is live in the table, or there twice. On main, where files come every few seconds,
// the known paths spare the look into the manifests.
Result<void> Draft::check_new(Table& table, TableUuid uuid, const std::vector<table::DataFile>& files) {
  KnownPaths& known = tools_->known_paths;
  known.trim();
  if (is_main() && !known.has(uuid)) {
    KnownPaths::Hashes hashes;
    TARN_TRY(each_live(table, [&](const std::string& path) { hashes.insert(KnownPaths::hash(path)); }));
    known.put(uuid, std::move(hashes));
  }
  std::unordered_set<std::string_view> added;
  bool suspect = !is_main();
  for (const table::DataFile& file : files) {
    if (!added.insert(file.file_path).second)
      return fail(Code::kAlreadyExists, fmt::format("data file {} is added twice", file.file_path));
    if (is_main()) suspect |= known.test_and_put(uuid, file.file_path);
  }
  if (!suspect) return {};
  std::string twice;
  TARN_TRY(each_live(table, [&](const std::string& path) {
    if (added.contains(path)) twice = path;
  }));
  if (!twice.empty())
    return fail(Code::kAlreadyExists,
                fmt::format("data file {} is part of table {} already", twice, to_string(table.name)));
  return {};
}

}  // namespace tarn::catalog
