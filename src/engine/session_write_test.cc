#include <doctest/doctest.h>

#include <thread>

#include "engine/fixture_test.h"
#include "engine/system_tables.h"
#include "host/fault_sweep.h"

using namespace tarn;
using namespace tarn::engine;
using namespace tarn::engine::testing;

namespace {

struct WriteFixture : Fixture {
  std::shared_ptr<const catalog::TableState> table(const std::string& name) {
    return catalog->state()->find(catalog::TableName{"public", name});
  }
  std::size_t files_of(const std::string& name) { return must(catalog->data_files(*table(name)))->size(); }
  // Everything under a folder.
  std::size_t parquet_files(const std::string& folder) {
    std::size_t count = 0;
    for (const host::DirEntry& entry : files->list(folder).value_or(std::vector<host::DirEntry>{})) {
      count += entry.is_dir ? parquet_files(host::join(folder, entry.name)) : entry.name.ends_with(".parquet");
    }
    return count;
  }
};

catalog::Binding binding_of(TableUuid table) {
  return {.topic = TopicId{Uuid{{std::byte{7}}}}, .topic_name = "rides", .table = table};
}

}  // namespace

TEST_CASE("CREATE TABLE AS makes a table of the rows, with Postgres's tags and refusals") {
  WriteFixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("create table t as select 'rows=5'") == "C(SELECT 5)");
  CHECK(fixture.files_of("t") == 1);
  CHECK(fixture.table("t")->metadata->schema().fields[0].name == "word");
  CHECK(fixture.parquet_files("/data/tmp") == 0);
  CHECK(talk.query("create table t as select 'rows=5'") == "42P07");
  CHECK(talk.query("create table if not exists t as select 'rows=5'") == "NOTICE(42P07) C(CREATE TABLE AS)");
  CHECK(talk.query("create table e (renamed) as select 'rows=0'") == "C(SELECT 0)");
  CHECK(fixture.files_of("e") == 0);
  CHECK(fixture.table("e")->metadata->schema().fields[0].name == "renamed");
  CHECK(talk.query("create table n as select 'rows=5' with no data") == "C(CREATE TABLE AS)");
  CHECK(talk.query("select * from t") == "T(word) D1 C(SELECT 1)");
  CHECK(talk.query("create table x (a, b) as select 'rows=1'") == "42601");
  CHECK(talk.query("create table x as select 'twice'") == "42701");
  CHECK(talk.query("create table x as select 'unkept'") == "0A000");
  CHECK(talk.query("create table nowhere.x as select 1") == "3F000");
  CHECK(talk.last_error.position == 14);
  CHECK(talk.query("create table tarn.x as select 1") == "42501");
  CHECK(talk.query("create table rides__dlq as select 1") == "42939");
  CHECK(talk.query("create view rides__dlq as select 1") == "42939");
  CHECK(talk.query("create table \"tarn\".\"public\".\"q\" as select 1") == "C(SELECT 1)");
  CHECK(talk.query("create table \"other\".\"public\".\"q\" as select 1") == "0A000");
  CHECK(talk.query("create table x as select 1, nope from rides") == "42703");
  CHECK(talk.last_error.position == 29);
}

TEST_CASE("what fails leaves no table and no file") {
  WriteFixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("create table x as select 'fail'") == "22012");
  CHECK(talk.query("create table x as select 'die'") == "57P01");
  CHECK(talk.query("set statement_timeout to 20; create table x as select 'hang'") == "C(SET) 57014");
  CHECK(talk.query("reset statement_timeout; select 1").ends_with("C(SELECT 1)"));
  CHECK_FALSE(fixture.table("x"));
  CHECK(fixture.parquet_files("/data") == 0);
  CHECK(talk.query("create table x as (select 'rows=1')") == "C(SELECT 1)");
  CHECK(fixture.table("x")->metadata->location == "file:///data/lake/public/x");  // no folder was left
}

TEST_CASE("statements that write stay out of transactions, past versions and read-only sessions") {
  WriteFixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("begin; create table t as select 1") == "C(BEGIN) 25001");
  CHECK(talk.query("rollback; set default_transaction_read_only to on; drop table rides").ends_with("25006"));
  std::string version = std::to_string(fixture.catalog->state()->version().value());
  Talk past(fixture, "tarn@main@" + version);
  CHECK(past.query("create view v as select 1") == "25006");
  CHECK(past.query("select * from rides") == "T(word) D1 C(SELECT 1)");
}

