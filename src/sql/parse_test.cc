#include <doctest/doctest.h>

#include <string>

#include "sql/rewrite.h"

using namespace tarn::sql;

namespace {

Parsed only(std::string_view text) {
  auto parsed = parse(text);
  if (!parsed) FAIL(parsed.error().message);
  REQUIRE(parsed->size() == 1);
  return parsed->front();
}

Problem problem(std::string_view text) {
  auto parsed = parse(text);
  REQUIRE(!parsed.has_value());
  return parsed.error();
}

std::string repeated(std::string_view head, std::string_view part, int times, std::string_view tail = "") {
  std::string text(head);
  for (int i = 0; i < times; ++i) text += part;
  return text += tail;
}

}  // namespace

TEST_CASE("an empty or comment-only text has no statement") {
  for (std::string_view text : {"", " ", ";", ";;", "-- nothing", "/* nothing /* nested */ */ ;"})
    CHECK(parse(text)->empty());
}

TEST_CASE("statements of one text are split, with their words and parameters") {
  auto parsed = parse("select 1; select $2 + $1 ;\n show x");
  REQUIRE(parsed.has_value());
  REQUIRE(parsed->size() == 3);
  CHECK((*parsed)[0].text == "select 1");
  CHECK((*parsed)[1].text == "select $2 + $1 ");
  CHECK((*parsed)[1].parameters == 2);
  CHECK((*parsed)[0].parameters == 0);
  CHECK((*parsed)[2].kind == Kind::kShow);
  CHECK((*parsed)[2].name == "x");
}

TEST_CASE("a syntax error names its place in characters and fails the whole text") {
  CHECK(problem("selec 1").position == 1);
  CHECK(problem("select 'é' fro from from").position == 21);
  CHECK(problem("select 1; select 1 +").sqlstate == "42601");
  CHECK(problem("select 'open").message == "unterminated quoted string at or near \"'open\"");
  CHECK(problem("select 'open").position == 8);
}

TEST_CASE("SET, RESET, SHOW, DISCARD carry what they say") {
  Parsed set = only("SET LOCAL Search_Path TO a, \"B\"");
  CHECK(set.kind == Kind::kSet);
  CHECK(set.tag == "SET");
  CHECK(set.set.name == "search_path");
  CHECK(set.set.values == std::vector<std::string>{"a", "B"});
  CHECK(set.set.local);
  CHECK(only("set extra_float_digits = 3").set.values == std::vector<std::string>{"3"});
  CHECK(only("set x = -1.5").set.values == std::vector<std::string>{"-1.5"});
  CHECK(only("set time zone 'UTC'").set.name == "timezone");
  CHECK(only("set names 'utf8'").set.name == "client_encoding");
  CHECK(only("set x to default").set.to_default);
  CHECK(only("reset all").set.name == "all");
  CHECK(only("reset all").tag == "RESET");
  CHECK(only("show all").name == "all");
  CHECK(only("discard all").tag == "DISCARD ALL");
  CHECK(only("unlisten *").kind == Kind::kListen);
}

TEST_CASE("transactions carry their modes") {
  Parsed begin = only("begin isolation level repeatable read, read only");
  CHECK(begin.kind == Kind::kTransaction);
  CHECK(begin.transaction.action == Transaction::Action::kBegin);
  CHECK(begin.transaction.isolation == "repeatable read");
  CHECK(begin.transaction.read_only == true);
  CHECK(only("start transaction").tag == "START TRANSACTION");
  CHECK(only("end").transaction.action == Transaction::Action::kCommit);
  CHECK(only("rollback to savepoint s").transaction.savepoint == "s");
  CHECK(only("commit and chain").transaction.chain);
  CHECK(only("set transaction read write").transaction.read_only == false);
  CHECK(only("set session characteristics as transaction read only").transaction.action ==
        Transaction::Action::kSetSession);
  CHECK(only("prepare transaction 'x'").kind == Kind::kUnsupported);
}

TEST_CASE("prepared statements and cursors carry their inner statement") {
  Parsed prepare = only("prepare p (int, text) as select $1, $2");
  CHECK(prepare.kind == Kind::kPrepare);
  CHECK(prepare.parameter_type_names == std::vector<std::string>{"int4", "text"});
  CHECK(prepare.inner->kind == Kind::kSelect);
  CHECK(prepare.inner->parameters == 2);
  Parsed execute = only("execute p (1, 'a', null, -2, true, '5'::int)");
  CHECK(execute.arguments == std::vector<std::optional<std::string>>{"1", "a", std::nullopt, "-2", "true", "5"});
  CHECK(only("deallocate all").name.empty());
  Parsed declare = only("declare c scroll cursor with hold for select 1");
  CHECK(declare.cursor.scroll);
  CHECK(declare.cursor.hold);
  CHECK(declare.inner->kind == Kind::kSelect);
  CHECK(only("fetch 5 from c").fetch.count == 5);
  CHECK(only("fetch all from c").fetch.all);
  CHECK(only("move backward 2 from c").fetch.direction == FetchCursor::Direction::kBackward);
  CHECK(only("close all").name.empty());
}

