// Answers that come late, in another order, or never.
#include <doctest/doctest.h>

#include "flow/land/life_test.h"
#include "flow/land/rules.h"

namespace tarn::flow::land {

TEST_CASE("a range that was asked for before its partition went back leaves no hole") {
  Held test;
  test.send(1);
  test.worker().answer(Asked::kDecode);
  REQUIRE(test.worker().wait_for(Asked::kWrite));  // 0 to 1
  test.send(1);
  test.worker().answer(Asked::kDecode);  // 1 to 2
  test.send(1);
  REQUIRE(test.worker().wait_for(Asked::kDecode));  // 2 to 3
  test.life.commit_behind_its_back(test.rides, Offset(0), Offset(1), "0 p0-0\n");
  test.worker().answer(Asked::kWrite);   // its commit is fenced: back to 1
  test.worker().answer(Asked::kDecode);  // 2 to 3, which does not follow 1
  test.check_all_landed_once();
}

TEST_CASE("a range that a lease in flight may grow is not landed before the lease answers") {
  Held test;
  test.send(1);
  test.worker().answer(Asked::kDecode);
  REQUIRE(test.worker().wait_for(Asked::kWrite));  // 0 to 1
  test.send(1);
  test.worker().answer(Asked::kDecode);  // 1 to 2, closed
  test.send(1);
  test.worker().answer(Asked::kDecode, true);  // 2 to 3, open
  test.send(1);
  REQUIRE(test.worker().wait_for(Asked::kDecode));  // 2 to 4: grows the one before
  test.worker().answer(Asked::kWrite);
  test.worker().answer(Asked::kWrite);  // 1 to 2
  (void)test.life.land(kBrokenWait);    // 2 to 3 would be written now
  test.worker().answer(Asked::kDecode);
  test.check_all_landed_once();
}

TEST_CASE("a worker that lives but answers no more is replaced") {
  Held test(std::chrono::milliseconds(50));
  test.send(3);
  auto landed = test.life.land(kSoundWait);
  REQUIRE_MESSAGE(landed, landed.error().message);
  CHECK(test.life.workers() == 2);
  test.check_all_landed_once();
}

// SQL and models may not take the name, but a lake may be older than that rule.
TEST_CASE("a table that has the dead letters' name stops nothing: they get another") {
  Held test;
  log::must(test.life.catalog().create_table({"public", "rides__dlq"},
                                             {{.name = "x", .type = {.kind = table::TypeKind::kInt}}}, {}));
  test.worker().release();
  test.send(2);
  CHECK(log::append(test.life.log(), test.rides, {"bad"}).status == log::AppendStatus::kOk);
  test.send(2);
  log::must(test.life.land(kSoundWait));
  check_rows(test.life, test.files, test.producer);
  auto state = test.life.catalog().state();
  auto dead = state->find(state->binding(test.rides.topic)->dlq_table);
  REQUIRE(dead);
  CHECK(dead->name == distinct_dead_letter_table_name({"public", "rides"}));
  CHECK(log::must(test.life.catalog().data_files(*dead))->size() == 1);
}

}  // namespace tarn::flow::land
