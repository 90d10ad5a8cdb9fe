#include "sql/rewrite.h"

#include <doctest/doctest.h>

#include "sql/functions.h"

using namespace tarn::sql;

namespace {

constexpr std::int32_t kMoney = ((10 << 16) | 2) + 4;
const std::vector<ColumnInfo> kRides{{"id", 20, -1},     {"n", 23, -1},     {"carrier", 25, -1},
                                     {"delay", 701, -1}, {"f", 700, -1},    {"fare", 1700, kMoney},
                                     {"at", 1184, -1},   {"day", 1082, -1}, {"extra", 114, -1},
                                     {"ok", 16, -1},     {"raw", 17, -1},   {"Odd Name", 25, -1}};
const std::vector<ColumnInfo> kAirlines{{"carrier", 25, -1}, {"name", 25, -1}};

Context context() {
  Context c;
  c.table = [](std::string_view name_space, std::string_view name) -> const std::vector<ColumnInfo>* {
    if (name_space == "public" && name == "rides") return &kRides;
    if (name_space == "public" && name == "airlines") return &kAirlines;
    return nullptr;
  };
  c.relations = [](std::string_view name_space) {
    return name_space == "public" ? std::vector<std::string>{"rides", "airlines"} : std::vector<std::string>();
  };
  c.setting = [](std::string_view name) { return name == "known" ? std::optional<std::string>("it's") : std::nullopt; };
  return c;
}

Checked<Rewritten> rewrite_text(std::string_view text) {
  auto parsed = parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  return rewrite(parsed->front(), context());
}

std::string sql(std::string_view text) {
  auto result = rewrite_text(text);
  return result
             ? result->sql
             : result.error().sqlstate + "@" + std::to_string(result.error().position) + " " + result.error().message;
}

std::string refusal(std::string_view text) {
  std::string result = sql(text);
  return result.substr(0, result.find(' '));
}

// The expression that `expression` over rides becomes, without the alias before its columns.
std::string expr(std::string_view expression) {
  std::string result = sql("select " + std::string(expression) + " as x from rides");
  constexpr std::string_view kHead = "SELECT ", kTail = " AS \"x\" FROM tarn_scan_0 AS \"rides\"";
  if (!result.starts_with(kHead) || !result.ends_with(kTail)) return result;
  result = result.substr(kHead.size(), result.size() - kHead.size() - kTail.size());
  constexpr std::string_view kAlias = "\"rides\".";
  for (std::size_t at; (at = result.find(kAlias)) != std::string::npos;) result.erase(at, kAlias.size());
  return result;
}

struct Typed {
  std::uint32_t type;
  std::int32_t modifier;
};
Typed type_of(std::string_view expression) {
  auto result = rewrite_text("select " + std::string(expression) + " from rides");
  if (!result) FAIL(result.error().message);
  REQUIRE(result->columns.size() == 1);
  return {result->columns[0].type, result->columns[0].modifier};
}

std::string name_of(std::string_view expression) {
  std::string result = sql("select " + std::string(expression) + " from rides");
  std::size_t as = result.rfind(" AS ", result.rfind(" FROM "));
  return result.substr(as + 4, result.rfind(" FROM ") - as - 4);
}

}  // namespace

TEST_CASE("tables become scans, once each, under the name the statement uses") {
  auto result = rewrite_text("select r.id from public.rides r, rides x, airlines where r.id = x.id");
  REQUIRE(result.has_value());
  CHECK(result->sql ==
        "SELECT \"r\".\"id\" AS \"id\" FROM tarn_scan_0 AS \"r\", tarn_scan_0 AS \"x\", tarn_scan_1 AS \"airlines\" "
        "WHERE (\"r\".\"id\" = \"x\".\"id\")");
  REQUIRE(result->tables.size() == 2);
  CHECK(result->tables[0].name_space == "public");
  CHECK(result->tables[1].name == "airlines");
  CHECK(!result->reads_catalog);
}

TEST_CASE("names that are not there are refused with Postgres's code and place") {
  CHECK(refusal("select * from nope") == "42P01@15");
  CHECK(refusal("select * from other.rides") == "42P01@15");
  CHECK(refusal("select nope from rides") == "42703@8");
  CHECK(refusal("select 'é', nope from rides") == "42703@13");
  CHECK(refusal("select r.nope from rides r") == "42703@8");
  CHECK(refusal("select rides.id from rides r") == "42P01@8");
  CHECK(refusal("select carrier from rides, airlines") == "42702@8");
  CHECK(refusal("select nope(1)") == "42883@8");
  CHECK(refusal("select 1::nope") == "42704@11");
  CHECK(refusal("select x.id from rides x, rides x") == "42712@0");
  CHECK(refusal("select * from (select 1)") == "42601@15");
  CHECK(refusal("select * from elsewhere.public.rides") == "0A000@15");
  CHECK(refusal("select 'a' collate \"de_DE\"") == "42704@12");
}

