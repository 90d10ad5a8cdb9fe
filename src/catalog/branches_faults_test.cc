// Branches on a disk that breaks at every call: whatever dies, main has all of a run or nothing of it, the run says
// which, and the next run just works.
#include <doctest/doctest.h>

#include <optional>

#include "catalog/fixture_test.h"
#include "host/fault_sweep.h"

namespace tarn::catalog {
namespace {

using host::Fault;
using host::FaultPoint;
using host::FaultyFiles;

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t kStride = 7;
#else
constexpr std::uint64_t kStride = 1;
#endif

enum class Said { kNothing, kDone, kRefused, kUnknown };

struct Story {
  TableUuid rides;
  std::optional<Run> run;
  Said branch = Said::kNothing;
  Said commit = Said::kNothing;
  Said landing = Said::kNothing;
  Said publish = Said::kNothing;
  Said drop = Said::kNothing;  // of branch "other"
};

template <class T>
Said said(FaultyFiles& files, const Result<T>& result) {
  if (result) return Said::kDone;
  return files.crashed() || result.error().code == Code::kCommitUnknown ? Said::kUnknown : Said::kRefused;
}

void agree(Said said, bool happened) {
  if (said == Said::kDone) CHECK(happened);
  if (said == Said::kRefused || said == Said::kNothing) CHECK(!happened);
}

TableName name_of(const std::string& name) { return {"public", name}; }

Story prepare(Fixture& fixture) {
  Story story{.rides = fixture.make_table("rides")};
  must(fixture.catalog().commit(fixture.landing(story.rides, "a", 0, 10)));
  must(fixture.catalog().commit(fixture.replacing("main", "daily", {"old"})));
  must(fixture.catalog().commit(fixture.viewing("main", "v", "select 'old'")));
  must(fixture.catalog().create_branch("other"));
  must(fixture.catalog().commit(fixture.replacing("other", "daily", {"other"})));
  return story;
}

// What a run commits: a model anew, a new model, a view, rows for a table that lands.
Commit built(const std::string& branch, TableUuid rides, const std::string& mark) {
  Commit commit = Fixture::replacing(branch, "daily", {mark});
  commit.replaces.push_back(Fixture::replacing(branch, "made", {mark + "2"}).replaces[0]);
  commit.views = Fixture::viewing(branch, "v", "select '" + mark + "'").views;
  commit.appends.push_back({.table = rides, .files = {data_file(mark + "3", 1)}});
  return commit;
}

void run_it(Fixture& fixture, Story& story) {
  auto dropped = fixture.catalog().drop_branch("other");
  story.drop = said(*fixture.files, dropped);
  auto run = fixture.catalog().start_run("p");
  if (!run) return;
  story.run = *run;
  std::string branch = branch_of(run->id);
  story.branch = said(*fixture.files, fixture.catalog().create_branch(branch));
  if (story.branch != Said::kDone) return;
  story.commit = said(*fixture.files, fixture.catalog().commit(built(branch, story.rides, "new")));
  story.landing = said(*fixture.files, fixture.catalog().commit(fixture.landing(story.rides, "b", 10, 20)));
  if (story.commit != Said::kDone) return;
  story.publish = said(*fixture.files, fixture.catalog().publish({branch, RunFinish{.id = run->id}}));
}

// True if main has the run's work, all of it; else it must have none.
bool published(Fixture& fixture, const std::string& mark) {
  auto state = fixture.catalog().state();
  bool is_new = state->find(name_of("made")) != nullptr;
  CHECK(fixture.files_at("main", "daily") == (is_new ? mark : "old"));
  CHECK(fixture.files_at("main", "made") == (is_new ? mark + "2" : "none"));
  CHECK(state->find_view(name_of("v"))->sql() == (is_new ? "select '" + mark + "'" : "select 'old'"));
  CHECK((fixture.files_at("main", "rides").find(mark + "3") != std::string::npos) == is_new);
  return is_new;
}

void check(Fixture& fixture, const Story& story) {
  bool is_new = published(fixture, "new");
  agree(story.publish, is_new);
  std::string rides = fixture.files_at("main", "rides");
  CHECK(rides.starts_with("a"));
  bool landed = rides.find('b') != std::string::npos;
  agree(story.landing, landed);
  CHECK(fixture.catalog().state()->landed_end(Fixture::key(story.rides)) == Offset(landed ? 20 : 10));

  auto other = fixture.catalog().state(Ref{"other"});
  agree(story.drop, !other);
  if (other) CHECK(fixture.files_at("other", "daily") == "other");

  for (const Run& run : must(fixture.catalog().runs(10)))
    CHECK(run.state == (is_new ? RunState::kPublished : RunState::kInterrupted));
  if (!story.run) return;
  std::string branch = branch_of(story.run->id);
  auto state = fixture.catalog().state(Ref{branch});
  agree(story.branch, state.has_value() || is_new);
  if (!state || is_new) return;
  bool committed = (*state)->find(name_of("made")) != nullptr;
  agree(story.commit, committed);
  CHECK(fixture.files_at(branch, "daily") == (committed ? "new" : "old"));
  CHECK(fixture.files_at(branch, "rides") == (committed ? "a new3" : "a"));
}

}  // namespace

TEST_CASE("wherever a disk breaks a run, main has all of it or nothing, and the next run publishes") {
  host::sweep_faults("catalog run", {.stride = kStride}, [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    Fixture fixture({}, &files);
    Story story = prepare(fixture);
    point.arm(files);
    run_it(fixture, story);
    fixture.stop();
    point.disarm(files);
    INFO(files.last_fault());
    files.restart();
    fixture.restart();
    check(fixture, story);
    bool first = fixture.catalog().state()->find(name_of("made")) != nullptr;
    if (story.run && first) CHECK(fixture.catalog().publish({"", RunFinish{.id = story.run->id}}).has_value());

    Run next = must(fixture.catalog().start_run("p"));
    must(fixture.catalog().create_branch(branch_of(next.id)));
    must(fixture.catalog().commit(built(branch_of(next.id), story.rides, "next")));
    must(fixture.catalog().publish({branch_of(next.id), RunFinish{.id = next.id}}));
    files.crash(Fault::kPowerLoss);
    fixture.stop();
    files.restart();
    fixture.restart();
    CHECK(published(fixture, "next"));
  });
}

TEST_CASE("a publish of unknown outcome is asked again, and answered") {
  host::sweep_faults("catalog publish again",
                     {.faults = {Fault::kDiskFull, Fault::kIo, Fault::kTear}, .stride = kStride},
                     [](FaultyFiles& files, const FaultPoint& point) {
                       INFO(point.text());
                       Fixture fixture({}, &files);
                       Story story = prepare(fixture);
                       Run run = must(fixture.catalog().start_run("p"));
                       std::string branch = branch_of(run.id);
                       must(fixture.catalog().create_branch(branch));
                       must(fixture.catalog().commit(built(branch, story.rides, "new")));
                       must(fixture.catalog().commit(fixture.landing(story.rides, "b", 10, 20)));
                       Publish publish{branch, RunFinish{.id = run.id}};
                       point.arm(files);
                       Said first = said(files, fixture.catalog().publish(publish));
                       point.disarm(files);
                       auto again = fixture.catalog().publish(publish);
                       if (again) {
                         CHECK(again->changed == 4);
                         CHECK(published(fixture, "new"));
                         CHECK(must(fixture.catalog().publish(publish)).version == again->version);
                       } else {  // a sync that failed takes a restart, and a restart interrupts the run
                         CHECK(first != Said::kDone);
                         CHECK(again.error().code == Code::kUnavailable);
                       }
                       fixture.restart();
                       auto last = fixture.catalog().publish(publish);
                       if (first == Said::kDone || again) CHECK(last.has_value());
                       CHECK(published(fixture, "new") == last.has_value());
                       if (!last) CHECK(last.error().code == Code::kConflict);
                       CHECK(fixture.files_at("main", "rides").starts_with("a b"));
                     });
}

}  // namespace tarn::catalog
