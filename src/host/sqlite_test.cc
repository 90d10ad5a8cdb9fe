#include "host/sqlite.h"

#include <doctest/doctest.h>

#include "host/fault_sweep.h"
#include "host/test_folder.h"

using namespace tarn;
using namespace tarn::host;

namespace {

constexpr const char* kPath = "catalog.db";
constexpr int kTransactions = 6;

Code code_of(const auto& result) { return result ? Code::kInternal : result.error().code; }

std::unique_ptr<Sqlite> must_open(Files& files, const Path& path = kPath) {
  auto opened = Sqlite::open(files, path);
  REQUIRE_MESSAGE(opened.has_value(), opened.error().message);
  return std::move(*opened);
}

Result<std::int64_t> try_number(Sqlite& db, std::string_view sql) {
  TARN_ASSIGN(auto statement, db.prepare(sql));
  TARN_TRY(statement.step());
  return statement.integer(0);
}

std::int64_t number(Sqlite& db, std::string_view sql) {
  auto value = try_number(db, sql);
  REQUIRE_MESSAGE(value.has_value(), value.error().message);
  return *value;
}

Result<void> make_tables(Sqlite& db) {
  return db.execute(
      "create table if not exists heads (id integer primary key, payload blob);"
      "create table if not exists offsets (id integer primary key, landed integer not null)");
}

// Commits row `id` of both tables, the payload over several pages.
Result<void> commit_one(Sqlite& db, std::int64_t id) {
  TARN_TRY(db.execute("begin immediate"));
  TARN_ASSIGN(auto head, db.prepare("insert into heads values (?, ?)"));
  TARN_TRY(head.bind(1, id).bind(2, Buffer(9000, std::byte(id))).run());
  TARN_ASSIGN(auto offset, db.prepare("insert into offsets values (?, ?)"));
  TARN_TRY(offset.bind(1, id).bind(2, id * 10).run());
  return db.execute("commit");
}

// Rows 1 to the returned number are there, whole, in both tables; nothing else is.
std::int64_t check_whole(Sqlite& db) {
  auto integrity = db.prepare("pragma integrity_check");
  REQUIRE(integrity);
  REQUIRE(integrity->step());
  CHECK(integrity->text(0) == "ok");
  std::int64_t count = number(db, "select count(*) from heads");
  CHECK(number(db, "select count(*) from offsets") == count);
  CHECK(number(db, "select coalesce(max(id), 0) from offsets where landed = id * 10") == count);
  auto payloads = db.prepare("select id, payload from heads order by id");
  for (std::int64_t id = 1; payloads->step().value(); ++id) {
    CHECK(payloads->integer(0) == id);
    CHECK(payloads->blob(1) == Buffer(9000, std::byte(id)));
  }
  return count;
}

// Opens, makes the tables, commits up to row kTransactions; expects at least `before` rows. Returns the last row that
// was acknowledged, now or before. Stops at the first error.
std::int64_t work(Files& files, std::int64_t before = 0) {
  auto db = Sqlite::open(files, kPath);
  if (!db || !make_tables(**db)) return before;
  if (!(*db)->execute("pragma wal_autocheckpoint = 8")) return before;  // several checkpoints in a run
  auto count = try_number(**db, "select count(*) from heads");
  if (!count) return before;
  CHECK(*count >= before);
  std::int64_t acked = std::max(before, *count);
  while (acked < kTransactions && commit_one(**db, acked + 1)) ++acked;
  return acked;
}

// All of `acked` is there, and what is seen now stays even if power is lost before another write.
void check_recovered(FaultyFiles& files, std::int64_t acked) {
  auto db = must_open(files);
  REQUIRE(make_tables(*db));
  std::int64_t count = check_whole(*db);
  CHECK(count >= acked);
  CHECK(count <= kTransactions);
  files.crash(Fault::kPowerLoss);
  db.reset();
  files.restart();
  CHECK(check_whole(*must_open(files)) == count);
}

}  // namespace