TEST_CASE("a misspelt name is told with the nearest one there is") {
  auto hint = [](std::string_view text) {
    auto result = rewrite_text(text);
    return result ? "none is wrong" : result.error().hint;
  };
  CHECK(hint("select carier from airlines a") == "Perhaps you meant to reference the column \"a.carrier\".");
  CHECK(hint("select a.nme from rides, airlines a") == "Perhaps you meant to reference the column \"a.name\".");
  CHECK(hint("select ride.id from rides") == "Perhaps you meant to reference the table alias \"rides\".");
  CHECK(hint("select ride.* from rides") == "Perhaps you meant to reference the table alias \"rides\".");
  CHECK(hint("select * from ridez") == "Perhaps you meant \"rides\".");
  CHECK(hint("with totals as (select 1) select * from total") == "Perhaps you meant \"totals\".");
  CHECK(hint("select * from publik.rides") == "Perhaps you meant \"public.rides\".");
  CHECK(hint("select something_else from rides").empty());
  CHECK(hint("select * from something_else").empty());
}

TEST_CASE("the relations that a statement names are found wherever they stand") {
  auto names = [](std::string_view text) {
    std::string all;
    for (const RelationName& each : relations_of(parse(text)->front())) all += each.name_space + "." + each.name + " ";
    return all;
  };
  CHECK(names("select 1").empty());
  CHECK(names("with q as (select * from a) select (select max(x) from b) from q join s.c using (x) "
              "where exists (select 1 from d) union all (values ((select 1 from e)))") == ".a .b .q s.c .d .e ");
  CHECK(names("select count(*) filter (where x in (select 1 from a)) over (partition by (select 1 from b)) "
              "from lateral (select * from \"C\") t order by (select 1 from d) limit (select 1 from e)")
            .size() == 15);
  CHECK(parse("select 1,\n a from  tarn.public.rides")->size() == 1);
  CHECK(relations_of(parse("select 1,\n a from  tarn.public.rides")->front())[0].position == 20);
}

TEST_CASE("nothing of DuckDB's own can be named") {
  for (std::string_view text :
       {"select * from read_parquet('x')", "select * from read_csv('x')", "select * from glob('*')",
        "select * from parquet_metadata('x')", "select * from duckdb_tables()", "select getenv('HOME')",
        "select * from query('select 1')", "select * from query_table('t')", "select stats(id) from rides",
        "select error('x')", "select * from chunk_scan(1)", "select tarn_nonzero(1)", "select write_log('x')",
        "select * from arrow_scan(1, 2, 3)", "select current_setting2('x')", "select read_text('x')"}) {
    CHECK(refusal(text).starts_with("42883@"));
  }
  for (std::string_view text :
       {"select * from \"x.parquet\"", "select * from \"/etc/passwd\"", "select * from tarn_pg.pg_class",
        "select * from tarn_scan_0", "select * from main.rides", "select * from duckdb_settings",
        "select * from sqlite_master", "select * from information_schema.nope"}) {
    CHECK(refusal(text).starts_with("42P01@"));
  }
  CHECK(refusal("with tarn_scan_0 as (select 1) select * from tarn_scan_0").starts_with("42939@"));
  CHECK(refusal("with x as (insert into rides values (1) returning 1) select 1").starts_with("0A000@"));
}

TEST_CASE("quotes in names and text stay inside them") {
  CHECK(expr("'it''s'").starts_with("CAST('it''s' AS VARCHAR)"));
  CHECK(sql("select 1 as \"a\"\"b\"") == "SELECT 1 AS \"a\"\"b\"");
  CHECK(expr("\"Odd Name\"") == "\"Odd Name\"");
  CHECK(expr("E'\\'; drop table x; --'") == "CAST('''; drop table x; --' AS VARCHAR)");
}

TEST_CASE("common table expressions hide tables, inside out, and only where they are in scope") {
  CHECK(sql("with rides as (select 1 as a) select a from rides") ==
        "WITH \"rides\" AS (SELECT 1 AS \"a\") SELECT \"rides\".\"a\" AS \"a\" FROM \"rides\" AS \"rides\"");
  CHECK(refusal("select * from (with q as (select 1) select * from q) s, q") == "42P01@57");
  CHECK(sql("with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select n from t") ==
        "WITH RECURSIVE \"t\"(\"n\") AS ((SELECT 1 AS \"?column?\") UNION ALL (SELECT (\"t\".\"n\" + 1) AS "
        "\"?column?\" FROM \"t\" AS \"t\" "
        "WHERE (\"t\".\"n\" < 5))) SELECT \"t\".\"n\" AS \"n\" FROM \"t\" AS \"t\"");
  CHECK(refusal("with a as (select * from b), b as (select 1) select * from a") == "42P01@26");
}

