#include "engine/session.h"

#include <doctest/doctest.h>

#include <thread>

#include "engine/fixture_test.h"
#include "host/memory_file.h"

using namespace tarn;
using namespace tarn::engine;
using namespace tarn::engine::testing;
using wire::postgres::TransactionStatus;

TEST_CASE("a query is answered with columns, rows and a tag") {
  Fixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("select 'rows=3'") == "T(word) D3 C(SELECT 3)");
  CHECK(talk.query("select 'rows=0'; select 'rows=2'") == "T(word) C(SELECT 0) T(word) D2 C(SELECT 2)");
  CHECK(talk.query(" -- nothing") == "I");
  CHECK(talk.query("select * from rides") == "T(word) D1 C(SELECT 1)");
  CHECK(talk.session->status() == TransactionStatus::kIdle);
}

TEST_CASE("a result larger than any window arrives whole") {
  Fixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("select 'rows=100000 size=100'") == "T(word) D100000 C(SELECT 100000)");
}

TEST_CASE("errors have SQLSTATE and the position in the client's text") {
  Fixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("select 1; selec 2") == "42601");
  CHECK(talk.last_error.position == 11);
  CHECK(talk.query("select 1; select * from nowhere") == "T(word) D1 C(SELECT 1) 42P01");
  CHECK(talk.last_error.position == 25);
  CHECK(talk.query("select   id, 'fail' from rides") == "22012");
  CHECK(talk.last_error.position == 10);
  CHECK(talk.query("update rides set id = 1") == "0A000");
}

TEST_CASE("settings are set, shown, reported and rolled back") {
  Fixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("set datestyle to 'ISO, DMY'") == "S(DateStyle=ISO, DMY) C(SET)");
  CHECK(talk.query("show datestyle") == "T(DateStyle) D1 C(SHOW)");
  CHECK(talk.client.last_row.ends_with("ISO, DMY"));
  CHECK(talk.query("begin; set application_name to x; rollback") ==
        "C(BEGIN) S(application_name=x) C(SET) "
        "S(application_name=) C(ROLLBACK)");
  CHECK(talk.query("begin; set local work_mem to '1MB'; commit; show work_mem") ==
        "C(BEGIN) C(SET) C(COMMIT) T(work_mem) D1 C(SHOW)");
  CHECK(talk.client.last_row.ends_with("4MB"));
  CHECK(talk.query("set nonsense to 1") == "42704");
  CHECK(talk.query("set server_version to '1'") == "55P02");
  CHECK(talk.query("set client_encoding to latin1") == "0A000");
  CHECK(talk.query("set timezone to 'no zone'") == "22023");
  CHECK(talk.query("set my.own to 'x'; show my.own") == "C(SET) T(my.own) D1 C(SHOW)");
  CHECK(talk.query("reset all; show my.own") == "S(DateStyle=ISO, MDY) C(RESET) 42704");
  CHECK(talk.query("set statement_timeout to '90s'; show statement_timeout") ==
        "C(SET) T(statement_timeout) D1 C(SHOW)");
  CHECK(talk.client.last_row.ends_with("90s"));
  CHECK(talk.query("show transaction_isolation").ends_with("C(SHOW)"));
  CHECK(talk.client.last_row.ends_with("read committed"));
}

TEST_CASE("a failed transaction takes nothing but its end") {
  Fixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("begin") == "C(BEGIN)");
  CHECK(talk.session->status() == TransactionStatus::kInTransaction);
  CHECK(talk.query("select 'fail'") == "22012");
  CHECK(talk.session->status() == TransactionStatus::kFailed);
  CHECK(talk.query("select 1") == "25P02");
  CHECK(talk.query("commit") == "C(ROLLBACK)");
  CHECK(talk.session->status() == TransactionStatus::kIdle);
  CHECK(talk.query("commit") == "WARNING(25P01) C(COMMIT)");
  CHECK(talk.query("begin; savepoint a; select 'fail'") == "C(BEGIN) C(SAVEPOINT) 22012");
  CHECK(talk.query("rollback to a; select 1; release a; commit") ==
        "C(ROLLBACK) T(word) D1 C(SELECT 1) C(RELEASE) C(COMMIT)");
}

