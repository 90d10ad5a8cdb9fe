#include "catalog/store.h"

#include <fmt/format.h>

namespace tarn::catalog {
namespace {

// Heads are versioned: a row holds from from_version up to, not including, to_version; null: still.
constexpr std::string_view kTables = R"(
create table catalog(version integer not null);
create table branch(name text primary key, base_version integer not null);
create table namespace(name text primary key);
create table head(
  branch text not null references branch(name),
  namespace text not null,
  name text not null,
  uuid blob not null,
  from_version integer not null,
  to_version integer,
  location text not null,
  primary key(branch, namespace, name, from_version)) without rowid;
create index head_open on head(branch, namespace, name) where to_version is null;
create index head_location on head(location);
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
insert into catalog values(0);
insert into branch values('main', 0);
)";

ByteView view(const Uuid& uuid) { return uuid.bytes; }

Uuid uuid_at(host::SqliteStatement& row, int column) {
  Uuid uuid;
  Buffer bytes = row.blob(column);
  if (bytes.size() == uuid.bytes.size()) std::copy(bytes.begin(), bytes.end(), uuid.bytes.begin());
  return uuid;
}

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

Result<std::unique_ptr<Store>> Store::open(host::Files& files, const host::Path& path) {
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
  return store;
}

Result<void> Store::make_tables() {
  TARN_TRY(database_->execute("begin immediate"));
  TARN_TRY(database_->execute(kTables));
  TARN_TRY(database_->execute(fmt::format("insert into namespace values('{}')", kDefaultNamespace)));
  TARN_TRY(database_->execute(fmt::format("pragma user_version={}", kStoreVersion)));
  return database_->execute("commit");
}

Result<Rows> Store::load() {
  Rows rows;
  TARN_ASSIGN(auto version, database_->prepare("select version from catalog"));
  TARN_ASSIGN(bool found, version.step());
  if (!found)
    return fail(Code::kCorruption, "the catalog's database has lost its version row; restore it from a backup");
  rows.version = CatalogVersion(version.integer(0));
  version.reset();
  TARN_ASSIGN(auto names, database_->prepare("select name from namespace"));
  while (true) {
    TARN_ASSIGN(bool more, names.step());
    if (!more) break;
    rows.namespaces.insert(names.text(0));
  }
  TARN_TRY(load_heads(rows));
  TARN_TRY(load_bindings(rows));
  TARN_TRY(load_landed(rows));
  return rows;
}

Result<void> Store::load_heads(Rows& rows) {
  TARN_ASSIGN(auto row,
              database_->prepare(
                  "select namespace, name, uuid, location from head where branch='main' and to_version is null"));
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return {};
    rows.heads.push_back({{row.text(0), row.text(1)}, uuid_at(row, 2), row.text(3)});
  }
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

Result<void> Store::write(const Changes& changes) {
  TARN_TRY(database_->execute("begin immediate"));
  TARN_TRY(write_rows(changes));
  auto committed = database_->execute("commit");
  if (committed) return {};
  disk_failed_ = committed.error().code == Code::kIo;
  return fail(Code::kCommitUnknown,
              fmt::format("the catalog's commit may or may not have happened: {}", committed.error().message));
}

Result<void> Store::write_rows(const Changes& changes) {
  TARN_ASSIGN(auto version, database_->prepare("update catalog set version=?"));
  TARN_TRY(version.bind(1, changes.version.value()).run());
  for (const std::string& name : changes.namespaces) {
    TARN_ASSIGN(auto insert, database_->prepare("insert into namespace values(?)"));
    TARN_TRY(insert.bind(1, std::string_view(name)).run());
  }
  // Heads that close come first: a new table may take a dropped one's name.
  for (const HeadChange& head : changes.heads) {
    if (!head.next) TARN_TRY(write_head(head, changes.version));
  }
  for (const HeadChange& head : changes.heads) {
    if (head.next) TARN_TRY(write_head(head, changes.version));
  }
  for (const std::string& location : changes.forgotten) {
    TARN_ASSIGN(auto forget, database_->prepare("delete from head where location=? and to_version is not null"));
    TARN_TRY(forget.bind(1, std::string_view(location)).run());
  }
  for (const auto& [key, end] : changes.landed) TARN_TRY(write_landed(key, end));
  for (const auto& [topic, binding] : changes.bindings) TARN_TRY(write_binding(binding));
  return write_outcomes(changes);
}

Result<void> Store::write_head(const HeadChange& head, CatalogVersion version) {
  if (!head.is_new) {
    TARN_ASSIGN(
        auto close,
        database_->prepare(
            "update head set to_version=? where branch='main' and namespace=? and name=? and to_version is null"));
    TARN_TRY(close.bind(1, version.value())
                 .bind(2, std::string_view(head.name.name_space))
                 .bind(3, std::string_view(head.name.name))
                 .run());
    if (database_->changes() != 1)
      return fail(Code::kCorruption, fmt::format("the catalog's database has no head of table {}, though it is known",
                                                 to_string(head.name)));
  }
  if (!head.next) {
    TARN_ASSIGN(auto forget, database_->prepare("delete from landed where table_uuid=?"));
    return forget.bind(1, view(head.uuid)).run();
  }
  TARN_ASSIGN(auto insert, database_->prepare("insert into head values('main', ?, ?, ?, ?, null, ?)"));
  return insert.bind(1, std::string_view(head.name.name_space))
      .bind(2, std::string_view(head.name.name))
      .bind(3, view(head.uuid))
      .bind(4, version.value())
      .bind(5, std::string_view(head.next->metadata_location))
      .run();
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
