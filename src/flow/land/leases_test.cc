// Answers that come late, in another order, or never.
#include <doctest/doctest.h>

#include "flow/land/life_test.h"

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

}  // namespace tarn::flow::land
