#include "flow/model/check_sql.h"

#include <doctest/doctest.h>

namespace tarn::flow::model {
namespace {

// What is said of a model whose file has these lines.
std::string said(std::string sql, std::vector<int> lines = {}) {
  Plan plan{
      .nodes = {{.name = "a", .sql = std::move(sql), .file = "models/a.sql", .line = 1, .lines = std::move(lines)}}};
  Problems problems;
  check_sql(plan, problems);
  return problems.empty() ? "" : problems.lines()[0];
}

TEST_CASE("what is no SQL is told with its file, line and a caret below the place") {
  CHECK(said("select 1 as x").empty());
  CHECK(said("with a as (values (1)) table a; -- and that is all").empty());
  CHECK(said("select 1\n  form \"tarn\".\"public\".\"rides\"", {3, 7}) ==
        "models/a.sql:7: syntax error at or near \"\"tarn\"\"\n"
        "    form \"tarn\".\"public\".\"rides\"\n"
        "         ^");
  CHECK(said("select 1 from") == "models/a.sql:1: syntax error at end of input\n    select 1 from\n                 ^");
}

TEST_CASE("a model is one select") {
  CHECK(said("select 1; select 2") ==
        "models/a.sql:1: 2 statements; a model is one select, without what is before or after it");
  CHECK(said("-- nothing") == "models/a.sql:1: the model is nothing but comments; a model is one select");
  CHECK(said("insert into x select 1") ==
        "models/a.sql:1: `INSERT`; a model is a select: Tarn makes the table or view of it");
  CHECK(said("create table x (a int)").find("a model is") != std::string::npos);
}

TEST_CASE("the line is shown from its first word, cut around the place, whatever its characters") {
  CHECK(pointed("select 1", 0).empty());
  CHECK(pointed("select\n\t 'é', nope\n", 15) == "\n    'é', nope\n         ^");
  CHECK(pointed("a\r\nb", 1) == "\n    a\n    ^");
  CHECK(pointed("x", 5) == "\n    x\n     ^");
  std::string text = pointed(std::string(500, 'x') + "y" + std::string(500, 'z'), 501);
  CHECK(text.size() == 5 + kPointedWidth + 5 + 66 + 1);
  CHECK(text.find('y') == 5 + 66);
  CHECK(text.ends_with(std::string(66, ' ') + "^"));
}

TEST_CASE("a hint goes on with the message, or is a sentence after it") {
  CHECK(sql_message("no x", "Perhaps y.", "", 0) == "no x. Perhaps y.");
  CHECK(sql_message("no x", "name another", "x", 1) == "no x; name another\n    x\n    ^");
}

}  // namespace
}  // namespace tarn::flow::model
