// Names to state: namespaces, tables, bindings of topics to tables, landed offsets, on branches. One SQLite database,
// written by one queue; read from an immutable state in memory that is swapped after each commit.
//
// A commit is a list of intents (table, what to add), never a finished metadata pointer. The queue applies each to the
// current head, writes manifests, manifest list and metadata.json (synced), then moves all heads, landed offsets and
// idempotency keys in one transaction: either all of it happened or none.
//
// Table metadata lies under <data>/lake/<namespace>/<table>/{metadata,data}/, locations are file:/// URIs.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/uuid.h"
#include "host/host.h"
#include "table/data_file.h"
#include "table/metadata.h"
#include "table/schema.h"

namespace tarn::catalog {

inline constexpr std::string_view kMainBranch = "main";
inline constexpr std::string_view kWarehouse = "tarn";
inline constexpr std::size_t kTablesMax = 10'000;
inline constexpr std::size_t kNamespacesMax = 1000;
inline constexpr std::size_t kNameMax = 200;  // bytes of a namespace or table name

struct TableName {
  std::string name_space;  // one level for now
  std::string name;
  auto operator<=>(const TableName&) const = default;
};
std::string to_string(const TableName& name);  // "public.rides"

// A table at one catalog version. Immutable.
struct TableState {
  TableUuid uuid;
  TableName name;
  std::string metadata_location;  // file:/// URI of metadata.json
  std::shared_ptr<const table::TableMetadata> metadata;
};

enum class BindingFormat : std::uint8_t { kJson, kBinary };

// Which tables a topic lands in: made when its first record decodes, never recomputed from names.
struct Binding {
  TopicId topic;
  std::string topic_name;
  TableUuid table;
  TableUuid dlq_table;  // zero until the first bad record
  BindingFormat format = BindingFormat::kJson;
  bool declared = false;  // columns come from topics/*.yaml: no new fields are added
  bool detached = false;  // its table was dropped; nothing recreates it silently
};

// Landed offsets belong to main. `source` is a topic id (later also a table's journal).
struct LandedKey {
  TableUuid table;
  Uuid source;
  PartitionId partition;
  auto operator<=>(const LandedKey&) const = default;
};

// Everything at one catalog version. Immutable; safe to hold as long as a reader likes.
class State {
 public:
  virtual ~State() = default;
  virtual CatalogVersion version() const = 0;
  virtual std::vector<std::string> namespaces() const = 0;
  virtual std::shared_ptr<const TableState> find(const TableName& name) const = 0;
  virtual std::shared_ptr<const TableState> find(TableUuid uuid) const = 0;
  virtual std::vector<std::shared_ptr<const TableState>> tables(std::string_view name_space) const = 0;  // by name
  virtual const Binding* binding(TopicId topic) const = 0;
  virtual std::vector<const Binding*> bindings() const = 0;
  virtual Offset landed_end(const LandedKey& key) const = 0;  // 0 if nothing has landed
};

// ---- intents

// Adds data files. Commutes with everything but a replaced or dropped table.
struct Append {
  TableUuid table;
  std::vector<table::DataFile> files;
  std::map<std::string, std::string> summary;  // extra snapshot summary entries
};

// Adds and removes rows: re-applied over appends that came between; kConflict when a file it touched is gone.
// Base: the snapshot it was planned on.
struct RowDelta {
  TableUuid table;
  SnapshotId base;
  std::vector<table::DataFile> added;
  std::vector<table::DataFile> position_deletes;  // whose rows' files are in `referenced`
  std::vector<std::string> removed;               // data files dropped whole
  std::vector<std::string> referenced;            // data files that must still be live
};

// Adds columns or widens types: the whole new field list. Succeeds only on top of schema `base`.
struct SetSchema {
  TableUuid table;
  SchemaId base;
  std::vector<table::Field> fields;  // existing ones keep their ids; new ones have id 0
  // A column may be replaced: a new one of the same name at its place. Its values are gone but for what the same commit
  // rewrites: all files of `snapshot` (none: the table is empty). kConflict unless that is the present one.
  bool replaces = false;
  std::optional<SnapshotId> snapshot;
};

// Moves a landed offset; kFenced unless the present one equals `from`. to >= from.
struct Land {
  LandedKey key;
  Offset from;
  Offset to;
};

struct Commit {
  std::string branch{kMainBranch};
  std::vector<Append> appends;
  std::vector<RowDelta> row_deltas;
  std::vector<SetSchema> schemas;
  std::vector<Land> lands;
  std::string idempotency_key;  // empty: none. The same key again answers the first outcome
};

struct Committed {
  CatalogVersion version;
  std::map<TableUuid, SnapshotId> snapshots;
};

struct CatalogOptions {
  std::chrono::milliseconds snapshot_keep_all{std::chrono::hours(1)};          // all snapshots that are younger
  std::chrono::milliseconds snapshot_keep_hourly{std::chrono::hours(7 * 24)};  // of older ones the last of each hour
  std::size_t snapshots_max = 500;                                             // per table, whatever their age
};

// Thread-safe; calls that change something block until durable. Errors: kNotFound, kAlreadyExists, kConflict, kFenced,
// kInvalidArgument, kLimit, kCommitUnknown (SQLite failed in the middle; nothing is deleted), kIo, kUnavailable (a full
// disk: it works again when there is room; a disk that failed to sync: after a restart, the message says so).
class Catalog {
 public:
  // Opens or makes <data>/catalog.db and <data>/lake, with the namespace `public`. `data` is absolute and has no ?, #
  // and % (kInvalidArgument), which Iceberg readers take for parts of a URI. Errors: kCorruption, kUnsupported (written
  // by a newer Tarn), kIo.
  static Result<std::unique_ptr<Catalog>> open(host::Host host, const host::Path& data,
                                               const CatalogOptions& options = {});
  virtual ~Catalog() = default;

  virtual std::shared_ptr<const State> state() const = 0;  // of main, newest

  virtual Result<void> create_namespace(const std::string& name) = 0;
  // A v2 table with the given columns (ids assigned here), unpartitioned.
  virtual Result<std::shared_ptr<const TableState>> create_table(
      const TableName& name, std::vector<table::Field> fields,
      const std::map<std::string, std::string>& properties) = 0;
  // Its bindings become detached; files stay for pinned readers.
  virtual Result<void> drop_table(const TableName& name) = 0;

  // All of the commit or nothing of it. Waiting commits share one transaction; each succeeds or fails alone.
  virtual Result<Committed> commit(const Commit& commit) = 0;

  // Makes or replaces a topic's binding.
  virtual Result<void> bind(const Binding& binding) = 0;

  // The live data files of a table's current snapshot, from its manifests (cached, bounded). kUnsupported if the
  // snapshot has delete files: reading without them would give wrong rows.
  virtual Result<std::shared_ptr<const std::vector<table::DataFile>>> data_files(const TableState& table) = 0;

  // An error once a disk failed and nothing is written until the next start.
  virtual Result<void> health() const = 0;
};

}  // namespace tarn::catalog
