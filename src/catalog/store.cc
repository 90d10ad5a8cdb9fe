#include "catalog/store.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::catalog {
namespace {

// Heads are versioned: a row holds from from_version up to, not including, to_version; null: still. A null location
// says that the branch has nothing at this name, whatever its base has.
constexpr std::string_view kHeadTable = R"(
create table head(
  branch text not null,
  namespace text not null,
  name text not null,
  uuid blob not null,
  kind integer not null,
  from_version integer not null,
  to_version integer,
  location text,
  primary key(branch, namespace, name, from_version)) without rowid;
create index head_open on head(branch, namespace, name) where to_version is null;
create index head_location on head(location);
create index head_uuid on head(uuid);
create index head_closed on head(to_version) where to_version is not null;
)";

// What layout 1 did not have.
constexpr std::string_view kTablesOf2 = R"(
create table version(version integer primary key, branch text not null, made_ms integer not null);
create table doomed(location text primary key, uuid blob not null, kind integer not null) without rowid;
create index doomed_uuid on doomed(uuid);
create table garbage(path text primary key, due_ms integer not null) without rowid;
create index garbage_due on garbage(due_ms);
create table run(
  id integer primary key autoincrement,
  project text not null,
  state integer not null,
  started_ms integer not null,
  finished_ms integer,
  message text not null default '',
  base_version integer,
  published_version integer,
  changed integer not null default 0,
  text_bytes integer not null default 0);
create table run_node(
  run integer not null,
  position integer not null,
  name text not null,
  kind integer not null,
  materialized text not null,
  state integer not null,
  started_ms integer,
  finished_ms integer,
  row_count integer,
  failures integer,
  message text not null,
  compiled_sql text not null,
  sample_json text not null,
  file text not null,
  primary key(run, name));
)";

// What layout 2 did not have.
constexpr std::string_view kColumnOf3 = "alter table run_node add column relation text not null default '';";

constexpr std::string_view kTables = R"(
create table catalog(version integer not null, oldest_version integer not null);
create table branch(
  name text primary key,
  base_version integer not null,
  at_version integer not null,
  created_ms integer not null,
  expires_ms integer) without rowid;
create table namespace(name text primary key);
create table binding(
  topic blob primary key,
  topic_name text not null,
  table_uuid blob not null,
  dlq_uuid blob,
  format integer not null,
  declared integer not null,
  detached integer not null) without rowid;
create table landed(
  table_uuid blob not null,
  source blob not null,
  partition integer not null,
  end_offset integer not null,
  primary key(table_uuid, source, partition)) without rowid;
create table outcome(key text primary key, expires_ms integer not null, committed blob not null) without rowid;
create index outcome_expiry on outcome(expires_ms);
insert into catalog values(0, 0);
)";

ByteView view(const Uuid& uuid) { return uuid.bytes; }

Uuid uuid_at(host::SqliteStatement& row, int column) { return uuid_of(row.blob(column)); }

Buffer encode(const Committed& committed) {
  Encoder encoder;
  encoder.put(committed.version);
  encoder.put(static_cast<std::uint32_t>(committed.snapshots.size()));
  for (const auto& [table, snapshot] : committed.snapshots) {
    encoder.put(table);
    encoder.put(snapshot);
  }
  return encoder.take();
}

std::optional<Committed> decode(ByteView bytes) {
  Decoder decoder(bytes);
  Committed committed{.version = decoder.get_id<CatalogVersion>()};
  std::uint32_t count = decoder.get_count(24);
  for (std::uint32_t i = 0; i < count; ++i) {
    TableUuid table = decoder.get_uuid();
    committed.snapshots[table] = decoder.get_id<SnapshotId>();
  }
  if (!decoder.ok()) return std::nullopt;
  return committed;
}

}  // namespace

Uuid uuid_of(ByteView bytes) {
  Uuid uuid;
  if (bytes.size() == uuid.bytes.size()) std::ranges::copy(bytes, uuid.bytes.begin());
  return uuid;
}

Result<std::unique_ptr<Store>> Store::open(host::Files& files, const host::Path& path, TimestampMs now) {
  TARN_ASSIGN(auto database, host::Sqlite::open(files, path));
  auto store = std::unique_ptr<Store>(new Store(std::move(database)));
  std::int64_t version = 0;
  {
    TARN_ASSIGN(auto row, store->database_->prepare("pragma user_version"));
    TARN_ASSIGN(bool found, row.step());
    if (found) version = row.integer(0);
  }
  if (version > kStoreVersion)
    return fail(Code::kUnsupported,
                fmt::format("{} was written by a newer Tarn (catalog version {}, this one reads {}); start that one",
                            path, version, kStoreVersion));
  if (version == 0) TARN_TRY(store->make_tables());
  if (version == 1) TARN_TRY(store->migrate_from_1(now));
  if (version == 2) TARN_TRY(store->migrate_from_2());
  return store;
}

