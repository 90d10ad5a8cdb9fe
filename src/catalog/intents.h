// What a commit asks for. The queue applies intents to the state of their branch as it is by then (catalog.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/uuid.h"
#include "catalog/ref.h"
#include "catalog/table_name.h"
#include "table/data_file.h"
#include "table/schema.h"

namespace tarn::catalog {

// Landed offsets belong to main. `source` is a topic id (later also a table's journal).
struct LandedKey {
  TableUuid table;
  Uuid source;
  PartitionId partition;
  auto operator<=>(const LandedKey&) const = default;
};

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

// Where a table's files go before the commit that makes or replaces it.
struct Place {
  TableUuid uuid;
  std::string location;              // file:/// URI of the folder whose data/, which is there, takes its files
  std::vector<table::Field> fields;  // with ids: files are written with them
  bool exists = false;               // the table is there already
};

// Makes a table, or gives the one of that name (with `or_replace`) another content: the schema becomes `fields` (a
// column of the same name and type keeps its id), its rows those of `files`, under the same uuid, in one snapshot.
// kAlreadyExists for a view of that name, or a table without or_replace; kConflict if it is not the table that was
// placed any more; kInvalidArgument for one that a topic lands in.
struct ReplaceTable {
  TableName name;
  std::vector<table::Field> fields;  // ids are given here; with a place, its fields are taken instead
  std::vector<table::DataFile> files;
  std::map<std::string, std::string> summary;  // extra snapshot summary entries
  bool or_replace = false;
  std::optional<Place> place;  // none: decided at the commit, for a table without files
};

inline constexpr std::size_t kReplacedSnapshotsMax = 10;  // that a replaced table keeps: each holds all of its rows

// kInvalidArgument for a view, and for a table that a topic lands in.
struct DropTable {
  TableName name;
  bool if_exists = false;
};

// Makes a view, or (with `or_replace`) gives the one of that name another text. kAlreadyExists as for tables.
struct PutView {
  TableName name;
  std::string sql;                    // up to table::kViewSqlBytesMax, as the client wrote it
  std::vector<table::Field> columns;  // ids are given here
  bool or_replace = false;
};

struct DropView {
  TableName name;
  bool if_exists = false;
};

// Moves a landed offset, on main; kFenced unless the present one equals `from`. to >= from.
struct Land {
  LandedKey key;
  Offset from;
  Offset to;
};

// Applied in this order: lands, drops, replaced tables, views, schemas, row deltas, appends.
struct Commit {
  std::string branch{kMainBranch};
  std::vector<Append> appends;
  std::vector<RowDelta> row_deltas;
  std::vector<SetSchema> schemas;
  std::vector<Land> lands;
  std::vector<ReplaceTable> replaces;
  std::vector<DropTable> table_drops;
  std::vector<PutView> views;
  std::vector<DropView> view_drops;
  std::string idempotency_key;  // empty: none. The same key again answers the first outcome
};

struct Committed {
  CatalogVersion version;
  std::map<TableUuid, SnapshotId> snapshots;
};

}  // namespace tarn::catalog
