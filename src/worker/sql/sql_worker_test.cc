#include "worker/sql/fixture_test.h"

using namespace tarn;
using namespace tarn::worker::sql;

TEST_CASE("a statement without tables answers rows and types") {
  WorkerFixture worker;
  Answer answer = worker.run("SELECT 1 AS \"a\", 'x' AS \"b\", CAST(NULL AS DOUBLE) AS \"c\", true AS \"d\"");
  CHECK(answer.text() == "1|x|null|t");
  REQUIRE(answer.columns.size() == 4);
  CHECK(answer.columns[0].name == "a");
  CHECK(answer.columns[0].type == 23);
  CHECK(answer.columns[1].type == 25);
  CHECK(answer.columns[2].type == 701);
  CHECK(answer.columns[3].type == 16);
}
