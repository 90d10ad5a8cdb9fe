// Housekeeping: what nothing needs goes, and nothing else.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "catalog/lake_test.h"
#include "host/fault_sweep.h"

namespace tarn::catalog {
namespace {

using std::chrono::hours, std::chrono::minutes;

TableName name_of(const std::string& name) { return {"public", name}; }

}  // namespace

TEST_CASE("models rebuilt hundreds of times do not grow the disk") {
  LakeFixture fixture;
  std::size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    Run run = must(fixture.catalog().start_run("p"));
    std::string branch = branch_of(run.id);
    must(fixture.catalog().create_branch(branch));
    must(fixture.build(branch, "daily", fmt::format("f{}", i)));
    must(fixture.catalog().commit(fixture.viewing(branch, "v", fmt::format("select {}", i))));
    must(fixture.catalog().publish({.branch = branch, .finish = RunFinish{.id = run.id}}));
    fixture.pass(minutes(10));
    most = std::max(most, fixture.on_disk().size());
  }
  CHECK(most < 200);  // 6 runs an hour: an hour of versions, an hour of garbage, 10 snapshots
  fixture.pass(hours(3));
  CHECK(fixture.files_at("main", "daily") == "f299");
  auto needed = fixture.needed_by(*fixture.catalog().state());
  CHECK(fixture.on_disk() == needed);
  CHECK(needed.size() < 50);
}

TEST_CASE("a version stays readable for its time, then says that it is gone") {
  LakeFixture fixture;
  CatalogVersion first = must(fixture.build("main", "daily", "a")).version;
  CatalogVersion second = must(fixture.build("main", "daily", "b")).version;
  must(fixture.catalog().drop_table(name_of("daily")));
  fixture.pass(minutes(50));
  for (int life = 0; life < 2; ++life) {
    CHECK(fixture.files_at(fmt::format("main@{}", first.value()), "daily") == "a");
    auto state = fixture.at(fmt::format("main@{}", second.value()));
    CHECK(state->find(name_of("daily")));
    fixture.needed_by(*state);
    fixture.restart();
  }
  fixture.pass(minutes(20));
  auto gone = fixture.catalog().state(Ref{"main", first});
  REQUIRE(!gone);
  CHECK(gone.error().code == Code::kNotFound);
  CHECK(gone.error().message.find("is kept no longer; versions from 3 on are") != std::string::npos);
  fixture.pass(hours(2));
  CHECK(fixture.on_disk().empty());
}

TEST_CASE("of many versions in a short time the last ones are kept") {
  LakeFixture fixture({.versions_max = 10});
  must(fixture.build("main", "daily", "a"));
  for (int i = 0; i < 30; ++i) must(fixture.add("main", "daily", fmt::format("f{}", i)));
  must(fixture.catalog().sweep());
  CatalogVersion now = fixture.catalog().state()->version();
  CHECK(fixture.catalog().state(Ref{"main", now - 9}).has_value());
  CHECK(fixture.catalog().state(Ref{"main", now - 10}).error().code == Code::kNotFound);
}

TEST_CASE("while a branch lives, what it began with is whole; dropped, only what it shared with main stays") {
  LakeFixture fixture;
  must(fixture.build("main", "daily", "a"));
  must(fixture.build("main", "other", "o"));
  CatalogVersion base = must(fixture.catalog().create_branch("dev")).base;
  for (int i = 0; i < 20; ++i) must(fixture.build("main", "daily", fmt::format("m{}", i)));
  must(fixture.catalog().drop_table(name_of("other")));
  must(fixture.add("dev", "daily", "x"));
  must(fixture.build("dev", "own", "y"));
  fixture.pass(hours(5));
  for (int life = 0; life < 2; ++life) {
    CHECK(fixture.files_at("dev", "daily") == "a x");
    CHECK(fixture.files_at("dev", "other") == "o");
    CHECK(fixture.files_at(fmt::format("main@{}", base.value()), "daily") == "a");
    fixture.needed_by(*fixture.at("dev"));
    fixture.needed_by(*fixture.catalog().state());
    fixture.restart();
  }
  must(fixture.catalog().drop_branch("dev"));
  fixture.pass(hours(3));
  CHECK(fixture.on_disk() == fixture.needed_by(*fixture.catalog().state()));
}

TEST_CASE("what a reader holds stays, whatever becomes of its branch and version") {
  LakeFixture fixture;
  must(fixture.build("main", "daily", "a"));
  must(fixture.catalog().commit(fixture.viewing("main", "v", "select 1")));
  must(fixture.catalog().create_branch("dev"));
  must(fixture.add("dev", "daily", "x"));
  auto held = fixture.at("dev");
  auto table = fixture.catalog().state()->find(name_of("daily"));  // one table is enough
  must(fixture.catalog().drop_branch("dev"));
  must(fixture.catalog().drop_table(name_of("daily")));
  must(fixture.catalog().commit({.view_drops = {{name_of("v")}}}));
  fixture.pass(hours(6));
  fixture.needed_by(*held);
  CHECK(fixture.file_names(*table) == std::vector<std::string>{"a"});
  held.reset();
  fixture.pass(hours(6));
  CHECK(fixture.file_names(*table) == std::vector<std::string>{"a"});
  table.reset();
  fixture.pass(hours(3));
  CHECK(fixture.on_disk().empty());
}

