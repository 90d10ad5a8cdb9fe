#include <doctest/doctest.h>

#include "host/clock.h"
#include "host/random.h"

using namespace tarn;
using namespace tarn::host;
using namespace std::chrono_literals;

TEST_CASE("the manual clock moves only when told, the real one by itself") {
  ManualClock manual(TimestampMs(1000));
  CHECK(manual.wall_ms() == TimestampMs(1000));
  auto start = manual.now();
  manual.sleep_until(start + 2s);
  CHECK(manual.now() - start == 2s);
  CHECK(manual.wall_ms() == TimestampMs(3000));

  auto real = real_clock();
  auto before = real->now();
  real->sleep_until(before + 1ms);
  CHECK(real->now() - before >= 1ms);
  CHECK(real->wall_ms() > TimestampMs(1'600'000'000'000));
}

TEST_CASE("a seed gives the same bytes again, the kernel never does") {
  auto a = seeded_random(7), b = seeded_random(7), c = seeded_random(8);
  Uuid first = a->uuid();
  CHECK(first == b->uuid());
  CHECK(first != c->uuid());
  CHECK(first.to_string()[14] == '4');
  auto real = real_random();
  CHECK(real->uuid() != real->uuid());
}