Result<void> Store::make_tables() {
  TARN_TRY(database_->execute("begin immediate"));
  for (std::string_view tables : {kTables, kHeadTable, kTablesOf2, kColumnOf3}) TARN_TRY(database_->execute(tables));
  TARN_TRY(database_->execute(fmt::format("insert into namespace values('{}')", kDefaultNamespace)));
  TARN_TRY(database_->execute("insert into version values(0, 'main', 0)"));
  TARN_TRY(database_->execute(fmt::format("pragma user_version={}", kStoreVersion)));
  return database_->execute("commit");
}

// Layout 1 had main alone. Its older versions were never whole: the present one is the oldest that is kept.
Result<void> Store::migrate_from_1(TimestampMs now) {
  TARN_TRY(database_->execute("begin immediate"));
  TARN_TRY(
      database_->execute("alter table head rename to head_1; drop index head_open; drop index head_location; "
                         "alter table catalog add column oldest_version integer not null default 0;"));
  TARN_TRY(database_->execute(kHeadTable));
  TARN_TRY(database_->execute(kTablesOf2));
  TARN_TRY(database_->execute(kColumnOf3));
  TARN_TRY(database_->execute(R"(
insert into head select branch, namespace, name, uuid, 0, from_version, to_version, location from head_1;
drop table head_1;
drop table branch;
create table branch(
  name text primary key,
  base_version integer not null,
  at_version integer not null,
  created_ms integer not null,
  expires_ms integer) without rowid;
update catalog set oldest_version=version;
)"));
  TARN_TRY(database_->execute(fmt::format("insert into version select version, 'main', {} from catalog", now.value())));
  TARN_TRY(database_->execute(fmt::format("pragma user_version={}", kStoreVersion)));
  return database_->execute("commit");
}

Result<void> Store::migrate_from_2() {
  TARN_TRY(database_->execute("begin immediate"));
  TARN_TRY(database_->execute(kColumnOf3));
  TARN_TRY(database_->execute(fmt::format("pragma user_version={}", kStoreVersion)));
  return database_->execute("commit");
}

Result<Rows> Store::load() {
  Rows rows;
  {
    TARN_ASSIGN(
        auto version,
        database_->prepare("select version, (select max(version) from version where branch='main') from catalog"));
    TARN_ASSIGN(bool found, version.step());
    if (!found || version.is_null(1))
      return fail(Code::kCorruption, "the catalog's database has lost its version row; restore it from a backup");
    rows.version = CatalogVersion(version.integer(0));
    rows.main = CatalogVersion(version.integer(1));
  }
  TARN_ASSIGN(auto names, database_->prepare("select name from namespace"));
  while (true) {
    TARN_ASSIGN(bool more, names.step());
    if (!more) break;
    rows.namespaces.insert(names.text(0));
  }
  TARN_TRY(load_heads(rows));
  TARN_TRY(load_branches(rows));
  TARN_TRY(load_bindings(rows));
  TARN_TRY(load_landed(rows));
  return rows;
}

Result<void> Store::load_heads(Rows& rows) {
  TARN_ASSIGN(rows.heads, heads(std::string(kMainBranch), rows.version));
  return {};
}

Result<std::vector<Head>> Store::heads(const std::string& branch, CatalogVersion version) {
  TARN_ASSIGN(auto row, database_->prepare("select namespace, name, uuid, kind, location from head where branch=?1 and "
                                           "from_version<=?2 and (to_version is null or to_version>?2)"));
  row.bind(1, std::string_view(branch)).bind(2, version.value());
  std::vector<Head> heads;
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return heads;
    heads.push_back({{row.text(0), row.text(1)}, uuid_at(row, 2), row.integer(3) != 0, row.text(4)});
  }
}

Result<void> Store::load_branches(Rows& rows) {
  TARN_ASSIGN(auto row,
              database_->prepare("select name, base_version, at_version, created_ms, expires_ms from branch"));
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return {};
    rows.branches.push_back({.name = row.text(0),
                             .base = CatalogVersion(row.integer(1)),
                             .at = CatalogVersion(row.integer(2)),
                             .created = TimestampMs(row.integer(3)),
                             .expires = TimestampMs(row.integer(4))});
  }
}

Result<std::optional<CatalogVersion>> Store::version_at(const std::string& branch, CatalogVersion version) {
  TARN_ASSIGN(auto row, database_->prepare("select max(version) from version where branch=? and version<=?"));
  row.bind(1, std::string_view(branch)).bind(2, version.value());
  TARN_ASSIGN(bool found, row.step());
  if (!found || row.is_null(0)) return std::nullopt;
  return CatalogVersion(row.integer(0));
}

