// One transaction in the making: intents applied one by one to the present state of one branch, each whole or not at
// all. Used by the queue's thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/changes.h"
#include "catalog/known_paths.h"
#include "catalog/lake.h"
#include "host/host.h"

namespace tarn::catalog {

inline constexpr std::size_t kIdempotencyKeyMax = 200;  // bytes

// A branch with what publishing it needs to know.
struct BranchContent {
  BranchState info;
  StatePtr base;                 // main as it was then
  StatePtr now;                  // the branch
  std::vector<TableName> names;  // what it has rows of its own for
};

// What the draft works with; outlives it.
struct DraftTools {
  host::Host host;
  host::Path data;
  CatalogOptions options;
  LakeReader& reader;
  LakeWriter& writer;
  KnownPaths& known_paths;
  std::function<Result<std::optional<Committed>>(const std::string& key)> known_outcome;
  std::function<Result<BranchContent>(const std::string& branch)> branch;
  std::function<Result<Run>(RunId id)> run;  // without nodes
};

class Draft {
 public:
  // On `branch`, whose state is `base`; `main` is main's. The transaction will be `version`.
  Draft(std::string branch, StatePtr base, StatePtr main, CatalogVersion version, const DraftTools& tools);

  CatalogVersion version() const { return version_; }

  Result<void> create_namespace(const std::string& name);
  Result<TableUuid> create_table(const TableName& name, std::vector<table::Field> fields,
                                 const std::map<std::string, std::string>& properties);
  Result<void> drop_table(const TableName& name);
  Result<void> bind(const Binding& binding);
  Result<Place> place(const TableName& name, std::vector<table::Field> fields);
  Result<Committed> commit(const Commit& commit);
  // On main: takes over what a branch changed. Says how much that was.
  Result<Committed> publish(const Publish& publish, std::size_t& changed);
  // On main: what a branch changed, and whether publishing it would be refused.
  Result<std::vector<Change>> diff(const std::string& branch);

  bool is_empty() const;
  // Writes the metadata files of the tables and views that changed; what the transaction has to say.
  Result<Changes> finish();

 private:
  // A table as this draft has it.
  struct Table {
    TableName name;
    TablePtr head;  // what metadata came from; null: made by this draft
    std::shared_ptr<const table::TableMetadata> metadata;
    std::shared_ptr<const std::vector<table::ManifestFile>> manifests;  // null: not read yet
    bool dropped = false;
    bool moved = false;  // the head is a branch's, which main takes over
  };
  struct View {
    TableName name;
    ViewPtr head;
    std::shared_ptr<const table::ViewMetadata> metadata;
    bool dropped = false;
    bool moved = false;
  };
  // How one name that a branch changed comes to main.
  struct Move {
    Change change;
    Entry from;                           // in the branch's base
    Entry to;                             // on the branch
    bool as_it_is = false;                // main has not changed it since the base
    std::vector<table::DataFile> append;  // else: what to append to main's table
  };

  bool is_main() const { return branch_ == kMainBranch; }
  Result<Table*> find(TableUuid uuid);
  std::optional<TableUuid> find(const TableName& name) const;
  std::optional<Uuid> find_view(const TableName& name) const;
  View& view(const TableName& name, Uuid uuid);
  bool is_bound(TableUuid uuid) const;
  Offset landed_end(const LandedKey& key) const;
  Result<void> read_manifests(Table& table);
  Result<void> check_new_name(const TableName& name, std::string_view what) const;
  Result<bool> has_metadata(const host::Path& folder);
  Result<std::string> new_location(const TableName& name, const Uuid& uuid);

  Result<Committed> apply(const Commit& commit);
  Result<void> land(const Land& land);
  Result<void> set_schema(const SetSchema& intent);
  Result<SnapshotId> row_delta(const RowDelta& intent);
  Result<SnapshotId> append(const Append& intent);
  Result<void> replace_table(const ReplaceTable& intent, Committed& committed);
  Result<TableUuid> make_table(const ReplaceTable& intent);
  Result<TableUuid> new_schema(const ReplaceTable& intent);
  Result<void> drop(const DropTable& intent);
  Result<void> drop(const DropView& intent);
  Result<void> put_view(const PutView& intent);
  Result<SnapshotId> add_snapshot(Table& table, const table::Change& change, bool replaces = false);
  Result<void> check_new(Table& table, TableUuid uuid, const std::vector<table::DataFile>& files);
  Result<void> each_live(const Table& table, const std::function<void(const std::string& path)>& visit);

  Result<std::vector<Move>> moves(const BranchContent& content, bool detailed);
  Result<void> plan_move(const BranchContent& content, Move& move, bool detailed);
  Result<void> plan_append(Move& move);
  Result<void> move(const BranchContent& content, const Move& move);
  bool stands(const TableName& name, const Entry& entry) const;

  Result<void> finish_table(Changes& changes, TableUuid uuid, Table& table);
  Result<void> finish_view(Changes& changes, Uuid uuid, View& view);
  SnapshotId new_snapshot_id(const table::TableMetadata& metadata);
  table::LoadManifest loader();

  std::string branch_;
  StatePtr base_;
  StatePtr main_;
  const DraftTools* tools_;
  CatalogVersion version_;
  TimestampMs now_;
  std::set<std::string> namespaces_;
  std::map<TableUuid, Table> tables_;
  std::map<Uuid, View> views_;
  std::map<LandedKey, Offset> landed_;
  std::map<TopicId, Binding> bindings_;
  std::map<std::string, Committed> outcomes_;
  std::set<std::string> published_;
  std::vector<FinishedRun> finished_;
};

}  // namespace tarn::catalog
