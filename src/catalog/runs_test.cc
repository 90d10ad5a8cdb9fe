// The history of runs.
#include <doctest/doctest.h>

#include <utility>

#include "catalog/fixture_test.h"
#include "host/fault_sweep.h"

namespace tarn::catalog {

TEST_CASE("a run is remembered node by node, and how it ended") {
  Fixture fixture;
  Run run = must(fixture.catalog().start_run("shop"));
  CHECK(run.id == RunId(1));
  CHECK(branch_of(run.id) == "run/1");
  auto branch = must(fixture.catalog().create_branch(branch_of(run.id)));
  RunNode model{.name = "daily", .materialized = "table", .compiled_sql = "select 1", .file = "models/daily.sql"};
  RunNode test{.name = "not_null_daily_id", .kind = RunNodeKind::kTest};
  must(fixture.catalog().put_nodes(run.id, {model, test}));
  model.state = RunNodeState::kOk;
  model.started = TimestampMs(5), model.finished = TimestampMs(7), model.rows = 12;
  test.state = RunNodeState::kFailed;
  test.failures = 3, test.message = "3 rows", test.sample_json = "[{}]";
  must(fixture.catalog().put_node(run.id, model));
  must(fixture.catalog().put_node(run.id, test));
  must(fixture.catalog().finish_run({.id = run.id, .state = RunState::kFailed, .message = "1 test failed"}));
  fixture.restart();
  Run read = must(fixture.catalog().run(run.id));
  CHECK(read.project == "shop");
  CHECK(read.state == RunState::kFailed);
  CHECK(read.message == "1 test failed");
  CHECK(read.finished.has_value());
  CHECK(read.base == branch.base);
  CHECK(!read.published);
  CHECK(read.nodes == std::vector<RunNode>{model, test});
  CHECK(fixture.catalog().finish_run({.id = run.id, .state = RunState::kFailed}).error().code == Code::kConflict);
  CHECK(fixture.catalog().finish_run({.id = RunId(9), .state = RunState::kFailed}).error().code == Code::kNotFound);
  CHECK(fixture.catalog().put_node(RunId(9), model).error().code == Code::kNotFound);
}

TEST_CASE("publishing ends the run in the same breath, and says so again when asked again") {
  Fixture fixture;
  Run run = must(fixture.catalog().start_run("shop"));
  must(fixture.catalog().create_branch(branch_of(run.id)));
  must(fixture.catalog().commit(fixture.replacing(branch_of(run.id), "daily", {"a"})));
  Publish publish{.branch = branch_of(run.id), .finish = RunFinish{.id = run.id, .message = "all well"}};
  auto published = must(fixture.catalog().publish(publish));
  for (int life = 0; life < 2; ++life) {
    Run read = must(fixture.catalog().run(run.id));
    CHECK(read.state == RunState::kPublished);
    CHECK(read.published == published.version);
    CHECK(read.message == "all well");
    auto again = must(fixture.catalog().publish(publish));
    CHECK(again.version == published.version);
    CHECK(again.changed == 1);
    fixture.restart();
  }
}

TEST_CASE("a run that Tarn's end interrupted says so, and its branch is there to look at") {
  Fixture fixture;
  Run run = must(fixture.catalog().start_run("shop"));
  must(fixture.catalog().create_branch(branch_of(run.id)));
  must(fixture.catalog().commit(fixture.replacing(branch_of(run.id), "daily", {"a"})));
  fixture.restart();
  CHECK(must(fixture.catalog().run(run.id)).state == RunState::kInterrupted);
  CHECK(fixture.files_at(branch_of(run.id), "daily") == "a");
  Publish publish{.branch = branch_of(run.id), .finish = RunFinish{.id = run.id}};
  CHECK(fixture.catalog().publish(publish).error().code == Code::kConflict);
  CHECK(fixture.catalog().state()->find(TableName{"public", "daily"}) == nullptr);
}

TEST_CASE("an end that a full disk refused is written once there is room") {
  for (std::string next : {"a run", "a sweep", "a drop"}) {
    CAPTURE(next);
    Fixture fixture;
    Run run = must(fixture.catalog().start_run("shop")), other = must(fixture.catalog().start_run("shop"));
    std::string branch = branch_of(run.id);
    must(fixture.catalog().create_branch(branch));
    fixture.files->set_capacity(0_B);
    auto refused = fixture.catalog().finish_run({.id = run.id, .state = RunState::kCancelled, .message = "hung up"});
    REQUIRE(!refused);
    CHECK(refused.error().message.find("make room") != std::string::npos);
    CHECK(!fixture.catalog().start_run("lost"));
    CHECK(must(fixture.catalog().run(run.id)).state == RunState::kRunning);
    CHECK(!fixture.catalog().drop_branch(branch));
    fixture.files->set_capacity(1_GiB);
    if (next == "a run") must(fixture.catalog().start_run("shop"));
    if (next == "a sweep") must(fixture.catalog().sweep());
    if (next == "a drop") must(fixture.catalog().drop_branch(branch));
    Run read = must(fixture.catalog().run(run.id));
    CHECK(read.state == RunState::kCancelled);
    CHECK(read.message == "hung up");
    CHECK(must(fixture.catalog().run(other.id)).state == RunState::kRunning);
    if (next != "a drop") must(fixture.catalog().drop_branch(branch));
    must(fixture.catalog().finish_run({.id = other.id, .state = RunState::kFailed}));
  }
}

TEST_CASE("of a run that no one knows to have begun nothing is left running, whatever the disk did") {
  host::sweep_faults("run begins", {.faults = {host::Fault::kDiskFull}},
                     [](host::FaultyFiles& files, const host::FaultPoint& point) {
                       INFO(point.text());
                       Fixture fixture({}, &files);
                       point.arm(files);
                       auto run = fixture.catalog().start_run("shop");
                       if (run) (void)fixture.catalog().finish_run({.id = run->id, .state = RunState::kFailed});
                       point.disarm(files);
                       if (!fixture.catalog().health()) fixture.restart();
                       must(fixture.catalog().sweep());
                       for (const Run& each : must(fixture.catalog().runs(10))) CHECK(each.state != RunState::kRunning);
                     });
}

TEST_CASE("the version of runs moves with every change of one, and with nothing else") {
  Fixture fixture;
  std::uint64_t version = fixture.catalog().runs_version();
  auto moved = [&] {
    std::uint64_t before = std::exchange(version, fixture.catalog().runs_version());
    return before != version;
  };
  Run run = must(fixture.catalog().start_run("shop"));
  CHECK(moved());
  must(fixture.catalog().put_node(run.id, {.name = "daily"}));
  CHECK(moved());
  must(fixture.catalog().create_branch(branch_of(run.id)));
  must(fixture.catalog().commit(fixture.replacing(branch_of(run.id), "daily", {"a"})));
  must(fixture.catalog().run(run.id));
  CHECK(!moved());
  must(fixture.catalog().publish({.branch = branch_of(run.id), .finish = RunFinish{.id = run.id}}));
  CHECK(moved());
  Run failed = must(fixture.catalog().start_run("shop"));
  CHECK(moved());
  must(fixture.catalog().finish_run({.id = failed.id, .state = RunState::kFailed}));
  CHECK(moved());
}

TEST_CASE("history is bounded in runs, nodes and bytes") {
  Fixture fixture;
  RunId first = must(fixture.catalog().start_run("p")).id;
  std::string character = "\xC3\xA4";
  RunNode node{.name = "n", .message = std::string(kRunTextMax - 1, 'm') + character};
  node.compiled_sql = std::string(kCompiledSqlBytesMax.count() + 1, 's');
  node.sample_json = std::string(kSampleBytesMax.count() + 1, 'j');
  must(fixture.catalog().put_node(first, node));
  RunNode read = must(fixture.catalog().run(first)).nodes[0];
  CHECK(read.message == std::string(kRunTextMax - 1, 'm'));
  CHECK(read.compiled_sql.size() == kCompiledSqlBytesMax.count());
  CHECK(read.sample_json.empty());
  std::vector<RunNode> many(kRunNodesMax);
  for (std::size_t i = 0; i < many.size(); ++i) many[i].name = std::to_string(i);
  CHECK(fixture.catalog().put_nodes(first, many).error().code == Code::kLimit);
  CHECK(must(fixture.catalog().run(first)).nodes.size() == 1);
  many.pop_back();
  must(fixture.catalog().put_nodes(first, many));
  must(fixture.catalog().put_nodes(first, many));
  must(fixture.catalog().finish_run({.id = first, .state = RunState::kFailed}));
  for (std::size_t i = 0; i < kRunsMax + 5; ++i)
    must(fixture.catalog().finish_run({.id = must(fixture.catalog().start_run("p")).id, .state = RunState::kFailed}));
  auto runs = must(fixture.catalog().runs(10'000));
  CHECK(runs.size() == kRunsMax);
  CHECK(runs.front().id == RunId(1 + kRunsMax + 5));
  CHECK(fixture.catalog().run(first).error().code == Code::kNotFound);
  CHECK(must(fixture.catalog().runs(3)).size() == 3);
}

TEST_CASE("a run that is full of samples keeps its SQL") {
  Fixture fixture;
  RunId id = must(fixture.catalog().start_run("p")).id;
  std::string sql;
  while (sql.size() + 2 <= kCompiledSqlBytesMax.count() / 4) sql += "\xC3\xA4";  // more bytes than characters
  std::vector<RunNode> nodes(120);
  for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i] = {.name = std::to_string(i), .compiled_sql = sql};
  must(fixture.catalog().put_nodes(id, nodes));
  std::size_t bytes = 0, samples = 0;
  for (RunNode& node : nodes) {
    node.state = RunNodeState::kFailed;
    node.sample_json = std::string(kSampleBytesMax.count(), 'j');
    must(fixture.catalog().put_node(id, node));
    must(fixture.catalog().put_node(id, node));
  }
  for (const RunNode& node : must(fixture.catalog().run(id)).nodes) {
    CHECK(node.compiled_sql == sql);
    bytes += node.compiled_sql.size() + node.sample_json.size();
    samples += !node.sample_json.empty();
  }
  CHECK(bytes <= kRunBytesMax.count());
  CHECK(bytes + kSampleBytesMax.count() > kRunBytesMax.count());
  CHECK(samples > 0);
  RunNode light = must(fixture.catalog().run_without_texts(id)).nodes[7];
  CHECK(light.name == "7");
  CHECK(light.state == RunNodeState::kFailed);
  CHECK(light.compiled_sql.empty());
}

TEST_CASE("SQL and samples of all runs together are bounded: the oldest ones lose theirs") {
  Fixture fixture;
  std::vector<RunId> ids;
  std::vector<RunNode> nodes(30);
  for (std::size_t i = 0; i < nodes.size(); ++i)
    nodes[i] = {.name = std::to_string(i), .compiled_sql = std::string(kCompiledSqlBytesMax.count(), 's')};
  for (int i = 0; i < 20; ++i) {
    ids.push_back(must(fixture.catalog().start_run("p")).id);
    must(fixture.catalog().put_nodes(ids.back(), nodes));
  }
  must(fixture.catalog().start_run("p"));
  std::size_t bytes = 0;
  for (RunId id : ids) {
    Run run = must(fixture.catalog().run(id));
    CHECK(run.nodes.size() == nodes.size());
    for (const RunNode& node : run.nodes) bytes += node.compiled_sql.size();
  }
  CHECK(bytes <= kRunTextsBytesMax.count());
  CHECK(bytes > kRunTextsBytesMax.count() - kRunBytesMax.count());
  CHECK(must(fixture.catalog().run(ids.front())).nodes[0].compiled_sql.empty());
  CHECK(must(fixture.catalog().run(ids.back())).nodes[0] == nodes[0]);
}

}  // namespace tarn::catalog