Result<CatalogVersion> Store::oldest() {
  TARN_ASSIGN(auto row, database_->prepare("select oldest_version from catalog"));
  TARN_TRY(row.step());
  return CatalogVersion(row.integer(0));
}

Result<void> Store::add_branch(const BranchState& branch) {
  TARN_ASSIGN(auto insert, database_->prepare("insert into branch values(?, ?, ?, ?, ?)"));
  TARN_TRY(insert.bind(1, std::string_view(branch.name))
               .bind(2, branch.base.value())
               .bind(3, branch.at.value())
               .bind(4, branch.created.value())
               .bind(5, branch.expires->value())
               .run());
  auto run = run_of(branch.name);
  if (!run) return {};
  TARN_ASSIGN(auto note, database_->prepare("update run set base_version=? where id=?"));
  return note.bind(1, branch.base.value()).bind(2, run->value()).run();
}

Result<void> Store::keep_branch(const std::string& name, TimestampMs expires) {
  TARN_ASSIGN(auto update, database_->prepare("update branch set expires_ms=? where name=?"));
  return update.bind(1, expires.value()).bind(2, std::string_view(name)).run();
}

// Its metadata files are doomed: whether anything else refers to what they name is looked at later.
Result<void> Store::remove_branch(const std::string& name) {
  for (const char* sql :
       {"insert or ignore into doomed select location, uuid, kind from head where branch=? and location is not null",
        "delete from head where branch=?", "delete from version where branch=?", "delete from branch where name=?"}) {
    TARN_ASSIGN(auto statement, database_->prepare(sql));
    TARN_TRY(statement.bind(1, std::string_view(name)).run());
  }
  return {};
}

Result<void> Store::load_bindings(Rows& rows) {
  TARN_ASSIGN(auto row, database_->prepare(
                            "select topic, topic_name, table_uuid, dlq_uuid, format, declared, detached from binding"));
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return {};
    Binding binding{.topic = uuid_at(row, 0),
                    .topic_name = row.text(1),
                    .table = uuid_at(row, 2),
                    .dlq_table = uuid_at(row, 3),
                    .format = static_cast<BindingFormat>(row.integer(4)),
                    .declared = row.integer(5) != 0,
                    .detached = row.integer(6) != 0};
    rows.bindings[binding.topic] = std::move(binding);
  }
}

Result<void> Store::load_landed(Rows& rows) {
  TARN_ASSIGN(auto row, database_->prepare("select table_uuid, source, partition, end_offset from landed"));
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return {};
    LandedKey key{uuid_at(row, 0), uuid_at(row, 1), PartitionId(static_cast<std::int32_t>(row.integer(2)))};
    rows.landed[key] = Offset(row.integer(3));
  }
}

Result<std::optional<Committed>> Store::outcome(const std::string& key, TimestampMs now) {
  TARN_ASSIGN(auto row, database_->prepare("select committed from outcome where key=? and expires_ms>?"));
  row.bind(1, std::string_view(key)).bind(2, now.value());
  TARN_ASSIGN(bool found, row.step());
  if (!found) return std::nullopt;
  return decode(row.blob(0));
}

Result<void> Store::transaction(const std::function<Result<void>()>& change) {
  broken_ = true;
  TARN_TRY(database_->execute("begin immediate"));
  broken_ = false;
  if (auto changed = change(); !changed) {
    bool ours = changed.error().code != Code::kIo && changed.error().code != Code::kUnavailable &&
                changed.error().code != Code::kCorruption && changed.error().code != Code::kInternal;
    broken_ = !ours || !database_->execute("rollback");
    return changed;
  }
  auto committed = database_->execute("commit");
  if (committed) return {};
  broken_ = true;
  disk_failed_ = committed.error().code == Code::kIo;
  bool full = committed.error().code == Code::kUnavailable;
  return fail(Code::kCommitUnknown, fmt::format("the catalog's commit may or may not have happened: {}{}",
                                                committed.error().message, full ? "; make room on the disk" : ""));
}

Result<void> Store::write(const Changes& changes) {
  return transaction([&] { return write_rows(changes); });
}