TEST_CASE("branches that nobody publishes expire, those of running runs do not") {
  LakeFixture fixture;
  must(fixture.catalog().create_branch("short", std::nullopt, hours(2)));
  Run run = must(fixture.catalog().start_run("p"));
  must(fixture.catalog().create_branch(branch_of(run.id), std::nullopt, hours(2)));
  must(fixture.build(branch_of(run.id), "daily", "a"));
  fixture.pass(hours(3));
  REQUIRE(fixture.catalog().branches().size() == 2);
  CHECK(fixture.catalog().branches()[1].name == branch_of(run.id));
  must(fixture.catalog().finish_run({.id = run.id, .state = RunState::kFailed}));
  fixture.pass(hours(3));
  CHECK(fixture.files_at(branch_of(run.id), "daily") == "a");  // 7 days from its end
  fixture.clock.advance(kBranchKeep);
  fixture.pass(hours(3));
  CHECK(fixture.catalog().branches().size() == 1);
  CHECK(fixture.on_disk().empty());
}

TEST_CASE("a table that lands for days keeps the files of its snapshots and few others") {
  LakeFixture fixture({.snapshot_keep_all = minutes(30), .snapshots_max = 20});
  must(fixture.build("main", "rides", "first"));
  for (int i = 0; i < 400; ++i) {
    must(fixture.add("main", "rides", fmt::format("f{}", i)));
    fixture.clock.advance(minutes(3));
    if (i % 5 == 0) must(fixture.catalog().sweep());
  }
  fixture.pass(hours(3));
  CHECK(fixture.on_disk() == fixture.needed_by(*fixture.catalog().state()));
  CHECK(fixture.on_disk().size() < 401 + 20 + 3 * table::kManifestsMax);
}

TEST_CASE("when a file that is needed to know cannot be read, nothing of its table goes") {
  LakeFixture fixture;
  must(fixture.build("main", "daily", "a"));
  auto broken = fixture.catalog().state()->find(name_of("daily"))->metadata->current_snapshot()->manifest_list;
  must(fixture.catalog().create_branch("dev"));
  for (int i = 0; i < 15; ++i) must(fixture.build("main", "daily", fmt::format("f{}", i)));
  must(fixture.build("main", "other", "o0"));
  for (int i = 0; i < 15; ++i) must(fixture.build("main", "other", fmt::format("o{}", i + 1)));
  fixture.restart();
  must(fixture.files->remove(table::from_uri(broken)));
  fixture.pass(hours(5));
  std::size_t daily = 0, other = 0;
  for (const std::string& file : fixture.on_disk()) {
    daily += file.ends_with(".parquet") && file.find("/daily/") != std::string::npos;
    other += file.ends_with(".parquet") && file.find("/other/") != std::string::npos;
  }
  CHECK(daily == 16);
  CHECK(other == kReplacedSnapshotsMax);  // other tables are none the worse for it
}

TEST_CASE("a disk that breaks at any call of housekeeping costs no file that is needed, and the next pass goes on") {
  host::sweep_faults("catalog housekeeping", {.stride = 2},
                     [](host::FaultyFiles& files, const host::FaultPoint& point) {
                       INFO(point.text());
                       LakeFixture fixture({}, &files);
                       must(fixture.build("main", "daily", "a"));
                       must(fixture.catalog().create_branch("dev"));
                       must(fixture.build("dev", "daily", "d"));
                       must(fixture.add("main", "daily", "b"));
                       must(fixture.build("main", "daily", "c"));
                       must(fixture.catalog().create_branch("kept"));
                       must(fixture.build("main", "daily", "e"));
                       must(fixture.catalog().drop_branch("dev"));
                       fixture.clock.advance(hours(2));
                       must(fixture.catalog().sweep());
                       fixture.clock.advance(hours(2));
                       point.arm(*fixture.files);
                       (void)fixture.catalog().sweep();
                       fixture.stop();
                       point.disarm(*fixture.files);
                       fixture.files->restart();
                       fixture.restart();
                       CHECK(fixture.files_at("main", "daily") == "e");
                       CHECK(fixture.files_at("kept", "daily") == "c");
                       auto needed = fixture.needed_by(*fixture.catalog().state());
                       needed.merge(fixture.needed_by(*fixture.at("kept")));
                       fixture.pass(hours(3));
                       fixture.needed_by(*fixture.at("kept"));
                       CHECK(fixture.on_disk() == needed);
                     });
}

}  // namespace tarn::catalog