TEST_CASE("values come back as they were bound") {
  FaultyFiles files(1);
  auto db = must_open(files);
  REQUIRE(db->execute("create table t (i integer, t text, b blob, n text unique)"));
  auto insert = db->prepare("insert into t values (?, ?, ?, ?)");
  REQUIRE(insert);
  CHECK(insert->bind(1, std::int64_t{-7}).bind(2, "it's\0text").bind(3, as_bytes("\0x")).bind_null(4).run());
  CHECK(insert->bind(1, std::int64_t{1} << 40).bind(2, std::string_view()).bind(3, ByteView()).bind(4, "n").run());
  CHECK(db->changes() == 1);
  CHECK(code_of(insert->run()) == Code::kConflict);
  auto select = db->prepare("select * from t order by i");
  REQUIRE(select);
  CHECK(select->step() == true);
  CHECK(select->integer(0) == -7);
  CHECK(select->text(1) == "it's");
  CHECK(select->is_null(3));
  CHECK(select->step() == true);
  CHECK(select->integer(0) == std::int64_t{1} << 40);
  CHECK(!select->is_null(1));
  CHECK(!select->is_null(2));
  CHECK(select->blob(2).empty());
  CHECK(select->step() == false);
  CHECK(code_of(db->execute("select nonsense from t")) == Code::kInternal);
  CHECK(code_of(db->prepare("")) == Code::kInternal);
}

TEST_CASE("on real files a database lasts, and other programs are kept out") {
  TestFolder folder;
  auto files = real_files();
  {
    auto db = must_open(*files, folder.file("c.db"));
    REQUIRE(make_tables(*db));
    CHECK(commit_one(*db, 1));
    CHECK(code_of(Sqlite::open(*files, folder.file("c.db"))) == Code::kUnavailable);
  }
  auto db = must_open(*files, folder.file("c.db"));
  CHECK(check_whole(*db) == 1);
  CHECK(files->exists(folder.file("c.db-shm")) == false);
}

TEST_CASE("bytes that are no database are refused") {
  FaultyFiles files(1);
  REQUIRE(write_file_atomically(files, kPath, as_bytes(std::string(8192, 'x'))));
  CHECK(code_of(Sqlite::open(files, kPath)) == Code::kCorruption);
}

TEST_CASE("a full disk refuses a commit, and the next one succeeds when there is room") {
  FaultyFiles files(1);
  auto db = must_open(files);
  REQUIRE(make_tables(*db));
  REQUIRE(commit_one(*db, 1));
  files.set_capacity(files.used() + 5000_B);
  CHECK(code_of(commit_one(*db, 2)) == Code::kUnavailable);
  (void)db->execute("rollback");
  CHECK(check_whole(*db) == 1);
  files.set_capacity(1_GiB);
  CHECK(commit_one(*db, 2));
  CHECK(check_whole(*db) == 2);
}

TEST_CASE("after a failed sync nothing is written until the database is opened anew") {
  FaultyFiles files(1);
  auto db = must_open(files);
  REQUIRE(make_tables(*db));
  files.inject_on(Call::kSync, "", Fault::kIo);
  CHECK(code_of(commit_one(*db, 1)) == Code::kIo);
  files.clear_faults();
  (void)db->execute("rollback");
  CHECK(code_of(commit_one(*db, 1)) == Code::kIo);
  db.reset();
  db = must_open(files);
  check_whole(*db);
}

TEST_CASE("what was committed survives, what was not is absent, whatever breaks") {
  auto body = [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    point.arm(files);
    std::int64_t acked = work(files);
    INFO(files.last_fault());
    point.disarm(files);
    files.restart();
    check_recovered(files, acked);
  };
  CHECK(sweep_faults("sqlite commits", {}, body).faults_met > 500);
}

TEST_CASE("a recovery that breaks loses nothing either") {
  auto body = [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    // Killed in one of the last commits, whichever the seed says: a log full of un-synced pages is left.
    files.inject(100 + point.seed * 7 % 70, Fault::kKill);
    std::int64_t acked = work(files);
    CHECK(files.crashed());
    files.restart();
    point.arm(files);
    acked = work(files, acked);
    INFO(files.last_fault());
    files.restart();
    acked = work(files, acked);
    point.disarm(files);
    files.restart();
    check_recovered(files, acked);
  };
  CHECK(sweep_faults("sqlite recovery", {.seeds = 2, .stride = 3}, body).faults_met > 200);
}

TEST_CASE("a database whose making broke can be made and used") {
  auto body = [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    point.arm(files);
    if (auto db = Sqlite::open(files, kPath)) (void)make_tables(**db);
    INFO(files.last_fault());
    point.disarm(files);
    files.restart();
    check_recovered(files, 0);
  };
  CHECK(sweep_faults("sqlite making", {.faults = {Fault::kIo, Fault::kPowerLoss}, .seeds = 3}, body).faults_met > 200);
}
