#include "flow/model/plan.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace tarn::flow::model {
namespace {

Plan plan_of_two() {
  return {
      .project = "taxi",
      .whole = true,
      .nodes = {{.name = "rides",
                 .materialized = Materialized::kTable,
                 .relation = {"public", "rides"},
                 .sql = "select 1",
                 .file = "models/rides.sql",
                 .line = 1,
                 .lines = {1, 3}},
                {.name = "top",
                 .relation = {"gold", "top-é"},
                 .sql = "select 2",
                 .file = "models/top.sql",
                 .line = 1,
                 .depends_on = {"rides"}},
                {.name = "t",
                 .kind = NodeKind::kTest,
                 .sql = "select 3",
                 .file = "tests/t.sql",
                 .line = 1,
                 .depends_on = {"rides"},
                 .severity = Severity::kWarn,
                 .warn_if = {">", 10},
                 .limit = 5}},
      .sources = {{.source = "stream",
                   .table = "r",
                   .topic = "r",
                   .relation = {"public", "r"},
                   .by = "rides",
                   .file = "models/rides.sql",
                   .line = 2}},
      .existing = {{.name = "old", .relation = {"public", "old"}, .by = "top", .file = "models/top.sql", .line = 1}}};
}

std::string refused(std::string text, std::string_view from, std::string_view to) {
  std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  auto plan = parse_plan(text.replace(at, from.size(), to));
  REQUIRE(!plan.has_value());
  return plan.error().message;
}

TEST_CASE("a plan is the same after a trip through JSON") {
  Plan plan = plan_of_two();
  auto again = parse_plan(to_json(plan));
  REQUIRE(again.has_value());
  CHECK(to_json(*again) == to_json(plan));
  CHECK(again->whole);
  CHECK(again->nodes[0].materialized == Materialized::kTable);
  CHECK(again->nodes[2].severity == Severity::kWarn);
  CHECK(again->nodes[2].warn_if == Bound{">", 10});
  CHECK(again->nodes[2].limit == 5);
  CHECK(again->nodes[0].lines == std::vector<int>{1, 3});
}

TEST_CASE("a plan that says nonsense is refused with what is wrong") {
  std::string good = to_json(plan_of_two());
  CHECK(refused(good, "\"kind\":\"test\"", "\"kind\":\"tset\"") == "the plan: `kind` must be one of model, test");
  CHECK(refused(good, "\"line\":1", "\"line\":\"1\"") == "the plan: `line` must be a whole number");
  CHECK(refused(good, "\"name\":\"top\"", "\"name\":\"rides\"").find("stands twice") != std::string::npos);
  CHECK(refused(good, "\"relation\":\"rides\"", "\"relation\":\"rides__dlq\"").find("dead letters") !=
        std::string::npos);
  CHECK(refused(good, "\"relation\":\"rides\"", fmt::format("\"relation\":\"{}\"", std::string(64, 'x')))
            .find("at most 63 bytes (it has 64)") != std::string::npos);
  CHECK(refused(good, "[\"rides\"]", "[\"top\"]").find("comes before what it depends on") != std::string::npos);
  CHECK(refused(good, "\"line\":2", "\"line\":-2") == "the plan: `line` must be from 0 to 16777216");
  for (const char* lines : {"[1,-1]", "[1,1.5]", "[1,99999999999]", "[1,18446744073709551615]"})
    CHECK(refused(good, "[1,3]", lines) == "the plan: `lines` must be whole numbers from 0 to 16777216");
  CHECK(refused(good, "[1,3]", std::string(100, '[')) == "the JSON is nested more than 64 deep");
  CHECK(refused(good, "\"> 10\"", "\"more\"") == "the plan: `warn_if` must be like `> 10`");
  CHECK(!parse_plan("[]"));
  CHECK(!parse_plan("{"));
  CHECK(!parse_plan("{\"project\": \"x\", \"nodes\": [1], \"sources\": [], \"existing\": []}"));
}

TEST_CASE("bounds are read as dbt's") {
  CHECK(parse_bound("!= 0")->holds(1));
  CHECK(!parse_bound("!=0")->holds(0));
  CHECK(parse_bound(" >10 ")->holds(11));
  CHECK(!parse_bound(">= 10")->holds(9));
  CHECK(parse_bound("<> 3")->holds(2));
  CHECK(parse_bound("= 3")->holds(3));
  CHECK(!parse_bound("10"));
  CHECK(!parse_bound("> ten"));
  CHECK(!parse_bound(""));
}

TEST_CASE("relations are quoted for SQL") {
  CHECK(quoted({"public", "x"}) == "\"tarn\".\"public\".\"x\"");
  CHECK(quoted({"public", "a\"b"}) == "\"tarn\".\"public\".\"a\"\"b\"");
}

}  // namespace
}  // namespace tarn::flow::model
