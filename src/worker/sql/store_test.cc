// Rows of statements as Parquet files.
#include <fmt/format.h>

#include "host/files.h"
#include "table/bounds.h"
#include "worker/sql/fixture_test.h"

using namespace tarn;
using namespace tarn::worker::sql;

namespace {

struct StoreFixture : WorkerFixture {
  std::unique_ptr<host::Files> files = host::real_files();

  Answer columns(const std::string& sql) {
    engine::Describe request{.id = engine::ExecutionId(0), .statement = {.sql = sql}, .stored = true};
    send(request);
    return answer();
  }

  // "a long, b list<string>", or the failure.
  std::string types(const std::string& sql) {
    Answer told = columns(sql);
    if (told.failed) return told.failed->sqlstate + " " + told.failed->message;
    std::string text;
    for (const table::Field& field : told.fields)
      text += (text.empty() ? "" : ", ") + field.name + " " +
              (field.doc.empty() ? table::to_string(field.type) : "no " + field.doc);
    return text;
  }

  engine::Store request(const std::string& sql) {
    engine::Store store{.id = next_id(), .statement = {.sql = sql}};
    store.schema.fields = columns(sql).fields;
    FieldId last{0};
    table::assign_ids(store.schema, last);
    store.path = folder().file(fmt::format("temp/rows-{}.parquet", store.id.value()));
    return store;
  }
  Answer store(engine::Store store) {
    send(engine::SqlRequest(std::move(store)));
    return answer();
  }
  bool exists(const std::string& path) { return must(files->exists(path)); }

  // What the columns of `sql` are, read back from the file that they were stored in.
  std::string back(const std::string& sql) {
    engine::Store asked = request(sql);
    std::string lake_path = folder().file(fmt::format("lake/{}.parquet", asked.id.value()));
    Answer stored = store(asked);
    if (stored.failed) return stored.text();
    REQUIRE(stored.file);
    must(files->rename(asked.path, lake_path));
    send(engine::SqlRequest(engine::Close{asked.id}));
    engine::Execute read{.statement = {.sql = "SELECT * FROM tarn_scan_0"}};
    read.statement.tables = {{.scan_name = "tarn_scan_0", .schema = asked.schema, .files = {lake_path}}};
    return run(read).text();
  }
};

}  // namespace

TEST_CASE("a table's columns keep every type that a statement gives, or are said to be of none") {
  StoreFixture worker;
  CHECK(worker.types("SELECT true AS a, 1::TINYINT AS b, 2::SMALLINT AS c, 3 AS d, 4::BIGINT AS e, 5::HUGEINT AS f") ==
        "a boolean, b int, c int, d int, e long, f decimal(38, 0)");
  CHECK(worker.types("SELECT sum(x) AS a FROM range(3) t(x)") == "a decimal(38, 0)");
  CHECK(worker.types("SELECT 1.5::DECIMAL(10,2) AS a, 1.5::FLOAT AS b, 1.5::DOUBLE AS c, 1::UINTEGER AS d, 1::UBIGINT "
                     "AS e") == "a decimal(10, 2), b float, c double, d long, e decimal(20, 0)");
  CHECK(worker.types("SELECT 'x' AS a, '\\x00'::BLOB AS b, uuid() AS c, '{}'::JSON AS d, NULL::VARCHAR AS e") ==
        "a string, b binary, c uuid, d string, e string");
  CHECK(worker.types("SELECT DATE '2020-01-01' AS a, TIME '10:00' AS b, TIMESTAMP '2020-01-01' AS c, now() AS d") ==
        "a date, b time, c timestamp, d timestamptz");
  CHECK(worker.types("SELECT [1, 2] AS a, {'x': 1, 'y': ['z']} AS b, MAP {'k': 1.5} AS c") ==
        "a list<int>, b struct<0: x: optional int, 0: y: optional list<string>>, c map<string, decimal(2, 1)>");
  CHECK(worker.types("SELECT INTERVAL 1 DAY AS a") == "a no interval");
  CHECK(worker.types("SELECT [INTERVAL 1 DAY] AS a") == "a no json");
}

