#include "shell/complete.h"

#include <doctest/doctest.h>

#include "host/test_folder.h"
#include "shell/describe.h"
#include "shell/history.h"

namespace tarn::shell {
namespace {

const std::vector<KnownTable> kTables{{"public", "rides", {"city", "fare", "_kafka"}},
                                      {"public", "Odd Name", {"Big", "small"}},
                                      {"tarn", "runs", {"id", "state"}}};

std::vector<std::string> candidates(std::string_view line, std::string_view statement = "") {
  return complete(kTables, statement, line).candidates;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("keywords follow the letters that were begun with") {
  CHECK(candidates("sel") == Names{"select"});
  CHECK(candidates("SEL") == Names{"SELECT"});
  CHECK(candidates("").empty());
}

TEST_CASE("after FROM come tables, quoted where they must be, and schemas") {
  CHECK(candidates("select * from ") == Names{"\"Odd Name\"", "rides", "tarn."});
  CHECK(candidates("select * from r") == Names{"rides"});
  CHECK(candidates("select * from tarn.") == Names{"runs"});
  CHECK(candidates("  join r", "select * from x") == Names{"rides"});
}

TEST_CASE("columns are those of the statement's tables, by name and alias") {
  CHECK(candidates("select fare, c from rides where ci") == Names{"city"});
  CHECK(candidates("where r.f", "select * from rides r\n") == Names{"fare"});
  CHECK(candidates("where rides.", "select * from rides\n") == Names{"_kafka", "city", "fare"});
  CHECK(candidates("select sm") == Names{"small"});
  CHECK(candidates("select b from \"Odd Name\" where bi") == Names{"\"Big\"", "bigint"});
}

TEST_CASE("backslash commands, and what they take") {
  CHECK(candidates("\\t") == Names{"\\timing"});
  CHECK(candidates("\\d ri") == Names{"rides"});
}

TEST_CASE("what candidates have in common is typed") {
  CHECK(common_prefix({"fare", "farewell", "far"}) == "far");
  CHECK(common_prefix({}).empty());
}

TEST_CASE("names in backslash commands are SQL strings, stars any letters") {
  CHECK(describe("d it's")->contains("c.relname = 'it''s'"));
  CHECK(describe("dt Public.R_*")->contains("n.nspname = 'public' and c.relname like 'r\\_%'"));
  CHECK(describe("d \"Odd.Name\"")->contains("c.relname = 'Odd.Name'"));
  CHECK_FALSE(describe("dx"));
}

TEST_CASE("history outlives the shell, bounded, without blanks and repeats") {
  auto files = host::real_files();
  host::TestFolder folder;
  std::string path = folder.file("state/tarn/sql_history");
  {
    History history(*files, path);
    CHECK(history.add("select 1;"));
    CHECK_FALSE(history.add("select 1;"));
    CHECK_FALSE(history.add(" select 'secret';"));
    CHECK_FALSE(history.add(""));
    CHECK(history.add("select 2;"));
  }
  CHECK(History(*files, path).entries() == std::vector<std::string>{"select 1;", "select 2;"});
  {
    History history(*files, path);
    for (std::size_t i = 0; i <= kHistoryEntriesMax; ++i) history.add("select " + std::to_string(i));
  }
  History history(*files, path);
  CHECK(history.entries().size() == kHistoryEntriesMax / 2);
  CHECK(history.entries().back() == "select " + std::to_string(kHistoryEntriesMax));
}

TEST_CASE("without a home there is history all the same, for as long as the shell runs") {
  auto files = host::real_files();
  History history(*files, "");
  CHECK(history.add("select 1;"));
  CHECK(history.entries().size() == 1);
}

}  // namespace tarn::shell