TEST_CASE("prepared statements and portals: row limits, two at once, until Sync") {
  Fixture fixture;
  Talk talk(fixture);
  Session& session = *talk.session;
  REQUIRE(session.parse("s", "select 'rows=5' where $1 = 'x'", {}));
  auto description = must(session.describe_statement("s"));
  CHECK(description.parameter_types == std::vector<Oid>{wire::postgres::kTextOid});
  CHECK(description.columns->size() == 1);
  REQUIRE(session.bind("a", "s", {{.value = "x"}}, {}));
  REQUIRE(session.bind("b", "s", {{.value = "x"}}, {1}));
  CHECK(talk.execute("a", 2) == "D2 s");
  CHECK(talk.execute("b", 3) == "D3 s");
  CHECK(talk.execute("a", 2) == "D2 s");
  CHECK(talk.execute("b", 0) == "D2 C(SELECT 2)");
  CHECK(talk.execute("a", 2) == "D1 C(SELECT 1)");
  CHECK(talk.execute("a", 2) == "C(SELECT 0)");
  session.sync();
  CHECK(talk.execute("a", 2) == "34000");
  CHECK(talk.state(session.bind("", "s", {}, {})) == "08P01");
  CHECK(talk.state(session.bind("", "none", {}, {})) == "26000");
  CHECK(talk.state(session.parse("s", "select 1", {})) == "42P05");
  CHECK(talk.state(session.parse("", "select 1; select 2", {})) == "42601");
  session.close_statement("s");
  CHECK(talk.state(session.bind("", "s", {}, {})) == "26000");
}

TEST_CASE("statements and portals are bounded") {
  Fixture fixture;
  Talk talk(fixture);
  for (std::size_t i = 0; i < kPreparedMax; ++i) REQUIRE(talk.session->parse("s" + std::to_string(i), "select 1", {}));
  CHECK(talk.state(talk.session->parse("one more", "select 1", {})) == "54000");
  for (std::size_t i = 0; i < kPortalsMax; ++i) REQUIRE(talk.session->bind("p" + std::to_string(i), "s0", {}, {}));
  CHECK(talk.state(talk.session->bind("one more", "s0", {}, {})) == "54000");
}

TEST_CASE("cursors fetch forward; those with hold outlive their transaction") {
  Fixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("declare c cursor for select 'rows=5'") == "25P01");
  CHECK(talk.query("begin; declare c cursor for select 'rows=5'; fetch 2 from c") ==
        "C(BEGIN) C(DECLARE CURSOR) T(word) D2 C(FETCH 2)");
  CHECK(talk.query("fetch all from c; fetch 1 from c") == "T(word) D3 C(FETCH 3) T(word) C(FETCH 0)");
  CHECK(talk.query("fetch backward 1 from c") == "55000");
  CHECK(talk.query("rollback") == "C(ROLLBACK)");
  CHECK(talk.query("begin; declare h cursor with hold for select 'rows=3'; commit; fetch 2 from h; close h; fetch h") ==
        "C(BEGIN) C(DECLARE CURSOR) C(COMMIT) T(word) D2 C(FETCH 2) C(CLOSE CURSOR) 34000");
  CHECK(talk.query("declare f cursor with hold for select 'fail'; fetch f") == "C(DECLARE CURSOR) 22012");
  CHECK(talk.query("fetch f") == "55000");
}

TEST_CASE("PREPARE, EXECUTE, DEALLOCATE and DISCARD ALL by SQL") {
  Fixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("prepare q (text) as select 'rows=2' where $1 = 'x'") == "C(PREPARE)");
  CHECK(talk.query("execute q ('x')") == "T(word) D2 C(SELECT 2)");
  CHECK(talk.query("execute q") == "42601");
  CHECK(talk.query("deallocate q; execute q('x')") == "C(DEALLOCATE) 26000");
  CHECK(talk.query("discard all") == "C(DISCARD ALL)");
}

