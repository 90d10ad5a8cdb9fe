#include <fmt/format.h>

#include "worker/sql/fixture_test.h"

using namespace tarn;
using namespace tarn::worker::sql;

namespace {

using enum table::TypeKind;

table::Field field(int id, const char* name, table::Type type) {
  return {.id = FieldId(id), .name = name, .type = std::move(type)};
}

engine::Execute over(std::string sql, engine::ScanTable scan) {
  engine::Execute request;
  request.statement.sql = std::move(sql);
  request.statement.tables.push_back(std::move(scan));
  return request;
}

engine::ScanTable scan_of(table::Schema schema) {
  engine::ScanTable scan;
  scan.scan_name = "tarn_scan_0";
  scan.schema = std::move(schema);
  return scan;
}

// A chunk of (a long, s string) rows 100 + i, "c<i>".
tail::Chunk make_chunk(const table::Schema& schema, int rows) {
  tail::ChunkBuilder builder = must(tail::ChunkBuilder::make(schema));
  for (int i = 0; i < rows; ++i) {
    std::string text = fmt::format("c{}", i);
    builder.columns()[0].append(std::int64_t{100 + i});
    builder.columns()[1].append_bytes(text.data(), text.size());
    builder.end_row();
  }
  return must(builder.emit());
}

const table::Schema kTwo{.id = SchemaId(0),
                         .fields = {field(1, "a", {.kind = kLong}), field(2, "s", {.kind = kString})}};
const table::Schema kThree{.id = SchemaId(1),
                           .fields = {field(1, "renamed", {.kind = kLong}), field(2, "s", {.kind = kString}),
                                      field(3, "added", {.kind = kDouble})}};
constexpr std::string_view kIds = "a: 1, s: 2";

engine::Parameter text(std::string value) { return {.is_null = false, .binary = false, .value = std::move(value)}; }
engine::Parameter binary(std::string value) { return {.is_null = false, .binary = true, .value = std::move(value)}; }

}  // namespace

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

