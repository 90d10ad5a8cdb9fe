#include "flow/publish/schedule.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "flow/publish/testing_plan_test.h"

namespace tarn::flow::publish {
namespace {

using enum RunNodeState;
using Nodes = std::vector<std::size_t>;

TEST_CASE("models run once what they need is built, tests once every model has ended") {
  model::Plan plan = plan_of({view("a"), view("b"), view("c", {"a", "b"}), check("t", {"a"})});
  Schedule schedule(plan);
  CHECK(schedule.next() == 0);
  CHECK(schedule.next() == 1);
  CHECK(!schedule.next());
  CHECK(schedule.end(0, kOk).empty());
  CHECK(!schedule.next());
  schedule.end(1, kOk);
  CHECK(schedule.next() == 2);
  CHECK(!schedule.next());  // the test waits, though what it reads is built
  schedule.end(2, kOk);
  CHECK(schedule.next() == 3);
  CHECK(!schedule.finished());
  schedule.end(3, kWarn);
  CHECK(schedule.finished());
}

TEST_CASE("what depends on a failed model is skipped, with the tests of it; the rest goes on") {
  model::Plan plan = plan_of({view("a"), view("b"), view("c", {"a"}), view("d", {"c"}), check("of_b", {"b"}),
                              check("of_d", {"d"}), check("of_both", {"a", "b"})});
  Schedule schedule(plan);
  CHECK(schedule.next() == 0);
  Nodes skipped = schedule.end(0, kFailed);
  std::ranges::sort(skipped);
  CHECK(skipped == Nodes{2, 3, 5, 6});
  CHECK(schedule.state(3) == kSkipped);
  CHECK(schedule.next() == 1);
  schedule.end(1, kOk);
  CHECK(schedule.next() == 4);
  schedule.end(4, kFailed);
  CHECK(schedule.finished());
}

TEST_CASE("models that are not in the plan are not waited for, skipped tests not asked") {
  model::Plan plan = plan_of({view("b", {"elsewhere"}), check("t", {"elsewhere"}), check("u", {"b"})});
  Schedule schedule(plan);
  schedule.skip(1);
  CHECK(schedule.next() == 0);
  schedule.end(0, kOk);
  CHECK(schedule.next() == 2);
  schedule.end(2, kOk);
  CHECK(schedule.finished());
}

}  // namespace
}  // namespace tarn::flow::publish
