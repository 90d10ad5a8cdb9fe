#include "catalog/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "host/logging.h"
#include "table/data_file.h"

namespace tarn::catalog {
namespace {

using Snapshots = std::map<std::string, std::shared_ptr<const table::Snapshot>>;  // by manifest list
using Manifests = std::map<std::string, table::ManifestFile>;                     // by path

// What metadata names beyond itself, worked out as far as it is needed.
class Reachable {
 public:
  explicit Reachable(LakeReader& reader) : reader_(reader) {}

  Result<void> add(const std::string& location) {
    TARN_ASSIGN(auto metadata, reader_.metadata(location));
    for (const auto& snapshot : metadata->snapshots) snapshots[snapshot->manifest_list] = snapshot;
    return {};
  }
  Result<Manifests> manifests(const table::Snapshot& snapshot) {
    TARN_ASSIGN(auto listed, reader_.manifest_list(snapshot));
    Manifests all;
    for (table::ManifestFile& manifest : listed) all.emplace(manifest.path, std::move(manifest));
    return all;
  }
  template <class Visit>
  Result<void> each_live(const table::ManifestFile& manifest, Visit visit) {
    TARN_ASSIGN(table::Entries entries, reader_.manifest(manifest));
    for (const table::ManifestEntry& entry : *entries) {
      if (entry.status != table::EntryStatus::kDeleted) visit(entry.file.file_path);
    }
    return {};
  }

  Snapshots snapshots;