TEST_CASE("every type goes out as Postgres writes it") {
  WorkerFixture worker;
  CHECK(worker
            .run("SELECT CAST(-1.50 AS DECIMAL(10,2)), CAST(1.5 AS DECIMAL(38,1)), CAST(1e15 AS DOUBLE), CAST(0.1 AS "
                 "FLOAT), DATE '1900-02-28'")
            .text() == "-1.50|1.5|1e+15|0.1|1900-02-28");
  CHECK(worker
            .run("SELECT TIMESTAMP '2020-01-02 03:04:05.5', TIME '01:02:03', TIMESTAMPTZ '2020-01-02 03:04:05+00', "
                 "INTERVAL '1 day 2 hours'")
            .text() == "2020-01-02 03:04:05.5|01:02:03|2020-01-02 03:04:05+00|1 day 02:00:00");
  CHECK(worker
            .run("SELECT UUID 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', CAST('\\xAB\\x00' AS BLOB), CAST('{\"a\":1}' AS "
                 "JSON)")
            .text() == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|\\xab00|{\"a\":1}");
  CHECK(worker.run("SELECT CAST(9 AS HUGEINT), CAST(7 AS UINTEGER), CAST(-3 AS SMALLINT), CAST(5 AS UBIGINT)").text() ==
        "9|7|-3|5");
  Answer answer = worker.run("SELECT CAST(1 AS DECIMAL(10,2)) AS n");
  CHECK(answer.columns[0].type == 1700);
  CHECK(answer.columns[0].type_modifier == ((10 << 16) | 2) + 4);
}

TEST_CASE("structs, lists and maps go out as JSON") {
  WorkerFixture worker;
  CHECK(worker.run("SELECT {'a': 1, 'b': [1.5, NULL], 'c': 'x\"y\\z', 'd': DATE '2020-01-01', 'e': {'f': true}}")
            .text() == "{\"a\":1,\"b\":[1.5,null],\"c\":\"x\\\"y\\\\z\",\"d\":\"2020-01-01\",\"e\":{\"f\":true}}");
  CHECK(
      worker.run("SELECT MAP {'k': 1}, [TIMESTAMPTZ '2020-01-02 03:04:05+00'], {'n': CAST('NaN' AS DOUBLE)}").text() ==
      "{\"k\":1}|[\"2020-01-02T03:04:05+00:00\"]|{\"n\":\"NaN\"}");
  CHECK(worker.run("SELECT [{'s': chr(10) || chr(1)}]").text() == "[{\"s\":\"\\n\\u0001\"}]");
}

TEST_CASE("a list that the rewriter knows as an array goes out as one") {
  WorkerFixture worker;
  engine::Execute request;
  request.statement.sql = "SELECT [1, NULL], ['a b', 'null', 'q\"', '', 'x']";
  request.statement.columns = {{1007}, {1009}};
  CHECK(worker.run(request).text() == "{1,NULL}|{\"a b\",\"null\",\"q\\\"\",\"\",x}");
  request.result_formats = {1};
  Answer answer = worker.run(request);
  REQUIRE(answer.rows.size() == 1);
  CHECK(*answer.rows[0][0] ==
        std::string("\0\0\0\1\0\0\0\1\0\0\0\x17\0\0\0\2\0\0\0\1\0\0\0\4\0\0\0\1\xff\xff\xff\xff", 32));
}

TEST_CASE("rows of files and chunks are one table, whatever schema they were written in") {
  WorkerFixture worker;
  std::string old_file = worker.write_file(
      "old.parquet", "SELECT CAST(i AS BIGINT) AS a, 'f' || i AS s FROM range(2) r(i)", std::string(kIds));
  std::string new_file =
      worker.write_file("new.parquet", "SELECT CAST(7 AS BIGINT) AS renamed, 'g' AS s, 0.5::DOUBLE AS added",
                        "renamed: 1, s: 2, added: 3");
  tail::Chunk chunk = make_chunk(kTwo, 2);
  engine::ScanTable scan = scan_of(kThree);
  scan.files = {old_file, new_file};
  scan.chunk_rows = {2};
  scan.chunk_schemas = {kTwo};
  scan.chunk_schema_ids = {SchemaId(0)};
  int descriptor = chunk.file.get();
  std::string sql = "SELECT \"renamed\", \"s\", \"added\" FROM tarn_scan_0 AS \"t\" ORDER BY 1";
  CHECK(worker.run(over(sql, scan), {&descriptor, 1}).text() == "0|f0|null;1|f1|null;7|g|0.5;100|c0|null;101|c1|null");
  // The statement's own WITH, RECURSIVE and EXPLAIN stand around the scans.
  CHECK(worker
            .run(over("WITH \"x\" AS (SELECT count(*) AS n FROM tarn_scan_0 AS \"t\") SELECT n FROM \"x\" AS \"x\"",
                      scan),
                 {&descriptor, 1})
            .text() == "5");
  CHECK(worker
            .run(over("WITH RECURSIVE \"x\"(n) AS (SELECT max(\"renamed\") FROM tarn_scan_0 AS \"t\" UNION ALL (SELECT "
                      "n + 1 FROM \"x\" AS \"x\" WHERE n < 103)) SELECT count(*) FROM \"x\" AS \"x\"",
                      scan),
                 {&descriptor, 1})
            .text() == "3");
  Answer plan = worker.run(over("EXPLAIN SELECT count(*) FROM tarn_scan_0 AS \"t\"", scan), {&descriptor, 1});
  CHECK(plan.rows.size() > 3);
}

TEST_CASE("a table without files and chunks has its columns and no rows") {
  WorkerFixture worker;
  CHECK(worker.run(over("SELECT count(*), count(\"s\"), max(\"a\") FROM tarn_scan_0 AS \"t\"", scan_of(kTwo))).text() ==
        "0|0|null");
}

TEST_CASE("an execution without its chunks fails, and a file outside the lake can't be read") {
  WorkerFixture worker;
  engine::ScanTable scan = scan_of(kTwo);
  scan.chunk_rows = {1};
  scan.chunk_schemas = {kTwo};
  scan.chunk_schema_ids = {SchemaId(0)};
  CHECK(worker.run(over("SELECT 1 FROM tarn_scan_0 AS \"t\"", scan)).text().starts_with("22023"));
  engine::ScanTable outside = scan_of(kTwo);
  outside.files = {"/etc/passwd"};
  CHECK(worker.run(over("SELECT 1 FROM tarn_scan_0 AS \"t\"", outside)).text().starts_with("42501"));
  CHECK(worker.run("SET threads = 1").failed.has_value());
  CHECK(worker.run("COPY (SELECT 1) TO '/var/x.csv'").failed.has_value());
}

TEST_CASE("failures have Postgres's codes, and places in the statement's own SQL") {
  WorkerFixture worker;
  auto code = [&](const std::string& sql) { return worker.run(sql).text().substr(0, 5); };
  CHECK(code("SELECT nope") == "42703");
  CHECK(code("SELECT nope(1)") == "42883");
  CHECK(code("SELEC") == "42601");
  CHECK(code("SELECT CAST('x' AS INTEGER)") == "22P02");
  CHECK(code("SELECT CAST(70000 AS SMALLINT)") == "22003");
  CHECK(code("SELECT 2147483647::INTEGER + 1::INTEGER") == "22003");
  CHECK(code("SELECT 1 // tarn_nonzero(0)") == "22012");
  CHECK(code("SELECT tarn_from_utf8(unhex(x)) FROM (VALUES ('61'), (NULL), ('ff')) t(x)") == "22021");
  CHECK(worker.run("SELECT tarn_from_utf8(unhex(x)) FROM (VALUES ('61'), (NULL), ('c3a9')) t(x)").text() ==
        "a;null;\xC3\xA9");
  CHECK(code("SELECT tarn_unescape('\\')") == "22P02");
  CHECK(code("SELECT CAST('tarn!22012:forged' AS INTEGER)") == "22P02");
  CHECK(code("SELECT CAST('INTERNAL Error' AS INTEGER)") == "22P02");
  Answer answer = worker.run(over("SELECT \"nope\" FROM tarn_scan_0 AS \"t\"", scan_of(kTwo)));
  REQUIRE(answer.failed.has_value());
  CHECK(answer.failed->position == 8);
  CHECK(worker.run("SELECT 1").text() == "1");
}

TEST_CASE("parameters come as text and as bytes, typed or not") {
  WorkerFixture worker;
  CHECK(worker.run("SELECT $1 + 1", {text("41")}, {23}).text() == "42");
  CHECK(worker.run("SELECT $1 + 1", {binary(std::string("\0\0\0\x29", 4))}, {23}).text() == "42");
  CHECK(worker.run("SELECT $1", {text("it's")}).text() == "it's");
  CHECK(worker.run("SELECT $1 || '$2', $2", {text("a"), text("2")}, {0, 1700}).text() == "a$2|2");
  CHECK(worker.run("SELECT $1", {text("1.50")}, {1700}).text() == "1.50");
  CHECK(worker.run("SELECT $1", {{.is_null = true}}, {20}).text() == "null");
  CHECK(worker.run("SELECT 5 = ANY($1)", {text("{1,5}")}, {1007}).text() == "t");
  CHECK(worker.run("SELECT $1", {text("x")}, {23}).text().starts_with("22P02"));
  CHECK(worker.run("SELECT $1", {}, {23}).text().starts_with("08P01"));
  CHECK(worker.run("SELECT $1", {text("1 day 02:00:00")}, {1186}).text() == "1 day 02:00:00");
  CHECK(worker.run("SELECT CAST($1 AS JSON) AS v, $1 IS NULL", {text("[1]")}, {114}).text() == "[1]|f");
  CHECK(worker.run("SELECT CAST($1 AS JSON) AS v", {text("null")}, {114}).text() == "null");
  CHECK(worker.run("SELECT CAST($1 AS JSON) AS v", {{.is_null = true}}, {114}).text() == "null");
  CHECK(worker.describe("SELECT CAST($1 AS JSON) AS v", {114}).columns.size() == 1);
}

TEST_CASE("describing a statement runs nothing and tells its types") {
  WorkerFixture worker;
  Answer answer = worker.describe("SELECT $1 AS \"p\", $2 + 1 AS \"q\", tarn_nonzero(0)", {0, 23});
  CHECK(!answer.failed.has_value());
  CHECK(answer.parameter_types == std::vector<engine::Oid>{25, 23});
  REQUIRE(answer.columns.size() == 3);
  CHECK(answer.columns[0].type == 25);
  CHECK(answer.columns[1].type == 23);
  CHECK(worker.describe("SELECT nope").failed->sqlstate == "42703");
}

TEST_CASE("a portal gives its rows in parts, without missing one") {
  WorkerFixture worker;
  engine::Execute request;
  request.statement.sql = "SELECT i FROM range(5000) r(i) ORDER BY i";
  request.max_rows = 3;
  engine::ExecutionId id = worker.send(request);
  Answer first = worker.answer();
  CHECK(first.text() == "0;1;2");
  CHECK(first.suspended);
  CHECK(worker.run("SELECT 'between'").text() == "between");
  worker.send(engine::Fetch{id, 2});
  CHECK(worker.answer().text() == "3;4");
  worker.send(engine::Fetch{id, 0});
  Answer rest = worker.answer();
  CHECK(rest.rows.size() == 4995);
  CHECK(!rest.suspended);
  CHECK(rest.rows.back()[0] == "4999");
  worker.send(engine::Fetch{id, 1});  // gone: ignored
  CHECK(worker.run("SELECT 1").text() == "1");
}

TEST_CASE("rows beyond the window wait for credit, and a cancelled wait ends") {
  WorkerFixture worker;
  engine::Execute request;
  request.statement.sql = "SELECT i, repeat('x', 1000) FROM range(5000) r(i)";
  engine::ExecutionId id = worker.send(request);
  std::size_t bytes = 0;
  Buffer frame;
  while (bytes + 2 * engine::kRowsFrameBytes.count() < engine::kWindowBytes.count()) {
    engine::SqlReply reply = worker.receive(frame);
    REQUIRE(std::holds_alternative<engine::Rows>(reply));
    bytes += std::get<engine::Rows>(reply).messages.size();
  }
  worker.send(engine::Cancel{id});
  while (true) {
    engine::SqlReply reply = worker.receive(frame);
    if (auto* rows = std::get_if<engine::Rows>(&reply)) {
      bytes += rows->messages.size();
      continue;
    }
    REQUIRE(std::holds_alternative<engine::Failed>(reply));
    CHECK(std::get<engine::Failed>(reply).sqlstate == "57014");
    break;
  }
  CHECK(bytes <= engine::kWindowBytes.count());
}

TEST_CASE("a row larger than a frame is cut, and whole again at the other end") {
  WorkerFixture worker;
  Answer answer = worker.run("SELECT 'before' AS s UNION ALL SELECT repeat('y', 700000) UNION ALL SELECT 'after'");
  REQUIRE(answer.rows.size() == 3);
  CHECK(answer.rows[1][0]->size() == 700'000);
  CHECK(answer.frames >= 7);
}

TEST_CASE("a running statement is cancelled soon, a closed one says nothing") {
  WorkerFixture worker;
  engine::Execute request;
  request.statement.sql = "SELECT count(*) FROM range(1000000) a(x), range(1000000) b(y) WHERE x + y = 7";
  engine::ExecutionId id = worker.send(request);
  worker.send(engine::Cancel{id});
  CHECK(worker.answer().failed->sqlstate == "57014");
  id = worker.send(request);
  worker.send(engine::Close{id});
  CHECK(worker.run("SELECT 'next'").text() == "next");
}

TEST_CASE("statements run beside each other") {
  WorkerFixture worker;
  engine::Execute slow;
  slow.statement.sql = "SELECT count(*) FROM range(1000000) a(x), range(1000000) b(y) WHERE x + y = 7";
  engine::ExecutionId id = worker.send(slow);
  CHECK(worker.run("SELECT 1").text() == "1");
  worker.send(engine::Cancel{id});
  CHECK(worker.answer().failed->sqlstate == "57014");
}

TEST_CASE("times are told in the session's zone, on both sides of a change of clocks") {
  WorkerFixture worker;
  engine::Execute request;
  request.statement.sql =
      "SELECT TIMESTAMPTZ '2013-03-10 06:59:59+00', TIMESTAMPTZ '2013-03-10 07:00:00+00', "
      "TIMESTAMPTZ '1883-11-18 16:00:00+00', CAST(TIMESTAMPTZ '2013-03-10 07:00:00+00' AS DATE)";
  request.statement.time_zone = "America/New_York";
  CHECK(worker.run(request).text() ==
        "2013-03-10 01:59:59-05|2013-03-10 03:00:00-04|1883-11-18 11:03:58-04:56:02|2013-03-10");
  request.statement.time_zone = "Asia/Kolkata";
  CHECK(worker.run(request).text().starts_with("2013-03-10 12:29:59+05:30|"));
  request.statement.time_zone = "UTC";
  CHECK(worker.run(request).text().starts_with("2013-03-10 06:59:59+00|"));
  request.statement.time_zone = "No/Such";
  CHECK(worker.run(request).failed.has_value());
}

// Expected texts are Postgres 15's own.
TEST_CASE("quotients as text have the digits that Postgres shows") {
  WorkerFixture worker;
  auto divide = [&](const char* left, int left_scale, const char* right, int right_scale) {
    return worker
        .run(fmt::format("SELECT tarn_divide_text(CAST('{}' AS HUGEINT), CAST('{}' AS HUGEINT), {}, {})", left, right,
                         left_scale, right_scale))
        .text();
  };
  CHECK(divide("10", 0, "3", 0) == "3.3333333333333333");
  CHECK(divide("1", 0, "7", 0) == "0.14285714285714285714");
  CHECK(divide("1", 0, "1", 0) == "1.00000000000000000000");
  CHECK(divide("-1", 0, "3", 0) == "-0.33333333333333333333");
  CHECK(divide("100000", 0, "3", 0) == "33333.333333333333");
  CHECK(divide("78121936993", 3, "3", 0) == "26040645.664333333333");
  CHECK(divide("0", 0, "7", 0) == "0.00000000000000000000");
  CHECK(divide("5", 3, "25", 1) == "0.00200000000000000000");
  CHECK(divide("99999999999999999999", 0, "1", 0) == "99999999999999999999");
  CHECK(divide("2", 0, "3", 0) == "0.66666666666666666667");
  CHECK(divide("1", 0, "0", 0).starts_with("22012"));
  engine::Execute request;
  request.statement.sql = "SELECT tarn_average_text(CAST(-21745504021 AS HUGEINT), CAST(181 AS BIGINT), 0)";
  request.statement.columns = {{1700, -1, true}};
  request.describe = true;
  Answer answer = worker.run(request);
  CHECK(answer.text() == "-120140906.19337017");
  CHECK(answer.columns[0].type == 1700);
  request.result_formats = {1};  // 5 digits of base 10000 from weight 2, negative, 8 after the point
  CHECK(*worker.run(request).rows[0][0] == std::string("\0\5\0\2\x40\0\0\x08\0\1\x07\xde\x03\x8a\x07\x8d\x1b\x69", 18));
}

TEST_CASE("quotients and averages are exact to 16 digits") {
  WorkerFixture worker;
  auto divide = [&](const char* left, const char* right, int digits) {
    return worker
        .run(fmt::format("SELECT tarn_divide(CAST('{}' AS HUGEINT), CAST('{}' AS HUGEINT), {})", left, right, digits))
        .text();
  };
  CHECK(divide("10", "3", 0) == "3.3333333333333333");
  CHECK(divide("-2", "3", 0) == "-0.6666666666666667");
  CHECK(divide("1", "7", -2) == "0.0014285714285714");
  CHECK(divide("5", "2", 3) == "2500.0000000000000000");
  CHECK(divide("0", "5", 0) == "0.0000000000000000");
  CHECK(divide("1", "0", 0).starts_with("22012"));
  CHECK(divide("99999999999999999999999999999999999999", "1", 0).starts_with("22003"));
  CHECK(worker
            .run("SELECT tarn_average(CAST(NULL AS HUGEINT), CAST(0 AS BIGINT), 0), tarn_average(CAST(10 AS HUGEINT), "
                 "CAST(4 AS BIGINT), 0)")
            .text() == "null|2.5000000000000000");
  CHECK(worker
            .run("SELECT tarn_nonzero_2(CAST(NULL AS DECIMAL(38,2))), tarn_text(CAST(NULL AS DOUBLE)), "
                 "tarn_text(1e20::DOUBLE), tarn_text(0.1::FLOAT)")
            .text() == "null|null|1e+20|0.1");
}
