#include "worker/sql/fixture_test.h"

using namespace tarn;
using namespace tarn::worker::sql;

namespace {

using enum table::TypeKind;

engine::CatalogImage image() {
  table::Type money{.kind = kDecimal, .precision = 10, .scale = 2};
  table::Schema schema{
      .id = SchemaId(0),
      .fields = {{.id = FieldId(1), .name = "id", .required = true, .type = {.kind = kLong}, .doc = "the key"},
                 {.id = FieldId(2), .name = "fare", .required = false, .type = money, .doc = ""},
                 {.id = FieldId(3), .name = "name", .required = false, .type = {.kind = kString}, .doc = ""}}};
  engine::CatalogImage image;
  image.database = "tarn";
  image.databases = {"tarn", "tarn@dev"};
  image.namespaces = {"public", "other"};
  image.tables = {{.name_space = "public", .name = "cheap", .schema = schema, .view = "select * from rides"},
                  {.name_space = "public", .name = "rides", .schema = schema, .rows = 7},
                  {.name_space = "other", .name = "rides", .schema = schema, .rows = -1}};
  return image;
}

}  // namespace

TEST_CASE("pg_catalog shows the tables of the last image") {
  WorkerFixture worker;
  worker.send(image());
  auto run = [&](const char* sql) { return worker.run(sql).text(); };
  CHECK(run("SELECT n.nspname, c.relname, c.relkind, c.reltuples FROM tarn_pg.pg_class c JOIN tarn_pg.pg_namespace n "
            "ON n.oid = c.relnamespace "
            "WHERE n.nspname IN ('public', 'other') ORDER BY 1, 2") ==
        "other|rides|r|-1;public|cheap|v|-1;public|rides|r|7");
  CHECK(run("SELECT a.attnum, a.attname, tarn_pg.format_type(a.atttypid, a.atttypmod), a.attnotnull FROM "
            "tarn_pg.pg_attribute a "
            "WHERE a.attrelid = tarn_pg.regclass('public.rides') ORDER BY 1") ==
        "1|id|bigint|t;2|fare|numeric(10,2)|f;3|name|text|f");
  CHECK(run("SELECT tarn_pg.col_description(tarn_pg.regclass('rides'), 1), "
            "tarn_pg.regclass_name(tarn_pg.regclass('other.rides'))") == "the key|other.rides");
  CHECK(run("SELECT tarn_pg.regclass('nope')").starts_with("42P01"));
  CHECK(run("SELECT tarn_pg.to_regclass('nope')") == "null");
  CHECK(run("SELECT table_name, column_name, data_type, numeric_precision FROM tarn_pg.is_columns WHERE table_schema = "
            "'public' AND table_name = 'rides' ORDER BY ordinal_position") ==
        "rides|id|bigint|64;rides|fare|numeric|10;rides|name|text|null");
  CHECK(run("SELECT tarn_pg.pg_table_is_visible(c.oid) FROM tarn_pg.pg_class c WHERE c.relname = 'rides' ORDER BY 1") ==
        "f;t");

  CHECK(run("SELECT datname FROM tarn_pg.pg_database ORDER BY 1") == "tarn;tarn@dev");
  CHECK(
      run("SELECT relkind, tarn_pg.pg_get_viewdef(oid), tarn_pg.pg_get_viewdef(oid, true) FROM tarn_pg.pg_class WHERE "
          "relname = 'cheap'") == "v|select * from rides;|select * from rides;");
  CHECK(run("SELECT table_catalog, view_definition FROM tarn_pg.is_views WHERE table_name = 'cheap'") ==
        "tarn|select * from rides;");

  engine::CatalogImage next = image();
  next.tables.pop_back();
  std::string oid = run("SELECT tarn_pg.regclass('public.rides')");
  worker.send(next);
  CHECK(run("SELECT count(*) FROM tarn_pg.pg_class WHERE relname = 'rides'") == "1");
  CHECK(run("SELECT tarn_pg.regclass('public.rides')") == oid);
}

TEST_CASE("oid columns are oids, and system tables have Postgres's own") {
  WorkerFixture worker;
  worker.send(image());
  Answer answer = worker.run("SELECT oid, relname FROM tarn_pg.pg_class WHERE relname = 'pg_class'");
  CHECK(answer.text() == "1259|pg_class");
  CHECK(answer.columns[0].type == 26);
  CHECK(worker.run("SELECT typname, typelem FROM tarn_pg.pg_type WHERE oid = 1007").text() == "_int4|23");
}

TEST_CASE("functions that DuckDB lacks are there") {
  WorkerFixture worker;
  auto run = [&](const char* sql) { return worker.run(sql).text(); };
  CHECK(run("SELECT tarn_pg.substr('hello', -1, 3), tarn_pg.substr('hello', 2), tarn_pg.initcap('hello wORLD "
            "foo-bar')") == "h|ello|Hello World Foo-Bar");
  CHECK(run("SELECT tarn_pg.quote_ident('a b'), tarn_pg.quote_literal('it''s'), tarn_pg.pg_size_pretty(20480)") ==
        "\"a b\"|'it''s'|20 kB");
  CHECK(run("SELECT tarn_pg.array_to_string([1, NULL, 3], ','), tarn_pg.array_length([1, 2], 1), "
            "tarn_pg.json_typeof('[1]'::JSON)") == "1,3|2|array");
  CHECK(run("SELECT '{\"a\":{\"b\":[5]}}'::JSON ->> tarn_pg.json_path('{a,b,0}')") == "5");
}
