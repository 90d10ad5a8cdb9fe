// The rows that housekeeping moves: see sweep.h.
#include "catalog/store.h"

namespace tarn::catalog {
namespace {

std::int64_t count_of(std::size_t count) { return static_cast<std::int64_t>(count); }

}  // namespace

// The version that was the present one at `until` is the oldest that is kept, or the max-th one from the end.
Result<void> Store::forget_versions(TimestampMs until, std::size_t max) {
  TARN_ASSIGN(auto oldest,
              database_->prepare("update catalog set oldest_version=max(oldest_version, version-?1+1, coalesce((select "
                                 "max(version) from version where made_ms<=?2), 0))"));
  TARN_TRY(oldest.bind(1, count_of(max)).bind(2, until.value()).run());
  // Of each branch the newest one before it stays: it says what the branch was then.
  return database_->execute(
      "delete from version where version<(select oldest_version from catalog) and exists (select 1 from version later "
      "where later.branch=version.branch and later.version>version.version and later.version<=(select oldest_version "
      "from catalog)) and not exists (select 1 from branch where base_version=version.version)");
}

Result<void> Store::doom_heads(std::size_t max) {
  // Not seen at any version that is kept, nor by a branch that began when it was.
  constexpr const char* kUnseen =
      " from head where to_version<=(select oldest_version from catalog) and not (branch='main' and exists (select 1 "
      "from branch b where b.base_version>=from_version and b.base_version<to_version))";
  TARN_ASSIGN(auto doom, database_->prepare(std::string("insert or ignore into doomed select location, uuid, kind") +
                                            kUnseen + " and location is not null limit ?"));
  TARN_TRY(doom.bind(1, count_of(max)).run());
  TARN_ASSIGN(auto remove, database_->prepare(std::string("delete") + kUnseen +
                                              " and (location is null or location in (select location from doomed))"));
  return remove.run();
}

Result<std::vector<Doomed>> Store::doomed(std::size_t tables_max, std::size_t locations_max) {
  std::vector<Doomed> all;
  // At random: those that have to wait for a reader must not keep others from their turn.
  TARN_ASSIGN(auto tables, database_->prepare("select distinct uuid, kind from doomed order by random() limit ?"));
  tables.bind(1, count_of(tables_max));
  while (true) {
    TARN_ASSIGN(bool more, tables.step());
    if (!more) break;
    all.push_back({.uuid = uuid_of(tables.blob(0)), .is_view = tables.integer(1) != 0});
  }
  for (Doomed& one : all) {
    TARN_ASSIGN(auto row, database_->prepare("select location from doomed where uuid=?"));
    row.bind(1, ByteView(one.uuid.bytes));
    while (true) {
      TARN_ASSIGN(bool more, row.step());
      if (!more) break;
      (one.locations.size() < locations_max ? one.locations : one.others).push_back(row.text(0));
    }
  }
  return all;
}

Result<std::vector<std::string>> Store::locations(Uuid uuid) {
  TARN_ASSIGN(auto row, database_->prepare("select distinct location from head where uuid=? and location is not null"));
  row.bind(1, ByteView(uuid.bytes));
  std::vector<std::string> all;
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return all;
    all.push_back(row.text(0));
  }
}

Result<void> Store::forget_doomed(const std::string& location) {
  TARN_ASSIGN(auto forget, database_->prepare("delete from doomed where location=?"));
  return forget.bind(1, std::string_view(location)).run();
}

// Those that another branch has taken over.
Result<void> Store::forget_moved(Uuid uuid) {
  TARN_ASSIGN(auto forget,
              database_->prepare("delete from doomed where uuid=? and location in (select location from head)"));
  return forget.bind(1, ByteView(uuid.bytes)).run();
}

Result<void> Store::add_garbage(const std::string& path, TimestampMs due) {
  TARN_ASSIGN(auto add, database_->prepare("insert or replace into garbage values(?, ?)"));
  return add.bind(1, std::string_view(path)).bind(2, due.value()).run();
}

Result<std::vector<std::string>> Store::due_garbage(TimestampMs now, std::size_t max) {
  TARN_ASSIGN(auto row, database_->prepare("select path from garbage where due_ms<=? order by due_ms limit ?"));
  row.bind(1, now.value()).bind(2, count_of(max));
  std::vector<std::string> all;
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return all;
    all.push_back(row.text(0));
  }
}

Result<void> Store::forget_garbage(const std::string& path) {
  TARN_ASSIGN(auto forget, database_->prepare("delete from garbage where path=?"));
  return forget.bind(1, std::string_view(path)).run();
}

}  // namespace tarn::catalog
