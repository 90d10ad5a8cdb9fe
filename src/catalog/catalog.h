// Names to state: namespaces, tables, views, bindings of topics to tables, landed offsets, on branches. One SQLite
// database, written by one queue; read from an immutable state in memory that is swapped after each commit.
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
#include "catalog/branches.h"
#include "catalog/intents.h"
#include "catalog/ref.h"
#include "catalog/runs.h"
#include "catalog/table_name.h"
#include "host/host.h"
#include "table/data_file.h"
#include "table/metadata.h"
#include "table/schema.h"
#include "table/view_metadata.h"

namespace tarn::catalog {

inline constexpr std::string_view kWarehouse = "tarn";
inline constexpr std::size_t kTablesMax = 10'000;  // tables and views, on each branch
inline constexpr std::size_t kNamespacesMax = 1000;

// A table at one catalog version. Immutable.
struct TableState {
  TableUuid uuid;
  TableName name;
  std::string metadata_location;  // file:/// URI of metadata.json
  std::shared_ptr<const table::TableMetadata> metadata;
};

// A view at one catalog version. Immutable. Its SQL is what the client wrote, resolved in the ref of whoever reads it.
struct ViewState {
  Uuid uuid;
  TableName name;
  std::string metadata_location;  // file:/// URI of the view's metadata.json (Iceberg View specification)
  std::shared_ptr<const table::ViewMetadata> metadata;
  const std::string& sql() const { return metadata->version().sql; }
  const std::vector<table::Field>& columns() const { return metadata->schema().fields; }
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

  bool lands_in(TableUuid uuid) const { return !detached && (table == uuid || dlq_table == uuid); }
};

// All of a branch at one catalog version. Immutable. While anyone holds it, or a TableState of it, the files that it
// names stay on disk, whatever happens to the branch meanwhile.
//
// Bindings are main's as they are now. Landed offsets are main's too: on other branches and older versions they are 0.
class State {
 public:
  virtual ~State() = default;
  // Of the last commit that made the branch what it is here. Two states of one version are the same state.
  virtual CatalogVersion version() const = 0;
  virtual std::vector<std::string> namespaces() const = 0;
  virtual std::shared_ptr<const TableState> find(const TableName& name) const = 0;
  virtual std::shared_ptr<const TableState> find(TableUuid uuid) const = 0;
  virtual std::vector<std::shared_ptr<const TableState>> tables(std::string_view name_space) const = 0;  // by name
  virtual std::shared_ptr<const ViewState> find_view(const TableName& name) const = 0;
  virtual std::vector<std::shared_ptr<const ViewState>> views(std::string_view name_space) const = 0;  // by name
  virtual const Binding* binding(TopicId topic) const = 0;
  virtual std::vector<const Binding*> bindings() const = 0;
  // Of the topic that lands in a table, as rows or as dead letters; null: none does.
  virtual const Binding* landing_in(TableUuid table) const = 0;
  virtual Offset landed_end(const LandedKey& key) const = 0;  // 0 if nothing has landed
};

struct CatalogOptions {
  std::chrono::milliseconds snapshot_keep_all{std::chrono::hours(1)};          // all snapshots that are younger
  std::chrono::milliseconds snapshot_keep_hourly{std::chrono::hours(7 * 24)};  // of older ones the last of each hour
  std::size_t snapshots_max = 500;                                             // per table, whatever their age
  // Versions of the whole catalog that can be read: those that were the newest one within this time, at most so many.
  std::chrono::milliseconds version_keep{std::chrono::hours(1)};
  std::size_t versions_max = 2000;
  std::chrono::milliseconds garbage_keep{std::chrono::hours(1)};  // before a file that nothing refers to is removed
  std::chrono::milliseconds sweep_every{0};                       // a thread of its own sweeps; 0: nobody does
};

// What one pass of housekeeping did (sweep.h).
struct Swept {
  std::size_t branches = 0;  // expired
  std::size_t metadata = 0;  // metadata files that no version, branch or reader needs any more
  std::size_t garbage = 0;   // files found to be needed no more, these among them
  std::size_t removed = 0;   // files removed
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
  // Of any ref. A branch as it is costs a look-up, an older version may cost reading its tables' metadata.
  // kNotFound: no such branch, or a version that is not there yet or no longer kept; the message says which.
  virtual Result<std::shared_ptr<const State>> state(const Ref& ref) const = 0;