TEST_CASE("statements that write carry their target, their query and its words") {
  Parsed table = only("create table if not exists s.t (a, b) as select 1, 2 with no data");
  CHECK(table.kind == Kind::kCreateTable);
  CHECK(table.tag == "CREATE TABLE AS");
  CHECK(table.write.target.name_space == "s");
  CHECK(table.write.target.name == "t");
  CHECK(table.write.target.position == 28);
  CHECK(table.write.if_not_exists);
  CHECK(!table.write.with_data);
  REQUIRE(table.write.columns.size() == 2);
  CHECK(table.write.columns[1].name == "b");
  CHECK(table.inner->kind == Kind::kSelect);

  Parsed view = only("create or replace view \"tarn\".\"public\".\"as\" (x) as\n  select 'as' as y /* é */ ; ");
  CHECK(view.kind == Kind::kCreateView);
  CHECK(view.write.or_replace);
  CHECK(view.write.target.database == "tarn");
  CHECK(view.write.target.name == "as");
  CHECK(view.write.select == "select 'as' as y /* é */");
  CHECK((*parse("select 1 as a; create view v as table t"))[1].write.select == "table t");

  Parsed insert = only("insert into t (a, \"B\") values ($1, 2)");
  CHECK(insert.kind == Kind::kInsert);
  CHECK(insert.tag == "INSERT");
  REQUIRE(insert.write.columns.size() == 2);
  CHECK(insert.write.columns[1].name == "B");
  CHECK(insert.write.columns[1].position == 19);
  CHECK(insert.inner->kind == Kind::kSelect);
  CHECK(insert.inner->parameters == 1);

  Parsed drop = only("drop view if exists v, s.w cascade");
  CHECK(drop.kind == Kind::kDrop);
  CHECK(drop.tag == "DROP VIEW");
  CHECK(drop.drop.views);
  CHECK(drop.drop.if_exists);
  CHECK(drop.drop.cascade);
  REQUIRE(drop.drop.names.size() == 2);
  CHECK(drop.drop.names[1].name_space == "s");
  CHECK(drop.drop.names[1].name == "w");
  CHECK(only("drop table t").drop.cascade == false);
}

TEST_CASE("what is not served is understood and named") {
  for (std::string_view text :
       {"insert into t values (1) returning a", "insert into t default values",
        "insert into t values (1) on conflict do nothing", "create temp table t as select 1",
        "create materialized view t as select 1", "create table t (a int)", "create table t as execute p",
        "create view v with (security_barrier) as select 1", "create view v as select 1 with check option",
        "create temp view v as select 1", "drop index i", "update t set a = 1"})
    CHECK_MESSAGE(only(text).problem.sqlstate == "0A000", text);
  CHECK(only("copy t from stdin").problem.message == "COPY is not supported");
  CHECK(only("load 'x'").kind == Kind::kUnsupported);
  CHECK(only("select 1 into t").kind == Kind::kUnsupported);
  CHECK(only("explain analyze select 1").kind == Kind::kUnsupported);
}

TEST_CASE("hostile text costs an error, never the process") {
  CHECK(problem(repeated("select 1", "+1", 100'000)).sqlstate == "54000");
  CHECK(problem(std::string(2 << 20, ' ')).sqlstate == "54000");
  CHECK(problem(repeated("", "select 1;", 1'500)).sqlstate == "54000");
  CHECK(problem(std::string_view("select '\0'", 10)).sqlstate == "22021");
  CHECK(parse("select $99999999999999").has_value() == false);
  // Just within the bound of tokens, every way to nest: parsed, or refused by the grammar.
  struct Shape {
    std::string_view head, part, tail;
  };
  for (const Shape& shape : {Shape{"select 1", "+1", ""},
                             {"select ", "- ", "1"},
                             {"select ", "not ", "true"},
                             {"select 1", "::int", ""},
                             {"select 1", " isnull", ""},
                             {"select 1", " union select 1", ""},
                             {"select 1 from a", " cross join a", ""},
                             {"select ", "(", ""},
                             {"select ", "(select ", ""},
                             {"select ", "case when ", ""},
                             {"select a", ".b", ""},
                             {"select a", "[1]", ""},
                             {"select ", "f(", ""},
                             {"select ", "array[", ""},
                             {"select 1 where ", "1 in (", ""},
                             {"with a as (", "with a as (", ""},
                             {"select 1 order by ", "1,", "1"}}) {
    for (int times : {1'000, 6'000, 9'900}) (void)parse(repeated(shape.head, shape.part, times, shape.tail));
  }
}