TEST_CASE("results are named as Postgres names them") {
  CHECK(name_of("count(*)") == "\"count\"");
  CHECK(name_of("1") == "\"?column?\"");
  CHECK(name_of("id + 1") == "\"?column?\"");
  CHECK(name_of("rides.id") == "\"id\"");
  CHECK(name_of("id::text") == "\"id\"");
  CHECK(name_of("'1'::int") == "\"int4\"");
  CHECK(name_of("case when ok then 1 end") == "\"case\"");
  CHECK(name_of("case when ok then 1 else id end") == "\"id\"");
  CHECK(name_of("coalesce(id, 1)") == "\"coalesce\"");
  CHECK(name_of("extract(year from at)") == "\"extract\"");
  CHECK(name_of("current_date") == "\"current_date\"");
  CHECK(name_of("array[1]") == "\"array\"");
  CHECK(name_of("exists (select 1)") == "\"exists\"");
  CHECK(name_of("(select max(id) from rides)") == "\"max\"");
  CHECK(name_of("substring('a' from 1)") == "\"substring\"");
}

TEST_CASE("results have Postgres's types") {
  CHECK(type_of("sum(n)").type == 20);
  CHECK(type_of("sum(id)").type == 1700);
  CHECK(type_of("avg(n)").type == 1700);
  CHECK(type_of("avg(delay)").type == 701);
  CHECK(type_of("count(*)").type == 20);
  CHECK(type_of("n / 2").type == 23);
  CHECK(type_of("n / 2.0").type == 1700);
  CHECK(type_of("day - day").type == 23);
  CHECK(type_of("at - at").type == 1186);
  CHECK(type_of("f + 1").type == 701);
  CHECK(type_of("'x'").type == 25);
  CHECK(type_of("null").type == 25);
  CHECK(type_of("extra ->> 'a'").type == 25);
  CHECK(type_of("extra -> 'a'").type == 114);
  CHECK(type_of("array_agg(n)").type == 1007);
  // A column's modifier is its own; an expression has none.
  CHECK(type_of("fare").modifier == kMoney);
  CHECK(type_of("fare + 1").modifier == -1);
  CHECK(type_of("max(fare)").modifier == -1);
  CHECK(type_of("'a'::varchar(3)").modifier == 7);
}

TEST_CASE("what DuckDB does differently is said differently") {
  CHECK(expr("n / id") == "(\"n\" // tarn_nonzero(\"id\"))");
  CHECK(expr("n / 2") == "(\"n\" // 2)");
  CHECK(expr("delay / n") == "(\"delay\" / tarn_nonzero(\"n\"))");
  CHECK(expr("carrier ~ '^a'") == "regexp_matches(\"carrier\", '^a', 's')");
  CHECK(expr("carrier !~* 'x'") == "(NOT regexp_matches(\"carrier\", 'x', 'si'))");
  CHECK(expr("carrier like 'a%'") == "(\"carrier\" LIKE 'a%')");
  CHECK(expr("carrier like 'a\\%'") == "(\"carrier\" LIKE 'a\\%' ESCAPE '\\')");
  CHECK(expr("carrier similar to 'a'").starts_with("0A000@"));
  CHECK(expr("round(delay)") == "round_even(\"delay\", 0)");
  CHECK(expr("delay::text") == "tarn_text(\"delay\")");
  CHECK(expr("carrier::varchar(2)") == "left(\"carrier\", 2)");
  CHECK(expr("'\\x4142'::bytea") == "CAST('\\x41\\x42' AS BLOB)");
  CHECK(expr("1e3") == "CAST(1000 AS DECIMAL(4,0))");
  CHECK(expr("sum(n)") == "CAST(sum(\"n\") AS BIGINT)");
  CHECK(expr("'yes'::bool") == "true");
  CHECK(sql("select id from rides order by id desc limit 1") ==
        "SELECT \"rides\".\"id\" AS \"id\" FROM tarn_scan_0 AS \"rides\" ORDER BY \"id\" DESC NULLS FIRST LIMIT 1");
  CHECK(sql("values (1, 'a')") == "SELECT * FROM (VALUES (1, 'a')) AS \"*VALUES*\"(\"column1\", \"column2\")");
  CHECK(sql("select * from rides for update") == "SELECT * FROM tarn_scan_0 AS \"rides\"");
  CHECK(expr("extra -> 'a'") == "(to_json(\"extra\") -> 'a')");
}

