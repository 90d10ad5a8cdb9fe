#include "tarn/build_view.h"

#include <doctest/doctest.h>

#include <cstdlib>

namespace tarn::app {
namespace {

const flow::model::Plan kPlan{
    .project = "shop",
    .nodes = {
        {.name = "rides"},
        {.name = "t", .kind = flow::model::NodeKind::kTest, .sql = "select id\n  from rides\nwhere city = 'it''s'"}}};

// What is printed of these lines.
std::string shown(BuildView::Options options, std::initializer_list<const char*> lines) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* out = ::open_memstream(&text, &size);
  {
    BuildView view(kPlan, std::move(options), out);
    for (const char* line : lines) view.event(line);
    view.finish();
  }
  std::fclose(out);
  std::string result(text, size);
  std::free(text);
  return result;
}

constexpr const char* kRun = R"({"event": "run", "run": 7, "branch": "run/7", "nodes": 2})";
constexpr const char* kRunning =
    R"({"event": "node", "node": "rides", "kind": "model", "materialized": "table", "state": "running"})";
constexpr const char* kBuilt =
    R"({"event": "node", "node": "rides", "kind": "model", "materialized": "table", "state": "ok", "ms": 420, "rows": 200000})";
constexpr const char* kFailed =
    R"({"event": "node", "node": "t", "kind": "test", "state": "failed", "ms": 10, "failures": 3, "message": "s.yml:7: 3 failing rows",
        "sample": {"columns": ["id", "city"], "rows": [["1", null], ["2", "Oslo"]]}})";
constexpr const char* kEnd = R"({"event": "end", "state": "failed", "exit": 1, "message": "1 test failed", "ms": 500})";

TEST_CASE("a line for each node, then what failed with its rows and how to see them all") {
  CHECK(shown({.where = " --data x"}, {kRun, kRunning, kBuilt, kFailed, kEnd}) ==
        "[1/2]     ok      table  rides         200,000 rows    0.42 s\n"
        "[2/2]     failed  test   t           3 failing rows    0.01 s\n"
        "\nFAILED test t\n"
        "  s.yml:7: 3 failing rows\n"
        "    id=1  city=null\n"
        "    id=2  city=Oslo\n"
        R"(  all of them: tarn sql --data x --branch run/7 -c 'select id from rides where city = '\''it'\'''\''s'\''')"
        "\n");
}

TEST_CASE("a terminal is shown what runs, and the line is gone afterwards") {
  std::string text = shown({.terminal = true}, {kRun, kRunning, kBuilt});
  CHECK(text.find("\r\033[K0 of 2: rides") != std::string::npos);
  CHECK(text.ends_with("\r\033[K"));
}

TEST_CASE("programs get the lines as they came; nonsense shows nothing") {
  CHECK(shown({.json = true}, {kRun, kRunning}) == std::string(kRun) + "\n" + kRunning + "\n");
  CHECK(
      shown({}, {"", "[]", R"({"event": 5})", R"({"event": "node"})", R"({"event": "node", "node": "x", "state": 3})"})
          .empty());
}

TEST_CASE("SQL goes on one line where that means the same") {
  CHECK(one_line_sql("select\n  1,\n\t'a  b'\n") == "select 1, 'a  b'");
  CHECK(one_line_sql("select 1 -- one\n") == "select 1 -- one\n");
  CHECK(one_line_sql("select 'a\nb'") == "select 'a\nb'");
  CHECK(one_line_sql("select $$a$$\n") == "select $$a$$\n");
}

}  // namespace
}  // namespace tarn::app
