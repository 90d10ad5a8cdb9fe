// The catalog's rows in SQLite. Layout: docs/formats/catalog.md. Used by one thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/changes.h"
#include "host/sqlite.h"

namespace tarn::catalog {

inline constexpr std::int64_t kStoreVersion = 3;  // PRAGMA user_version of the databases we write
inline constexpr std::string_view kDefaultNamespace = "public";
inline constexpr std::chrono::hours kOutcomeLifetime{24};  // of an idempotency key

struct Head {
  TableName name;
  Uuid uuid;
  bool is_view = false;
  std::string location;  // empty: the branch dropped what its base has at this name
};

// main's present state, and the branches.
struct Rows {
  CatalogVersion version;  // of the last transaction, on whatever branch
  CatalogVersion main;     // of main's last one
  StateData::Namespaces namespaces;
  std::vector<Head> heads;
  std::vector<BranchState> branches;  // main not among them
  StateData::Bindings bindings;
  StateData::Landed landed;
};

// Metadata files of one table or view that no head names any more.
struct Doomed {
  Uuid uuid;
  bool is_view = false;
  std::vector<std::string> locations;
  std::vector<std::string> others;  // more than asked for
};

Uuid uuid_of(ByteView bytes);  // zero unless there are 16

class Store {
 public:
  // Opens or makes the database at `path`; one of an older layout becomes one of ours, in one transaction. Errors:
  // kCorruption, kUnsupported (a newer kStoreVersion), kIo, kUnavailable.
  static Result<std::unique_ptr<Store>> open(host::Files& files, const host::Path& path, TimestampMs now);

  Result<Rows> load();
  // If it is still known.
  Result<std::optional<Committed>> outcome(const std::string& key, TimestampMs now);

  // A branch's own heads as they were at `version`.
  Result<std::vector<Head>> heads(const std::string& branch, CatalogVersion version);
  // The version of the branch's last commit up to `version`; nullopt: not kept any more.
  Result<std::optional<CatalogVersion>> version_at(const std::string& branch, CatalogVersion version);
  // Versions from here on are kept whole.
  Result<CatalogVersion> oldest();

  Result<void> add_branch(const BranchState& branch);
  Result<void> remove_branch(const std::string& name);

  Result<Run> add_run(const std::string& project, TimestampMs now);
  Result<void> put_nodes(RunId run, const std::vector<RunNode>& nodes);
  // `published`: the version that it made.
  Result<void> finish_run(const FinishedRun& finished, std::optional<CatalogVersion> published, TimestampMs now);
  Result<void> keep_branch(const std::string& name, TimestampMs expires);
  Result<void> interrupt_runs(TimestampMs now);  // those that still run
  Result<std::vector<RunId>> running();
  Result<std::vector<Run>> runs(std::size_t limit);
  Result<Run> run(RunId id);  // without nodes
  Result<std::vector<RunNode>> nodes(RunId run);
  Result<std::vector<RunNode>> nodes_without_texts(RunId run);
  Result<std::map<std::string, std::string>> published_relations(std::size_t runs);

  // Housekeeping, see sweep.h.
  Result<void> forget_versions(TimestampMs until, std::size_t max);
  Result<void> doom_heads(std::size_t max);
  Result<std::vector<Doomed>> doomed(std::size_t tables_max, std::size_t locations_max);
  Result<std::vector<std::string>> locations(Uuid uuid);  // of metadata, in all heads
  Result<void> forget_doomed(const std::string& location);
  Result<void> forget_moved(Uuid uuid);
  Result<void> add_garbage(const std::string& path, TimestampMs due);
  Result<std::vector<std::string>> due_garbage(TimestampMs now, std::size_t max);
  Result<void> forget_garbage(const std::string& path);

  // All of it in one transaction. kCommitUnknown if SQLite's COMMIT failed; with any other error nothing has changed.
  Result<void> write(const Changes& changes);
  Result<void> transaction(const std::function<Result<void>()>& change);
  // After an error of the disk the store is of no use: close it and open it anew.
  bool broken() const { return broken_; }
  // Whether the last kCommitUnknown came from a disk that refused (kIo), rather than from one that was full.
  bool disk_failed() const { return disk_failed_; }

 private:
  explicit Store(std::unique_ptr<host::Sqlite> database) : database_(std::move(database)) {}
  Result<void> make_tables();
  Result<void> migrate_from_1(TimestampMs now);
  Result<void> migrate_from_2();
  Result<void> write_rows(const Changes& changes);
  Result<void> close_head(const std::string& branch, const HeadChange& head, CatalogVersion version);
  Result<void> open_head(const std::string& branch, const HeadChange& head, CatalogVersion version);
  Result<void> write_binding(const Binding& binding);
  Result<void> write_landed(const LandedKey& key, Offset end);
  Result<void> write_outcomes(const Changes& changes);
  struct RunTally {
    std::int64_t text_bytes;            // SQL and samples of the run, as they are stored
    std::optional<std::int64_t> nodes;  // counted once one is new
  };
  Result<void> put_node(RunId run, const RunNode& node, RunTally& tally);
  Result<void> trim_runs();
  Result<void> load_heads(Rows& rows);
  Result<void> load_branches(Rows& rows);
  Result<void> load_bindings(Rows& rows);
  Result<void> load_landed(Rows& rows);

  std::unique_ptr<host::Sqlite> database_;
  bool broken_ = false;
  bool disk_failed_ = false;
};

}  // namespace tarn::catalog
