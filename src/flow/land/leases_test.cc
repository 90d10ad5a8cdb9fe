// Answers that come late, in another order, or never.
#include <doctest/doctest.h>

#include "flow/land/life_test.h"

namespace tarn::flow::land {
namespace {

using log::TopicPartition;

// A life whose worker waits for the test, and a topic of one partition, each of whose ranges lands at once.
struct Held {
  host::FaultyFiles files{1};
  Life life{files, 1};
  Producer producer;
  TopicPartition rides;

  explicit Held(std::chrono::milliseconds worker_stall_max = std::chrono::minutes(2)) {
    log::must(life.start(worker_stall_max));
    log::TopicSpec spec{.name = "rides", .configs = {{"tarn.land.bytes", "1048576"}, {"tarn.land.ms", "3600000"}}};
    rides = {log::must(life.log().create_topic(spec)).id, PartitionId(0)};
    life.worker().hold();
  }
  WorkerScript& worker() { return life.worker(); }
  void send(int count) { producer.send(life.log(), rides, count); }
  void check_all_landed_once() {
    worker().release();
    auto landed = life.land(kSoundWait);
    REQUIRE_MESSAGE(landed, landed.error().message);
    check_rows(life, files, producer);
    CHECK(rows_in_table(life, files).size() == producer.sent.size());
  }
};

}  // namespace

TEST_CASE("a range that was asked for before its partition went back leaves no hole") {
  Held test;
  test.send(1);
  test.worker().answer(Asked::kDecode);
  REQUIRE(test.worker().wait_for(Asked::kWrite));   // 0 to 1
  test.send(1);
  test.worker().answer(Asked::kDecode);             // 1 to 2
  test.send(1);
  REQUIRE(test.worker().wait_for(Asked::kDecode));  // 2 to 3
  test.life.commit_behind_its_back(test.rides, Offset(0), Offset(1), "0 p0-0\n");
  test.worker().answer(Asked::kWrite);              // its commit is fenced: back to 1
  test.worker().answer(Asked::kDecode);             // 2 to 3, which does not follow 1
  test.check_all_landed_once();
}

TEST_CASE("a range that a lease in flight may grow is not landed before the lease answers") {
  Held test;
  test.send(1);
  test.worker().answer(Asked::kDecode);
  REQUIRE(test.worker().wait_for(Asked::kWrite));  // 0 to 1
  test.send(1);
  test.worker().answer(Asked::kDecode);            // 1 to 2, closed
  test.send(1);
  test.worker().answer(Asked::kDecode, true);      // 2 to 3, open
  test.send(1);
  REQUIRE(test.worker().wait_for(Asked::kDecode)); // 2 to 4: grows the one before
  test.worker().answer(Asked::kWrite);
  test.worker().answer(Asked::kWrite);             // 1 to 2
  (void)test.life.land(kBrokenWait);               // 2 to 3 would be written now
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