TEST_CASE("stored rows come back as they were") {
  StoreFixture worker;
  CHECK(worker.back(
            "SELECT true AS a, 7::TINYINT AS b, 170141183460469231731687303715::HUGEINT AS c, -1.25::DECIMAL(10,2) "
            "AS d, 'NaN'::DOUBLE AS e, 'né'' x' AS f, '\\x00\\xFF'::BLOB AS g") ==
        "t|7|170141183460469231731687303715|-1.25|NaN|né' x|\\x00ff");
  CHECK(worker.back("SELECT DATE '0001-01-01' AS a, TIME '24:00:00' AS b, TIMESTAMP '9999-12-31 23:59:59.999999' AS c, "
                    "TIMESTAMPTZ '2020-03-29 01:30:00+01' AS d, DATE 'infinity' AS e") ==
        "0001-01-01|24:00:00|9999-12-31 23:59:59.999999|2020-03-29 00:30:00+00|infinity");
  CHECK(worker.back("SELECT [1, NULL] AS a, {'x': 1, 'y': ['z', NULL]} AS b, NULL::INTEGER[] AS c, []::INTEGER[] AS d, "
                    "MAP {'k': 1.5} AS e, [{'q': NULL::INTEGER}] AS f") ==
        "[1,null]|{\"x\":1,\"y\":[\"z\",null]}|null|[]|{\"k\":1.5}|[{\"q\":null}]");
  CHECK(worker.back("SELECT x AS a FROM range(3) t(x) ORDER BY x DESC") == "2;1;0");
}

TEST_CASE("a stored file has the ids, rows and bounds that it is told to have, whatever the session's zone") {
  StoreFixture worker;
  std::string sql = "SELECT x AS n, TIMESTAMPTZ '2020-01-01 00:00:00+00' + to_hours(x) AS at FROM range(10000) t(x)";
  engine::Store store = worker.request(sql);
  store.statement.time_zone = "Asia/Kolkata";
  Answer stored = worker.store(store);
  REQUIRE(stored.file);
  CHECK(stored.file->record_count == 10'000);
  CHECK(stored.file->lower_bounds.at(1) == table::long_bound(0));
  CHECK(stored.file->upper_bounds.at(1) == table::long_bound(9'999));
  CHECK(stored.file->lower_bounds.at(2) == table::long_bound(1'577'836'800'000'000));
  CHECK(stored.file->file_size_in_bytes == must(must(worker.files->open(store.path, host::OpenMode::kRead))->size()));
}

TEST_CASE("parameters are values of a stored statement") {
  StoreFixture worker;
  engine::Store store = worker.request("SELECT CAST($1 AS INTEGER) AS a, $2 || 'x' AS b");
  store.parameters = {{.value = "7"}, {.value = "y"}};
  Answer stored = worker.store(store);
  REQUIRE_MESSAGE(stored.file, stored.text());
  CHECK(stored.file->lower_bounds.at(1) == table::int_bound(7));
  CHECK(stored.file->lower_bounds.at(2) == "yx");
}

TEST_CASE("nothing is left of a statement without rows, one that fails, is cancelled or whose file nobody took") {
  StoreFixture worker;
  engine::Store empty = worker.request("SELECT 1 AS a WHERE false");
  Answer none = worker.store(empty);
  CHECK_FALSE(none.failed);
  CHECK_FALSE(none.file);
  CHECK_FALSE(worker.exists(empty.path));

  engine::Store failing = worker.request(
      "SELECT CAST(CASE WHEN x = 900000 THEN 'no' ELSE '1' END AS INTEGER) AS a FROM range(1000000) t(x)");
  CHECK(worker.store(failing).text().starts_with("22P02"));
  CHECK_FALSE(worker.exists(failing.path));

  engine::Store endless = worker.request("SELECT count(*) AS a FROM range(10000000000) t(x), range(1000) u(y)");
  worker.send(engine::SqlRequest(endless));
  worker.send(engine::SqlRequest(engine::Cancel{endless.id}));
  CHECK(worker.answer().text().starts_with("57014"));
  CHECK_FALSE(worker.exists(endless.path));

  engine::Store left = worker.request("SELECT 1 AS a");
  REQUIRE(worker.store(left).file);
  CHECK(worker.exists(left.path));
  worker.send(engine::SqlRequest(engine::Close{left.id}));
  CHECK(worker.run("SELECT 1").text() == "1");  // requests are taken in order
  CHECK_FALSE(worker.exists(left.path));
}

TEST_CASE("a statement with more columns than a table may have is told so") {
  StoreFixture worker;
  auto wide = [](std::size_t columns) {
    std::string sql = "SELECT 0 AS c0";
    for (std::size_t i = 1; i < columns; ++i) sql += fmt::format(", {0} AS c{0}", i);
    return sql;
  };
  CHECK(worker.columns(wide(table::kColumnsMax)).fields.size() == table::kColumnsMax);
  CHECK(worker.types(wide(table::kColumnsMax + 1)) == "54011 a schema may have 2000 fields");
}

TEST_CASE("a statement stores what it can say in the place that failed") {
  StoreFixture worker;
  engine::Store store = worker.request("SELECT 1 AS a");
  store.statement.sql = "SELECT nope AS a";
  Answer failed = worker.store(store);
  REQUIRE(failed.failed);
  CHECK(failed.failed->sqlstate == "42703");
  CHECK(failed.failed->position == 8);
}
