#include "engine/seats.h"

#include <doctest/doctest.h>

#include <thread>

#include "engine/fixture_test.h"

using namespace tarn;
using namespace tarn::engine;
using namespace tarn::engine::testing;

namespace {

const Interrupt kNoInterrupt;

std::unique_ptr<Execution> open(Fixture& fixture) { return must(fixture.seats->open(kNoInterrupt, std::nullopt)); }

}  // namespace

TEST_CASE("a second worker starts when the first one's seats are taken") {
  Fixture fixture({.workers_max = 2, .seats_per_worker = 2});
  std::vector<std::unique_ptr<Execution>> taken;
  for (int i = 0; i < 2; ++i) taken.push_back(open(fixture));
  CHECK(fixture.processes.started() == 1);
  for (int i = 0; i < 2; ++i) taken.push_back(open(fixture));
  CHECK(fixture.processes.started() == 2);
}

TEST_CASE("waiting for a seat is bounded in time and number") {
  Fixture fixture(
      {.workers_max = 1, .seats_per_worker = 1, .queue_max = 1, .queue_wait_max = std::chrono::milliseconds(20)});
  auto taken = open(fixture);
  auto late = fixture.seats->open(kNoInterrupt, std::nullopt);
  REQUIRE(!late);
  CHECK(late.error().sqlstate == "53300");
  auto timed_out = fixture.seats->open(kNoInterrupt, fixture.clock->now());
  REQUIRE(!timed_out);
  CHECK(timed_out.error().sqlstate == "57014");
}

TEST_CASE("a freed seat goes to who waits; a suspended portal holds none") {
  Fixture fixture({.workers_max = 1, .seats_per_worker = 1});
  auto first = open(fixture);
  std::thread waiter([&] { open(fixture); });
  first->suspend();
  waiter.join();
  CHECK(first->resume(kNoInterrupt, std::nullopt).has_value());
}

TEST_CASE("an interrupt ends the wait for a seat") {
  Fixture fixture({.workers_max = 1, .seats_per_worker = 1});
  auto taken = open(fixture);
  Interrupt interrupt;
  std::thread waiter([&] {
    auto refused = fixture.seats->open(interrupt, std::nullopt);
    CHECK(!refused);
  });
  interrupt.raise(Stop::kCancelRequest);
  fixture.seats->wake();
  waiter.join();
}

TEST_CASE("a worker that cannot be started is said; restarts after deaths are backed off") {
  Fixture fixture({.workers_max = 1,
                   .queue_wait_max = std::chrono::milliseconds(30),
                   .restart_wait_min = std::chrono::milliseconds(5)});
  fixture.processes.refuse(true);
  auto refused = fixture.seats->open(kNoInterrupt, std::nullopt);
  REQUIRE(!refused);
  CHECK(refused.error().sqlstate == "57P03");
  CHECK(!fixture.seats->open(kNoInterrupt, std::nullopt));
  fixture.processes.refuse(false);
  CHECK(fixture.seats->open(kNoInterrupt, std::nullopt).has_value());
}