TEST_CASE("a quotient at the top goes out with Postgres's digits, and still sorts as a number") {
  auto result = rewrite_text("select carrier, avg(n) from rides group by 1 order by 2 desc, avg");
  REQUIRE(result.has_value());
  CHECK(result->sql ==
        "SELECT \"rides\".\"carrier\" AS \"carrier\", tarn_average_text(CAST(sum(\"rides\".\"n\") AS HUGEINT), "
        "count(\"rides\".\"n\"), 0) AS \"avg\" FROM tarn_scan_0 AS \"rides\" GROUP BY 1 ORDER BY "
        "tarn_average(CAST(sum(\"rides\".\"n\") AS HUGEINT), count(\"rides\".\"n\"), 0) DESC NULLS FIRST, "
        "tarn_average(CAST(sum(\"rides\".\"n\") AS HUGEINT), count(\"rides\".\"n\"), 0) ASC NULLS LAST");
  CHECK(result->columns[1].digits);
  // Not where its value is used, nor where a key must equal it.
  CHECK(!sql("select * from (select avg(n) from rides) x").contains("_text"));
  CHECK(!sql("select round(avg(n), 2) from rides").contains("_text"));
  CHECK(!sql("select distinct n / 2.0 from rides").contains("_text"));
  CHECK(!sql("select n / 2.0 from rides group by 1").contains("_text"));
  CHECK(!sql("select avg(n) from rides union select 1").contains("_text"));
}

TEST_CASE("types that do not go together are refused as in Postgres") {
  CHECK(refusal("select 1 from rides where carrier = 1") == "42883@35");
  CHECK(refusal("select n = true from rides") == "42883@10");
  CHECK(refusal("select 'abc'::int") == "22P02@8");
  CHECK(refusal("select n = 'abc' from rides") == "22P02@12");
  CHECK(refusal("select '70000'::smallint") == "22003@8");
  CHECK(sql("select 'maybe'::bool").starts_with("22P02@8"));
}

TEST_CASE("JOIN USING gives each shared column once, first, as in Postgres") {
  CHECK(sql("select * from airlines a join airlines b using (name)") ==
        "SELECT \"name\", \"a\".\"carrier\", \"b\".\"carrier\" FROM tarn_scan_0 AS \"a\" JOIN tarn_scan_0 AS \"b\" "
        "USING (\"name\")");
}

TEST_CASE("session words become values") {
  CHECK(sql("select current_user") == "SELECT 'tarn' AS \"current_user\"");
  CHECK(sql("select current_setting('known')") == "SELECT CAST('it''s' AS VARCHAR) AS \"current_setting\"");
  CHECK(refusal("select current_setting('unknown')") == "42704@0");
  auto result = rewrite_text("select set_config('search_path', 'a', false)");
  REQUIRE(result.has_value());
  REQUIRE(result->set_config.size() == 1);
  CHECK(result->set_config[0].value == "a");
}

TEST_CASE("pg_catalog is ours") {
  auto result = rewrite_text("select relname from pg_class");
  REQUIRE(result.has_value());
  CHECK(result->reads_catalog);
  CHECK(result->sql == "SELECT \"pg_class\".\"relname\" AS \"relname\" FROM tarn_pg.\"pg_class\" AS \"pg_class\"");
  CHECK(sql("select 1 from information_schema.tables").ends_with("FROM tarn_pg.\"is_tables\" AS \"tables\""));
  CHECK(sql("select 'public.rides'::regclass::oid").contains("tarn_pg.regclass('public.rides')"));
  CHECK(refusal("select nope from pg_class") == "42703@8");
}

TEST_CASE("a place in the printed SQL leads back to the client's") {
  auto result = rewrite_text("select id, upper(carrier) from rides");
  REQUIRE(result.has_value());
  auto at = static_cast<std::int32_t>(result->sql.find("upper")) + 1;
  CHECK(result->client_position(at) == 12);
  CHECK(result->client_position(0) == 0);
}

TEST_CASE("deep and wide statements cost an error, never the process") {
  std::string deep = "1";
  for (int i = 0; i < 9'000; ++i) deep += "+1";
  CHECK(sql("select " + deep).starts_with("54001@"));
  std::string nested = "select 1";
  for (int i = 0; i < 600; ++i) nested = "select (" + nested + ")";
  CHECK(sql(nested).substr(0, 2) == "54");
  // avg prints its argument twice: nested in sub-selects that would be 2^n.
  std::string doubled = "n";
  for (int i = 0; i < 60; ++i) doubled = "(select avg(" + doubled + ") from rides)";
  CHECK(sql("select " + doubled + " from rides").starts_with("54001@"));
  std::string wide = "id = 0";
  for (int i = 0; i < 4'000; ++i) wide += " or id = 1";
  CHECK(sql("select id from rides where " + wide).starts_with("SELECT"));
}
