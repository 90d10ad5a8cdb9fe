// A long column becomes double while other things go on, or wrong.
#include <doctest/doctest.h>

#include <thread>

#include "flow/land/life_test.h"

namespace tarn::flow::land {
namespace {

// A table with one landed row, and a record with a fraction that waits to be decoded.
struct Replaced : Held {
  Replaced() : Held(std::chrono::minutes(2), Rides::kInferred) {
    send(1);
    worker().answer(Asked::kDecode);  // what it is
    worker().answer(Asked::kDecode);
    worker().answer(Asked::kWrite);
    send(1, ".5");
    REQUIRE(worker().wait_for(Asked::kDecode));
  }
  std::size_t data_files() {
    return log::must(files.list(host::join(table::from_uri(life.table()->metadata->location), "data"))).size();
  }
  bool is_double() { return life.table()->metadata->schema().find("v")->type.kind == table::TypeKind::kDouble; }
  void check_replaced() {
    check_all_landed_once();
    CHECK(is_double());
    CHECK(life.table()->metadata->schema().find("v")->id != FieldId(1));
  }
};

}  // namespace

TEST_CASE("before a column is replaced leases in flight end and what they decoded lands; after it leases go on") {
  Replaced test;
  test.producer.send(test.life.log(), test.other, 1);
  while (test.worker().waiting(Asked::kDecode) < 2) std::this_thread::yield();
  test.worker().answer(Asked::kDecode);  // the fraction
  test.send(1);
  test.producer.send(test.life.log(), test.other, 1, ".5");
  test.worker().answer(Asked::kDecode);            // of the other partition, in the old schema
  REQUIRE(test.worker().wait_for(Asked::kWrite));  // though little waits
  CHECK(test.worker().waiting(Asked::kDecode) == 0);
  CHECK(test.worker().waiting(Asked::kRewrite) == 0);
  CHECK_FALSE(test.is_double());
  test.worker().answer(Asked::kWrite);
  REQUIRE(test.worker().wait_for(Asked::kRewrite));
  CHECK(test.worker().waiting(Asked::kDecode) == 0);
  test.worker().answer(Asked::kRewrite);
  REQUIRE(test.worker().wait_for(Asked::kDecode));
  CHECK(test.is_double());
  CHECK(log::must(test.life.catalog().data_files(*test.life.table()))->size() == 1);
  test.check_replaced();
}

TEST_CASE("a worker that dies in a rewrite costs one attempt") {
  Replaced test;
  test.worker().answer(Asked::kDecode);
  REQUIRE(test.worker().wait_for(Asked::kRewrite));
  test.life.kill_worker();
  test.check_replaced();
  CHECK(test.life.workers() == 2);
}

TEST_CASE("files that came behind a replacement's back are rewritten too, and what was in vain is removed") {
  Replaced test;
  test.worker().answer(Asked::kDecode);
  REQUIRE(test.worker().wait_for(Asked::kRewrite));
  test.life.commit_behind_its_back(test.rides, Offset(1), Offset(2), "1 p0-1.5\n");
  test.worker().answer(Asked::kRewrite);             // conflicts
  REQUIRE(test.worker().wait_for(Asked::kRewrite));  // of both files
  CHECK(test.data_files() == 2);
  CHECK_FALSE(test.is_double());
  test.check_replaced();
}

TEST_CASE("a table that outgrew the bound meanwhile keeps its column") {
  Replaced test;
  test.life.commit_behind_its_back(test.rides, Offset(1), Offset(2), "1 p0-1.5\n", engine::kReplaceBytesMax);
  test.worker().answer(Asked::kDecode);  // asked when it was smaller
  REQUIRE(test.worker().wait_for(Asked::kDecode));
  CHECK(test.worker().waiting(Asked::kRewrite) == 0);
  test.check_all_landed_once();  // this worker has no dead letters
  CHECK_FALSE(test.is_double());
}

TEST_CASE("a rewrite that never succeeds is given up, and the column stays") {
  Replaced test;
  std::string path = table::from_uri(log::must(test.life.catalog().data_files(*test.life.table()))->front().file_path);
  Buffer content = log::must(host::read_file(test.files, path, 1_MiB));
  log::must(test.files.remove(path));
  test.worker().answer(Asked::kDecode);
  for (int tries = 0; tries < 5; ++tries) test.worker().answer(Asked::kRewrite);
  REQUIRE(test.worker().wait_for(Asked::kDecode));
  auto file = log::must(test.files.open(path, host::OpenMode::kCreateNew));
  log::must(file->write_at(content, 0_B));
  test.check_all_landed_once();  // this worker has no dead letters
  CHECK_FALSE(test.is_double());
}

TEST_CASE("a rewrite that every worker dies of is given up, and the column stays") {
  Replaced test;
  test.worker().answer(Asked::kDecode);
  test.worker().hold(true);
  for (int tries = 0; tries < 5; ++tries) {
    REQUIRE(test.worker().wait_for(Asked::kRewrite));
    test.life.kill_worker();
  }
  REQUIRE(test.worker().wait_for(Asked::kDecode));
  test.check_all_landed_once();  // this worker has no dead letters
  CHECK_FALSE(test.is_double());
}

TEST_CASE("an empty table's column is replaced without a file") {
  Held test(std::chrono::minutes(2), Rides::kInferred);
  test.send(1);
  REQUIRE(test.worker().wait_for(Asked::kDecode));
  test.send(1, ".5");
  test.worker().answer(Asked::kDecode);  // what the first is
  test.worker().answer(Asked::kDecode);  // both
  REQUIRE(test.worker().wait_for(Asked::kDecode));
  CHECK(test.worker().waiting(Asked::kRewrite) == 0);
  CHECK(test.life.table()->metadata->schema().find("v")->type.kind == table::TypeKind::kDouble);
  test.check_all_landed_once();
}

}  // namespace tarn::flow::land
