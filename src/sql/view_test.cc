#include <doctest/doctest.h>

#include <map>

#include "sql/rewrite.h"

using namespace tarn::sql;

namespace {

const std::vector<ColumnInfo> kRides{{"id", 20, -1}, {"fare", 701, -1}};
const std::vector<ColumnInfo> kStaged{{"id", 20, -1}};

// A catalog of two tables and the views that a test makes.
struct Views {
  std::map<std::string, ViewInfo> views;

  void add(const std::string& name, std::string_view text, std::vector<std::string> columns) {
    auto parsed = parse(text);
    REQUIRE_MESSAGE(parsed.has_value(), text);
    views[name] = {parsed->front(), std::move(columns)};
  }

  Checked<Rewritten> rewrite(std::string_view text) {
    auto parsed = parse(text);
    if (!parsed) return std::unexpected(parsed.error());
    Context context;
    context.table = [](std::string_view space, std::string_view name) -> const std::vector<ColumnInfo>* {
      if (space == "public" && name == "rides") return &kRides;
      return space == "staging" && name == "rides" ? &kStaged : nullptr;
    };
    context.view = [this](std::string_view space, std::string_view name) -> Checked<const ViewInfo*> {
      auto found = views.find(std::string(space) + "." + std::string(name));
      return found == views.end() ? nullptr : &found->second;
    };
    context.database = "tarn@dev";
    return tarn::sql::rewrite(parsed->front(), context);
  }
  std::string sql(std::string_view text) {
    auto result = rewrite(text);
    return result ? result->sql : result.error().sqlstate + "@" + std::to_string(result.error().position);
  }
};

}  // namespace

TEST_CASE("a view is printed once, before the statement that reads it, after the views that it reads") {
  Views all;
  all.add("public.cheap", "select * from rides where fare < 10", {"id", "fare"});
  all.add("public.count", "select count(*) as n from cheap a, cheap b", {"n"});
  CHECK(all.sql("select n from count") ==
        "WITH tarn_view_0 AS (SELECT * FROM tarn_scan_0 AS \"rides\" WHERE (\"rides\".\"fare\" < 10)), "
        "tarn_view_1 AS (SELECT count(*) AS \"n\" FROM tarn_view_0 AS \"a\", tarn_view_0 AS \"b\") "
        "SELECT \"count\".\"n\" AS \"n\" FROM tarn_view_1 AS \"count\"");
  CHECK(all.sql("explain with recursive x as (select 1 as one) select one from x, cheap")
            .starts_with("EXPLAIN WITH RECURSIVE tarn_view_0 AS ("));
  auto result = all.rewrite("with x as (select id from public.cheap c) select x.id, nope(1) from x");
  CHECK(result.error().position == 56);
  auto good = all.rewrite("with x as (select id from \"tarn\".\"public\".\"cheap\" c) select x.id from x");
  REQUIRE(good.has_value());
  CHECK(good->views.size() == 1);
  CHECK(good->tables.size() == 1);
  CHECK(good->columns.at(0).type == 20);
  CHECK(good->names == std::vector<std::string>{"id"});
}

TEST_CASE("names in a view are looked up beside it, then in public, whatever the session's path is") {
  Views all;
  all.add("staging.v", "select * from rides", {"id"});
  all.add("public.v", "select * from rides", {"id", "fare"});
  auto table = [&](std::string_view text) {
    auto result = all.rewrite(text);
    REQUIRE(result.has_value());
    return result->tables.at(0).name_space + "." + result->tables.at(0).name;
  };
  CHECK(table("select * from staging.v") == "staging.rides");
  CHECK(table("select * from v") == "public.rides");
  all.add("staging.other", "select id from public.rides, v", {"id"});
  CHECK(all.sql("select * from staging.other") == "42702@15");
}

TEST_CASE("a view shows the columns that it had when it was made") {
  Views all;
  all.add("public.v", "select *, 1 as one from rides", {"id", "one"});
  CHECK(all.sql("select * from v") ==
        "WITH tarn_view_0 AS (SELECT \"id\", \"one\" FROM (SELECT *, 1 AS \"one\" FROM tarn_scan_0 AS \"rides\") AS "
        "tarn_rows) "
        "SELECT * FROM tarn_view_0 AS \"v\"");
  CHECK(all.sql("select fare from v").starts_with("42703"));
  CHECK(all.sql("select a from v as w(a)").ends_with("FROM tarn_view_0 AS \"w\"(\"a\")"));
  all.add("public.gone", "select id from rides", {"id", "lost"});
  auto result = all.rewrite("select 1 from gone");
  CHECK(result.error().sqlstate == "42703");
  CHECK(result.error().message == "column \"lost\" of view \"public.gone\" is no longer in what it reads");
  CHECK(result.error().position == 15);
}

TEST_CASE("an error in a view is at the name that the client wrote, and says which view it is") {
  Views all;
  all.add("public.bad", "select no_such_column_at_all from rides", {"x"});
  all.add("public.outer", "select * from bad", {"x"});
  auto result = all.rewrite("select 1, * from outer");
  CHECK(result.error().sqlstate == "42601");  // `outer` is a word of SQL's own
  result = all.rewrite("select 1, * from \"outer\"");
  CHECK(result.error().sqlstate == "42703");
  CHECK(result.error().position == 18);
  CHECK(result.error().detail == "This is in view \"public.bad\".");
}

TEST_CASE("views that read themselves, too many and too deep ones are refused, parameters have no meaning in them") {
  Views all;
  all.add("public.a", "select * from b", {"id"});
  all.add("public.b", "select * from a", {"id"});
  CHECK(all.sql("select * from a") == "42P17@15");
  all.add("public.p", "select $1", {"id"});
  CHECK(all.sql("select * from p") == "42P02@15");
  all.add("public.v0", "select * from rides", {"id", "fare"});
  for (int i = 1; i <= 40; ++i) {
    std::string before = "v" + std::to_string(i - 1);
    all.add("public.v" + std::to_string(i), "select x.* from " + before + " x, " + before + " y", {"id", "fare"});
  }
  CHECK(all.sql("select * from v31").starts_with("WITH"));
  CHECK(all.sql("select * from v40") == "54001@15");
  std::string wide = "select 1 from rides";
  for (int i = 0; i < 250; ++i) {
    all.add("public.w" + std::to_string(i), "select 1 as x", {"x"});
    wide += ", w" + std::to_string(i);
  }
  CHECK(all.sql(wide).starts_with("54001"));
}

TEST_CASE("bare literals and parameters of an INSERT become the columns that they go to") {
  auto rewrite_insert = [](std::string_view text) {
    auto parsed = parse(text);
    REQUIRE(parsed.has_value());
    Context context;
    context.table = [](std::string_view, std::string_view) { return nullptr; };
    context.stored = true;
    context.assigned = {{"a", 1082, -1}, {"b", 16, -1}, {"c", 25, -1}};
    auto result = rewrite(*parsed->front().inner, context);
    return result ? result->sql : result.error().sqlstate;
  };
  CHECK(
      rewrite_insert("insert into t select '2020-01-01', $1, 'x'") ==
      "SELECT CAST('2020-01-01' AS DATE) AS \"?column?\", CAST($1 AS BOOLEAN) AS \"?column?\", CAST('x' AS VARCHAR) AS "
      "\"?column?\"");
  CHECK(rewrite_insert("insert into t values ('2020-01-01', 'yes', null)")
            .starts_with("SELECT * FROM (VALUES (CAST('2020-01-01' AS DATE), true, NULL)) AS"));
  CHECK(rewrite_insert("insert into t values ('no date', 'yes', null)") == "22007");
}