Result<void> Store::write_rows(const Changes& changes) {
  TARN_ASSIGN(auto version, database_->prepare("update catalog set version=?"));
  TARN_TRY(version.bind(1, changes.version.value()).run());
  TARN_ASSIGN(auto made, database_->prepare("insert into version values(?, ?, ?)"));
  TARN_TRY(made.bind(1, changes.version.value())
               .bind(2, std::string_view(changes.branch))
               .bind(3, changes.now.value())
               .run());
  if (changes.branch != kMainBranch) {
    TARN_ASSIGN(auto at, database_->prepare("update branch set at_version=? where name=?"));
    TARN_TRY(at.bind(1, changes.version.value()).bind(2, std::string_view(changes.branch)).run());
  }
  for (const std::string& name : changes.namespaces) {
    TARN_ASSIGN(auto insert, database_->prepare("insert into namespace values(?)"));
    TARN_TRY(insert.bind(1, std::string_view(name)).run());
  }
  // Heads that close come first: something new may take a dropped one's name.
  for (const HeadChange& head : changes.heads) TARN_TRY(close_head(changes.branch, head, changes.version));
  for (const HeadChange& head : changes.heads) TARN_TRY(open_head(changes.branch, head, changes.version));
  for (const auto& [key, end] : changes.landed) TARN_TRY(write_landed(key, end));
  for (const auto& [topic, binding] : changes.bindings) TARN_TRY(write_binding(binding));
  for (const std::string& name : changes.published) TARN_TRY(remove_branch(name));
  for (const FinishedRun& one : changes.finished) TARN_TRY(finish_run(one, changes.version, changes.now));
  return write_outcomes(changes);
}

Result<void> Store::close_head(const std::string& branch, const HeadChange& head, CatalogVersion version) {
  if (head.is_new) return {};
  TARN_ASSIGN(auto close,
              database_->prepare("update head set to_version=? where branch=? and namespace=? and name=? and "
                                 "to_version is null"));
  TARN_TRY(close.bind(1, version.value())
               .bind(2, std::string_view(branch))
               .bind(3, std::string_view(head.name.name_space))
               .bind(4, std::string_view(head.name.name))
               .run());
  if (branch != kMainBranch) return {};  // what it has from its base has no row to close
  if (database_->changes() != 1)
    return fail(Code::kCorruption,
                fmt::format("the catalog's database has no head of {}, though it is known", to_string(head.name)));
  if (head.next) return {};
  TARN_ASSIGN(auto forget, database_->prepare("delete from landed where table_uuid=?"));
  return forget.bind(1, view(head.uuid)).run();
}

Result<void> Store::open_head(const std::string& branch, const HeadChange& head, CatalogVersion version) {
  if (!head.next && branch == kMainBranch) return {};
  // "or": one commit may drop a table of the base and put a view at its name.
  TARN_ASSIGN(auto insert,
              database_->prepare(head.next ? "insert or replace into head values(?, ?, ?, ?, ?, ?, null, ?)"
                                           : "insert or ignore into head values(?, ?, ?, ?, ?, ?, null, ?)"));
  insert.bind(1, std::string_view(branch))
      .bind(2, std::string_view(head.name.name_space))
      .bind(3, std::string_view(head.name.name))
      .bind(4, view(head.uuid))
      .bind(5, std::int64_t{head.next.view != nullptr})
      .bind(6, version.value());
  if (head.next)
    insert.bind(7, std::string_view(head.next.location()));
  else
    insert.bind_null(7);
  return insert.run();
}

Result<void> Store::write_binding(const Binding& binding) {
  TARN_ASSIGN(auto upsert, database_->prepare("insert or replace into binding values(?, ?, ?, ?, ?, ?, ?)"));
  upsert.bind(1, view(binding.topic)).bind(2, std::string_view(binding.topic_name)).bind(3, view(binding.table));
  if (binding.dlq_table.is_zero())
    upsert.bind_null(4);
  else
    upsert.bind(4, view(binding.dlq_table));
  return upsert.bind(5, static_cast<std::int64_t>(binding.format))
      .bind(6, std::int64_t{binding.declared})
      .bind(7, std::int64_t{binding.detached})
      .run();
}

Result<void> Store::write_landed(const LandedKey& key, Offset end) {
  TARN_ASSIGN(auto upsert, database_->prepare("insert or replace into landed values(?, ?, ?, ?)"));
  return upsert.bind(1, view(key.table))
      .bind(2, view(key.source))
      .bind(3, std::int64_t{key.partition.value()})
      .bind(4, end.value())
      .run();
}

Result<void> Store::write_outcomes(const Changes& changes) {
  for (const auto& [key, committed] : changes.outcomes) {
    std::int64_t expires = changes.now.value() + std::chrono::milliseconds(kOutcomeLifetime).count();
    TARN_ASSIGN(auto insert, database_->prepare("insert or replace into outcome values(?, ?, ?)"));
    TARN_TRY(insert.bind(1, std::string_view(key)).bind(2, expires).bind(3, ByteView(encode(committed))).run());
  }
  TARN_ASSIGN(auto expire, database_->prepare("delete from outcome where expires_ms<=?"));
  return expire.bind(1, changes.now.value()).run();
}

}  // namespace tarn::catalog