TEST_CASE("a session opened read-only writes nothing, whatever it sets") {
  WriteFixture fixture;
  Talk talk(fixture, SessionOptions{.read_only = true});
  for (const char* sql : {"create table t as select 1", "create view v as select 1", "insert into rides select 1, 'x'",
                          "drop table rides", "prepare p as insert into rides select 1, 'x'; execute p"})
    CHECK(talk.query(sql).ends_with("25006"));
  CHECK(talk.query("set default_transaction_read_only to off; drop table rides") == "C(SET) 25006");
  CHECK(talk.session->materialize({.name = {"public", "m"}, .select = "select 1"}).error().sqlstate == "25006");
  CHECK(talk.query("select * from rides") == "T(word) D1 C(SELECT 1)");
}

TEST_CASE("only a run writes to its branch while it goes on") {
  WriteFixture fixture;
  auto run = must(fixture.catalog->start_run("taxi"));
  std::string branch = catalog::branch_of(run.id);
  must(fixture.catalog->create_branch(branch));
  Talk other(fixture, "tarn@" + branch), own(fixture, SessionOptions{.database = "tarn@" + branch, .of_run = true});
  CHECK(other.query("create table smuggled as select 'rows=1'") == "25006");
  CHECK(other.last_error.hint.contains("Only the run"));
  CHECK(other.query("drop table rides") == "25006");
  CHECK(own.query("create table t as select 'rows=1'") == "C(SELECT 1)");
  CHECK(other.query("select * from t") == "T(word) D1 C(SELECT 1)");
  must(fixture.catalog->finish_run({run.id, catalog::RunState::kFailed, "x"}));
  CHECK(other.query("drop table t") == "C(DROP TABLE)");
}

TEST_CASE("INSERT appends to a table that no topic lands in") {
  WriteFixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("create table t as select 'rows=2'") == "C(SELECT 2)");
  CHECK(talk.query("insert into t select 'rows=3'") == "C(INSERT 0 3)");
  CHECK(talk.query("insert into t (word) values ('rows=4')") == "C(INSERT 0 4)");
  CHECK(talk.query("insert into t select 'rows=0'") == "C(INSERT 0 0)");
  CHECK(fixture.files_of("t") == 3);
  CHECK(talk.query("insert into t (nope) select 1") == "42703");
  CHECK(talk.last_error.position == 16);
  CHECK(talk.query("insert into t (word, word) select 1, 2") == "42701");
  CHECK(talk.query("insert into rides (id) select 'x' || 'y'") == "42804");
  CHECK(talk.query("insert into nowhere select 1") == "42P01");
  REQUIRE(talk.session->parse("i", "insert into t values ($1)", {}));
  CHECK(must(talk.session->describe_statement("i")).parameter_types.size() == 1);
  CHECK_FALSE(must(talk.session->describe_statement("i")).columns);
  REQUIRE(talk.session->bind("", "i", {{.value = "x"}}, {}));
  CHECK(talk.execute("", 0) == "C(INSERT 0 1)");

  must(fixture.catalog->bind(binding_of(fixture.table("rides")->uuid)));
  CHECK(talk.query("insert into rides select 1, 'x'") == "0A000");
  CHECK(talk.last_error.hint.contains("topic rides"));
  CHECK(talk.query("drop table rides") == "0A000");
  CHECK(talk.session->materialize({.name = {"public", "rides"}, .select = "select 1"}).error().sqlstate == "0A000");
}

TEST_CASE("views are read like tables, follow their tables and survive a restart of nothing but the session") {
  WriteFixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("create view v as select city as word from rides") == "C(CREATE VIEW)");
  CHECK(talk.query("select * from v") == "T(word) D1 C(SELECT 1)");
  CHECK(talk.query("create view v as select 1") == "42P07");
  CHECK(talk.query("create or replace view v as select 'x' || id as word from rides") == "C(CREATE VIEW)");
  CHECK(talk.query("create or replace view v (other) as select 1") == "42P16");
  CHECK(talk.query("create view w (renamed) as select * from v") == "C(CREATE VIEW)");
  CHECK(talk.query("select renamed from w") == "T(word) D1 C(SELECT 1)");
  CHECK(talk.query("create or replace view v as select renamed as word from w") == "42P17");
  CHECK(talk.query("create view p as select $1") == "42P02");
  CHECK(talk.query("create view rides as select 1") == "42P07");
  CHECK(talk.query("create or replace view rides as select 1") == "42809");
  CHECK(talk.query("insert into v select 1") == "55000");
  CHECK(talk.query("drop table v") == "42809");
  CHECK(talk.query("drop view v, w cascade") == "0A000");
  CHECK(talk.query("drop view v, w") == "C(DROP VIEW)");
  CHECK(talk.query("drop view v") == "42P01");
  CHECK(talk.query("drop view if exists v") == "NOTICE(00000) C(DROP VIEW)");
  CHECK(talk.query("drop view rides") == "42809");
  CHECK(talk.query("drop table rides; select * from rides") == "C(DROP TABLE) 42P01");
}