 private:
  LakeReader& reader_;
};

// Youngest first: what is left to look for is found there soonest.
std::vector<std::shared_ptr<const table::Snapshot>> by_age(const Snapshots& snapshots) {
  std::vector<std::shared_ptr<const table::Snapshot>> all;
  for (const auto& [list, snapshot] : snapshots) all.push_back(snapshot);
  std::ranges::sort(all, std::greater(), [](const auto& one) { return one->sequence_number; });
  return all;
}

// Takes out of `dead` what `kept` names too.
Result<void> spare_manifests(Reachable& reachable, const Snapshots& kept, Manifests& dead) {
  for (const auto& snapshot : by_age(kept)) {
    if (dead.empty()) return {};
    TARN_ASSIGN(Manifests named, reachable.manifests(*snapshot));
    for (const auto& [path, manifest] : named) dead.erase(path);
  }
  return {};
}

Result<void> spare_files(Reachable& reachable, const Snapshots& kept, std::set<std::string>& dead) {
  std::set<std::string> seen;
  for (const auto& snapshot : by_age(kept)) {
    if (dead.empty()) return {};
    TARN_ASSIGN(Manifests named, reachable.manifests(*snapshot));
    for (const auto& [path, manifest] : named) {
      if (!seen.insert(path).second) continue;
      TARN_TRY(reachable.each_live(manifest, [&](const std::string& file) { dead.erase(file); }));
    }
  }
  return {};
}

}  // namespace

Sweep::Sweep(host::Host host, const host::Path& data, const CatalogOptions& options, LakeReader& reader, Queue& queue)
    : host_(host),
      lake_(table::to_uri(host::join(data, "lake")) + "/"),
      options_(options),
      reader_(reader),
      queue_(queue) {}

Result<Swept> Sweep::run() {
  Swept swept;
  TARN_TRY(expire(swept));
  std::vector<Doomed> doomed;
  TARN_TRY(queue_.read([&](Store& store, States&) -> Result<void> {
    TARN_ASSIGN(doomed, store.doomed(kSweptTablesMax, kSweptMetadataMax));
    return {};
  }));
  for (Doomed& one : doomed) {
    Uuid uuid = one.uuid;
    if (auto done = sweep_table(std::move(one), swept); !done) {
      if (auto healthy = queue_.health(); !healthy) return std::unexpected(done.error());
      host::log_warn("catalog", "files_stay", {{"table", uuid.to_string()}, {"error", done.error().message}});
    }
  }
  TARN_TRY(remove_due(swept));
  return swept;
}

Result<void> Sweep::expire(Swept& swept) {
  std::vector<std::string> removed;
  TimestampMs now = host_.clock.wall_ms();
  auto job = [&](Store& store, States& states) -> Result<void> {
    states.forget_cached();  // what only the cache holds, nobody holds
    for (const BranchState& branch : states.branches()) {
      if (*branch.expires > now) continue;
      if (auto id = run_of(branch.name)) {
        auto run = store.run(*id);
        if (run && run->state == RunState::kRunning) continue;
      }
      TARN_TRY(store.remove_branch(branch.name));
      removed.push_back(branch.name);
    }
    TARN_TRY(store.forget_versions(now - options_.version_keep.count(), options_.versions_max));
    return store.doom_heads(kDoomedHeadsMax);
  };
  TARN_TRY(queue_.write(job, [&](States& states) {
    for (const std::string& name : removed) states.remove_branch(name);
  }));
  swept.branches = removed.size();
  return {};
}

Result<void> Sweep::sweep_table(Doomed doomed, Swept& swept) {
  Table table{.doomed = std::move(doomed)};
  auto look = [&](Store& store, States& states) -> Result<void> {
    TARN_ASSIGN(table.kept, store.locations(table.doomed.uuid));
    std::set<std::string> named(table.kept.begin(), table.kept.end());
    for (const std::string& location : table.doomed.locations) {
      if (states.is_held(location))
        table.kept.push_back(location);
      else if (!named.contains(location))
        table.gone.push_back(location);
    }
    // Doomed ones that this pass does not look at may still be held.
    for (const std::string& location : table.doomed.others) table.kept.push_back(location);
    return {};
  };
  TARN_TRY(queue_.read(look));
  std::set<std::string> garbage;
  if (!table.gone.empty()) {
    TARN_ASSIGN(garbage, garbage_of(table));
  }
  std::erase_if(garbage, [&](const std::string& file) { return !file.starts_with(lake_); });
  TimestampMs due = host_.clock.wall_ms() + options_.garbage_keep.count();
  TARN_TRY(queue_.write([&](Store& store, States&) -> Result<void> {
    for (const std::string& file : garbage) TARN_TRY(store.add_garbage(file, due));
    for (const std::string& location : table.gone) TARN_TRY(store.forget_doomed(location));
    return store.forget_moved(table.doomed.uuid);
  }));
  swept.metadata += table.gone.size();
  swept.garbage += garbage.size();
  return {};
}

// Everything that `gone` names and `kept` does not.
Result<std::set<std::string>> Sweep::garbage_of(const Table& table) {
  std::set<std::string> garbage(table.gone.begin(), table.gone.end());
  if (table.doomed.is_view) return garbage;
  Reachable gone(reader_), kept(reader_);
  for (const std::string& location : table.gone) {
    auto read = gone.add(location);
    // One that is lost tells nothing any more: what it named stays.
    if (!read && read.error().code != Code::kCorruption) return std::unexpected(std::move(read).error());
  }
  for (const std::string& location : table.kept) TARN_TRY(kept.add(location));
  std::erase_if(gone.snapshots, [&](const auto& entry) { return kept.snapshots.contains(entry.first); });
  Manifests manifests;
  for (const auto& [list, snapshot] : gone.snapshots) {
    garbage.insert(list);
    TARN_ASSIGN(Manifests named, gone.manifests(*snapshot));
    manifests.merge(named);
  }
  TARN_TRY(spare_manifests(kept, kept.snapshots, manifests));
  std::set<std::string> files;
  for (const auto& [path, manifest] : manifests) {
    garbage.insert(path);
    TARN_TRY(gone.each_live(manifest, [&](const std::string& file) { files.insert(file); }));
  }
  TARN_TRY(spare_files(kept, kept.snapshots, files));
  garbage.merge(files);
  return garbage;
}

Result<void> Sweep::remove_due(Swept& swept) {
  std::vector<std::string> due;
  TARN_TRY(queue_.read([&](Store& store, States&) -> Result<void> {
    TARN_ASSIGN(due, store.due_garbage(host_.clock.wall_ms(), kRemovedFilesMax));
    return {};
  }));
  if (due.empty()) return {};
  std::set<host::Path> folders;
  std::vector<std::string> removed, stuck;
  for (const std::string& file : due) {
    host::Path path = table::from_uri(file);
    auto done = host_.files.remove(path);
    bool is_gone = done || done.error().code == Code::kNotFound;
    (is_gone ? removed : stuck).push_back(file);
    if (done) folders.insert(host::parent(path));
    if (!is_gone) host::log_warn("catalog", "file_stays", {{"file", file}, {"error", done.error().message}});
  }
  // Names must not come back once their rows are gone.
  for (const host::Path& folder : folders) TARN_TRY(host_.files.sync_dir(folder));
  TimestampMs later = host_.clock.wall_ms() + options_.garbage_keep.count();
  TARN_TRY(queue_.write([&](Store& store, States&) -> Result<void> {
    for (const std::string& file : removed) TARN_TRY(store.forget_garbage(file));
    for (const std::string& file : stuck) TARN_TRY(store.add_garbage(file, later));
    return {};
  }));
  swept.removed = removed.size();
  return {};
}

}  // namespace tarn::catalog
