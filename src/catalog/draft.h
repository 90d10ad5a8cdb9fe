// One transaction in the making: intents applied one by one to the present state, each whole or not at all.
// Used by the queue's thread only.
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

// What the draft works with; outlives it.
struct DraftTools {
  host::Host host;
  host::Path data;
  CatalogOptions options;
  LakeReader& reader;
  LakeWriter& writer;
  KnownPaths& known_paths;
  std::function<Result<std::optional<Committed>>(const std::string& key)> known_outcome;
};

class Draft {
 public:
  Draft(const StateData& base, const DraftTools& tools);

  CatalogVersion version() const { return version_; }

  Result<void> create_namespace(const std::string& name);
  Result<TableUuid> create_table(const TableName& name, std::vector<table::Field> fields,
                                 const std::map<std::string, std::string>& properties);
  Result<void> drop_table(const TableName& name);
  Result<void> bind(const Binding& binding);
  Result<Committed> commit(const Commit& commit);

  bool is_empty() const;
  // Writes the metadata files of the tables that changed; what the transaction has to say.
  Result<Changes> finish();

 private:
  // A table as this draft has it.
  struct Table {
    TableName name;
    TablePtr before;  // null: made by this draft
    std::shared_ptr<const table::TableMetadata> metadata;
    std::shared_ptr<const std::vector<table::ManifestFile>> manifests;  // null: not read yet
    bool dropped = false;
  };

  Result<Table*> find(TableUuid uuid);
  std::optional<TableUuid> find(const TableName& name) const;
  Offset landed_end(const LandedKey& key) const;
  Result<void> read_manifests(Table& table);

  Result<void> land(const Land& land);
  Result<void> set_schema(const SetSchema& intent);
  Result<SnapshotId> row_delta(const RowDelta& intent);
  Result<SnapshotId> append(const Append& intent);
  Result<SnapshotId> add_snapshot(Table& table, const table::Change& change);
  Result<void> check_new(Table& table, TableUuid uuid, const std::vector<table::DataFile>& files);
  Result<Changes> finish_table(Changes changes, TableUuid uuid, Table& table);
  SnapshotId new_snapshot_id(const table::TableMetadata& metadata);
  table::LoadManifest loader();

  const StateData* base_;
  const DraftTools* tools_;
  CatalogVersion version_;
  TimestampMs now_;
  std::set<std::string> namespaces_;
  std::map<TableUuid, Table> tables_;
  std::map<LandedKey, Offset> landed_;
  std::map<TopicId, Binding> bindings_;
  std::map<std::string, Committed> outcomes_;
};

}  // namespace tarn::catalog