TEST_CASE("what others made of a name while a statement waited is not dropped") {
  WriteFixture fixture;
  Talk talk(fixture);
  auto make_table = [&](const std::string& name) {
    return must(fixture.catalog->create_table({"public", name}, fixture.table("rides")->metadata->schema().fields, {}));
  };
  std::vector<table::Field> columns{{.name = "word", .type = {.kind = table::TypeKind::kString}}};
  fixture.freshness.meanwhile = [&] {
    must(fixture.catalog->commit({.views = {{.name = {"public", "t"}, .sql = "select 1", .columns = columns}}}));
  };
  CHECK(talk.query("create table t as select city from rides") == "42P07");
  CHECK(fixture.catalog->state()->find_view({"public", "t"}));
  CHECK(fixture.parquet_files("/data") == 0);

  for (const char* create :
       {"create view v as select * from late", "create or replace view w as select * from later"}) {
    std::string name = create[7] == 'v' ? "v" : "w";
    fixture.freshness.meanwhile = [&] {
      make_table(name == "v" ? "late" : "later");
      make_table(name);
    };
    CHECK(talk.query(create) == "42P07");
    CHECK(fixture.table(name));
    CHECK_FALSE(fixture.catalog->state()->find_view({"public", name}));
  }
}

TEST_CASE("a model takes no table that a topic came to land in while it was made") {
  WriteFixture fixture;
  auto session = fixture.session();
  for (auto kind : {Materialize::Kind::kTable, Materialize::Kind::kView}) {
    std::string name = kind == Materialize::Kind::kView ? "v" : "t";
    fixture.freshness.meanwhile = [&] {
      for (const std::string& made : {name, "late_" + name})
        must(fixture.catalog->create_table({"public", made}, fixture.table("rides")->metadata->schema().fields, {}));
      catalog::Binding binding = binding_of(fixture.table(name)->uuid);
      binding.topic = TopicId{Uuid{{std::byte(name[0])}}};
      must(fixture.catalog->bind(binding));
    };
    std::string select = "select * from late_" + name;
    auto made = session->materialize({.name = {"public", name}, .select = select, .kind = kind});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().sqlstate == "22023");
    CHECK(fixture.table(name));
    CHECK_FALSE(fixture.catalog->state()->bindings().empty());
    for (const catalog::Binding* binding : fixture.catalog->state()->bindings()) CHECK_FALSE(binding->detached);
  }
}

TEST_CASE("a session on a branch sees and changes that branch alone") {
  WriteFixture fixture;
  must(fixture.catalog->create_branch("run/1"));
  Talk talk(fixture, "tarn@run/1");
  Talk main(fixture);
  CHECK(talk.query("select current_database() from rides") == "T(word) D1 C(SELECT 1)");
  CHECK(fixture.freshness.calls == 0);  // files only: nothing to wait for
  CHECK(talk.query("create table t as select 'rows=2'; create view v as select * from t") ==
        "C(SELECT 2) C(CREATE VIEW)");
  CHECK(talk.query("select * from v") == "T(word) D1 C(SELECT 1)");
  CHECK(main.query("select * from v") == "42P01");
  CHECK(main.query("select * from t") == "42P01");
  must(fixture.catalog->publish({.branch = "run/1"}));
  CHECK(main.query("select * from v") == "T(word) D1 C(SELECT 1)");
  CHECK(talk.query("select * from v") == "3D000");
  for (const char* database : {"other", "tarn@", "tarn@nope", "tarn@run/1@x", "tarn@main@999999", "tarn@a b"}) {
    auto refused = Session::open(fixture.platform(), {.principal = access::local_admin("ann"), .database = database});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().sqlstate == "3D000");
    CHECK(!refused.error().hint.empty());
  }
}