  // A branch at main's newest version, or at an older one that is still kept. It goes `keep` after it was made, or
  // after its run ended. kAlreadyExists; kLimit at kBranchesMax when all of them belong to running runs.
  virtual Result<BranchState> create_branch(const std::string& name, std::optional<CatalogVersion> base = std::nullopt,
                                            std::chrono::milliseconds keep = kBranchKeep) = 0;
  // kConflict while its run still works on it.
  virtual Result<void> drop_branch(const std::string& name) = 0;
  virtual std::vector<BranchState> branches() const = 0;  // in natural order (run/2, run/10), main among them
  // What a branch changed since its base, by name.
  virtual Result<std::vector<Change>> diff(const std::string& branch) = 0;
  // See branches.h. kConflict names the tables, and nothing has changed; kNotFound; kCommitUnknown.
  virtual Result<Published> publish(const Publish& publish) = 0;

  // Runs, see runs.h. finish_run is for runs that publish nothing. kNotFound: there is no such run, or no longer;
  // kConflict: it has ended already. Strings past their limits are cut; put_nodes takes nodes by name, new or known.
  // An end that can't be written now (a full disk) is kept, and written before the next run starts, with the next sweep
  // or when its branch is dropped.
  virtual Result<Run> start_run(const std::string& project) = 0;
  virtual Result<void> put_nodes(RunId run, const std::vector<RunNode>& nodes) = 0;
  Result<void> put_node(RunId run, const RunNode& node) { return put_nodes(run, {node}); }
  virtual Result<void> finish_run(const RunFinish& finish) = 0;
  virtual std::uint64_t runs_version() const = 0;  // another number once a run or a node of one has changed
  virtual Result<std::vector<Run>> runs(std::size_t limit) = 0;  // newest first, without nodes
  virtual Result<Run> run(RunId id) = 0;                         // with nodes
  // The same for what asks often: its nodes have no SQL, sample, file and relation.
  virtual Result<Run> run_without_texts(RunId id) = 0;
  // What the models of the last `runs` published runs made, with the project that did so last.
  virtual Result<std::map<std::string, std::string>> published_relations(std::size_t runs) = 0;

  virtual Result<void> create_namespace(const std::string& name) = 0;
  // On main: a v2 table with the given columns (ids assigned here), unpartitioned.
  virtual Result<std::shared_ptr<const TableState>> create_table(
      const TableName& name, std::vector<table::Field> fields,
      const std::map<std::string, std::string>& properties) = 0;
  // On main: its bindings become detached; files stay for pinned readers.
  virtual Result<void> drop_table(const TableName& name) = 0;

  // Where the files of a table that is about to be made or replaced belong, and which ids its columns get.
  virtual Result<Place> place(const std::string& branch, const TableName& name, std::vector<table::Field> fields) = 0;

  // All of the commit or nothing of it. Waiting commits share one transaction; each succeeds or fails alone.
  virtual Result<Committed> commit(const Commit& commit) = 0;

  // Makes or replaces a topic's binding.
  virtual Result<void> bind(const Binding& binding) = 0;

  // The live data files of a table's current snapshot, from its manifests (cached, bounded). kUnsupported if the
  // snapshot has delete files: reading without them would give wrong rows.
  virtual Result<std::shared_ptr<const std::vector<table::DataFile>>> data_files(const TableState& table) = 0;

  // One bounded pass of housekeeping. Safe to call at any time, by one thread at a time.
  virtual Result<Swept> sweep() = 0;

  // An error once a disk failed and nothing is written until the next start.
  virtual Result<void> health() const = 0;
};

}  // namespace tarn::catalog