TEST_CASE("cancel and statement_timeout end a statement with 57014 and leave the session usable") {
  Fixture fixture;
  Talk talk(fixture);
  std::thread other([&] {
    while (fixture.processes.started() == 0) std::this_thread::yield();
    for (int i = 0; i < 1000; ++i) {
      talk.session->cancel();
      std::this_thread::yield();
    }
  });
  CHECK(talk.query("select 'hang'") == "T(word) 57014");
  other.join();
  CHECK(talk.last_error.message == "canceling statement due to user request");
  CHECK(talk.query("set statement_timeout to 20; select 'hang'") == "C(SET) T(word) 57014");
  CHECK(talk.last_error.message == "canceling statement due to statement timeout");
  CHECK(talk.query("set statement_timeout to 0; select 1") == "C(SET) T(word) D1 C(SELECT 1)");
}

TEST_CASE("a worker that ignores a cancel is killed") {
  Fixture fixture({.cancel_wait_max = std::chrono::milliseconds(20)});
  Talk talk(fixture);
  CHECK(talk.query("set statement_timeout to 10; select 'deaf'") == "C(SET) T(word) 57P01");
  CHECK(talk.query("reset statement_timeout; select 1") == "C(RESET) T(word) D1 C(SELECT 1)");
  CHECK(fixture.processes.started() == 2);
}

TEST_CASE("a worker's death costs the statements on it, not the session") {
  Fixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("select 'die'") == "57P01");
  CHECK(!talk.last_error.hint.empty());
  CHECK(talk.query("select 1") == "T(word) D1 C(SELECT 1)");
  CHECK(talk.query("select 'die_cut'") == "D1 cut 57P01");
}

TEST_CASE("a transaction keeps its view, a statement outside of one takes the newest") {
  Fixture fixture;
  Talk talk(fixture);
  CHECK(talk.query("begin; select * from rides").ends_with("C(SELECT 1)"));
  must(
      fixture.catalog->create_table({"public", "later"}, {{.name = "a", .type = {.kind = table::TypeKind::kInt}}}, {}));
  CHECK(talk.query("select * from later") == "42P01");
  CHECK(talk.query("rollback; select * from later") == "C(ROLLBACK) T(word) D1 C(SELECT 1)");
}

TEST_CASE("a statement says how many acknowledged records it does not see, and fails while recovering") {
  Fixture fixture;
  Talk talk(fixture);
  fixture.freshness.answer = {.records_missing = 3};
  CHECK(talk.query("select * from rides") == "NOTICE(01000) T(word) D1 C(SELECT 1)");
  CHECK(talk.query("select 1") == "T(word) D1 C(SELECT 1)");
  CHECK(fixture.freshness.calls == 1);
  fixture.freshness.answer = {.recovering = true};
  CHECK(talk.query("set statement_timeout to 20; select * from rides") == "C(SET) 57014");
  fixture.freshness.answer = {.recovering = true, .held_up_by = "a segment is damaged"};
  CHECK(talk.query("set statement_timeout to 0; select * from rides") == "C(SET) 57P03");
  CHECK(talk.last_error.message.ends_with("a segment is damaged"));
}

TEST_CASE("a statement over more chunks than one message can carry gets them all") {
  Fixture fixture;
  Talk talk(fixture);
  TableUuid table = fixture.catalog->state()->find({"public", "rides"})->uuid;
  for (std::int64_t offset = 0; offset < 600; ++offset) {
    auto chunk = std::make_shared<tail::Chunk>();
    chunk->file = must(must(host::make_memory_file("chunk", 1_B)).first.duplicate());
    chunk->rows = 1;
    must(fixture.tail->put(
        {{table, Uuid{}, PartitionId(0)}, Offset(offset), Offset(offset + 1), {{table, chunk}}, TimestampMs(0)}));
  }
  CHECK(talk.query("select 'fds' from rides") == "T(word) D600 C(SELECT 600)");
}

TEST_CASE("columns that changed since they were described are not sent as if they had not") {
  Fixture fixture;
  Talk talk(fixture);
  talk.client.gone = true;
  CHECK(talk.query("select 'rows=2'").ends_with("08006"));
}