TEST_CASE("a run's models become tables and views on its branch, whatever had their names") {
  WriteFixture fixture;
  must(fixture.catalog->create_branch("run/1"));
  auto session = fixture.session("tarn@run/1");
  using Kind = Materialize::Kind;
  auto make = [&](const std::string& select, Kind kind, bool replace = true) {
    auto made = session->materialize({.name = {"public", "m"}, .select = select, .kind = kind, .replace = replace});
    return made ? std::to_string(made->rows) : made.error().sqlstate;
  };
  CHECK(make("select 'rows=3'", Kind::kTable) == "3");
  CHECK(make("select 'rows=4'", Kind::kTable) == "4");
  CHECK(make("select 'rows=4'", Kind::kTable, false) == "42P07");
  CHECK(make("select id from rides -- the end", Kind::kView) == "0");
  CHECK(make("select 1, 2 as other", Kind::kView) == "0");  // dbt's views change their columns freely
  CHECK(make("select 'rows=5'", Kind::kTable) == "5");
  auto state = must(fixture.catalog->state({.branch = "run/1"}));
  CHECK(state->find(catalog::TableName{"public", "m"}));
  CHECK_FALSE(state->find_view({"public", "m"}));
  CHECK(make("select 1; select 2", Kind::kTable) == "42601");
  CHECK(make("drop table m", Kind::kTable) == "42601");
  for (auto [name, refusal] : {std::pair(std::string(64, 'x'), "42622"), std::pair(std::string("x__dlq"), "42939")})
    CHECK(session->materialize({.name = {"public", name}, .select = "select 1"}).error().sqlstate == refusal);
  CHECK(make("select * from nowhere", Kind::kTable) == "42P01");
  CHECK(session->materialize({.name = {"public", "x"}, .select = "select   nope"}).error().position == 10);
}

TEST_CASE("a failed commit takes its file along") {
  WriteFixture fixture;
  must(fixture.catalog->create_branch("b"));
  Talk talk(fixture, "tarn@b");
  std::thread dropper;
  fixture.processes.on_store([&](const std::string& path) {
    auto file = must(fixture.files->open(path, host::OpenMode::kCreateNew));
    must(file->write_at(as_bytes("PAR1"), Bytes()));
    must(fixture.catalog->drop_branch("b"));
    return true;
  });
  CHECK(talk.query("create table t as select 'rows=1'") == "42P01");
  CHECK(fixture.parquet_files("/data") == 0);
}

TEST_CASE("tarn.runs and tarn.run_nodes are tables of what was run") {
  WriteFixture fixture;
  auto run = must(fixture.catalog->start_run("taxi"));
  must(fixture.catalog->put_nodes(run.id, {{.name = "a", .rows = 7, .compiled_sql = "select 1"},
                                           {.name = "b", .kind = catalog::RunNodeKind::kTest}}));
  CHECK(must(system_rows(*fixture.catalog, "runs")).at(0)->rows == 1);
  CHECK(must(system_rows(*fixture.catalog, "run_nodes")).at(0)->rows == 2);
  Talk talk(fixture);
  CHECK(talk.query("select 'fds' from tarn.runs, tarn.run_nodes") == "T(word) D2 C(SELECT 2)");
  CHECK(talk.query("insert into tarn.runs select 1") == "42501");
  CHECK(talk.query("drop table tarn.runs") == "42501");
  CHECK(talk.query("select nope from tarn.runs") == "42703");
}

TEST_CASE("wherever a disk breaks a statement that writes, its table has all of its rows or is not there") {
  constexpr std::uint64_t kStride = 3;  // the catalog tries each of its own calls elsewhere
  host::sweep_faults("write", {.stride = kStride}, [](host::FaultyFiles& files, const host::FaultPoint& point) {
    INFO(point.text());
    std::vector<std::string> told;
    auto whole = std::make_unique<Fixture>(SeatOptions{}, &files);
    {
      Talk talk(*whole);
      CHECK(talk.query("create table old as select 'rows=1'") == "C(SELECT 1)");
      point.arm(files);
      for (const char* sql : {"create table t as select 'rows=1'", "insert into old select 'rows=1'",
                              "create or replace view v as select word from old", "drop table old"})
        told.push_back(talk.query(sql));
    }
    whole.reset();
    point.disarm(files);
    files.restart();
    Fixture after({}, &files);
    auto files_of = [&](const char* name) -> int {
      auto table = after.catalog->state()->find(catalog::TableName{"public", name});
      if (!table) return -1;
      auto listed = must(after.catalog->data_files(*table));
      for (const table::DataFile& file : *listed)
        CHECK(as_text(must(host::read_file(files, table::from_uri(file.file_path), 100_B))) == "PAR1");
      return static_cast<int>(listed->size());
    };
    int made = files_of("t"), old = files_of("old");
    CHECK((made == -1 || made == 1));
    if (told[0] == "C(SELECT 1)") CHECK(made == 1);
    CHECK((old == -1 || old == 1 || old == 2));
    if (told[3] == "C(DROP TABLE)") CHECK(old == -1);
    if (told[1] == "C(INSERT 0 1)" && old != -1) CHECK(old == 2);
    if (told[2] == "C(CREATE VIEW)") CHECK(after.catalog->state()->find_view({"public", "v"}));
    Talk again(after);
    CHECK(again.query("create table fresh as select 'rows=1'") == "C(SELECT 1)");
  });
}
