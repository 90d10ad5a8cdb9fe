#include "flow/publish/runs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "flow/publish/check.h"
#include "flow/publish/testing_plan_test.h"
#include "host/fault_sweep.h"
#include "host/random.h"

namespace tarn::flow::publish {
namespace {

using Json = nlohmann::json;
using catalog::RunNodeState;

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

const std::vector<table::Field> kFields{{.name = "id", .type = {.kind = table::TypeKind::kInt}}};

// Models become views of their SQL; what fails and how many rows tests find is told beforehand.
class FakeWorkshop final : public Workshop {
 public:
  explicit FakeWorkshop(catalog::Catalog& catalog) : catalog_(catalog) {}

  bool lands(const std::string& topic) const override { return !absent.contains(topic); }
  Result<void> land(const std::vector<std::string>& topics, std::stop_token) override {
    landed = topics;
    ++lands_asked;
    if (std::ranges::find(topics, stuck) != topics.end()) return fail(Code::kTimeout, "not landed in time");
    return land_answer;
  }
  NodeResult<Built> build(const std::string& branch, const model::PlanNode& node, std::stop_token gone) override {
    {
      std::lock_guard lock(mutex_);
      order.push_back(node.name);
      if (on_build) on_build(node.name);
    }
    if (gone.stop_requested()) return std::unexpected(NodeError{{Code::kCancelled, "stopped"}, "", 0});
    if (auto found = broken.find(node.name); found != broken.end()) return std::unexpected(found->second);
    catalog::Commit commit{.branch = branch};
    commit.views.push_back({.name = {node.relation.schema, node.relation.name},
                            .sql = node.sql + version,
                            .columns = kFields,
                            .or_replace = true});
    if (auto done = catalog_.commit(commit); !done) return std::unexpected(NodeError{done.error(), "", 0});
    return Built{};
  }
  NodeResult<Asked> ask(const std::string&, const model::PlanNode& node, std::stop_token) override {
    std::lock_guard lock(mutex_);
    order.push_back(node.name);
    auto found = failing.find(node.name);
    if (found == failing.end()) return Asked{};
    return Asked{found->second, R"({"columns":["id"],"rows":[["1"]]})"};
  }

  std::map<std::string, NodeError> broken;
  std::map<std::string, std::int64_t> failing;
  std::function<void(const std::string&)> on_build;
  std::string version;
  Result<void> land_answer;
  std::vector<std::string> landed, order;
  std::set<std::string> absent{"r", "soon"};
  std::string stuck = "-";
  int lands_asked = 0;

 private:
  catalog::Catalog& catalog_;
  std::mutex mutex_;
};

struct Fixture {
  Fixture() : own_(std::make_unique<host::FaultyFiles>(1)), files(own_.get()) { open(); }
  explicit Fixture(host::FaultyFiles& others) : files(&others) { open(); }
  void open() {
    runs.reset();
    workshop.reset();
    catalog.reset();
    catalog = must(catalog::Catalog::open({*files, clock, *random}, "/data"));
    workshop = std::make_unique<FakeWorkshop>(*catalog);
    runs = std::make_unique<Runs>(clock, *catalog);
  }
  End run(const model::Plan& plan) {
    events.clear();
    return runs->run(
        plan, *workshop,
        [this](const std::string& line) {
          events.push_back(Json::parse(line));
          return !hung_up;
        },
        stop.get_token());
  }
  std::string sql(const std::string& name, const std::string& branch = "main") {
    auto state = catalog->state(catalog::Ref{branch, {}});
    if (!state) return "no branch";
    auto view = (*state)->find_view({"public", name});
    return view ? view->sql() : "none";
  }
  catalog::Run history(const End& end) { return must(catalog->run(*end.run)); }
  std::map<std::string, std::string> states(const End& end) {
    std::map<std::string, std::string> all;
    for (const auto& node : history(end).nodes) all[node.name] = catalog::to_string(node.state);
    return all;
  }

  std::unique_ptr<host::FaultyFiles> own_;
  host::FaultyFiles* files;
  host::ManualClock clock{TimestampMs(1'700'000'000'000)};
  std::unique_ptr<host::Random> random = host::seeded_random(1);
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<FakeWorkshop> workshop;
  std::unique_ptr<Runs> runs;
  std::vector<Json> events;
  std::stop_source stop;
  bool hung_up = false;
};

using States = std::map<std::string, std::string>;

TEST_CASE("a good run publishes everything at once and is remembered") {
  Fixture f;
  model::Plan plan = plan_of({view("a"), view("b", {"a"}), check("t", {"a"})});
  f.workshop->on_build = [&](const std::string&) { CHECK(f.sql("a") == "none"); };
  End end = f.run(plan);
  CHECK(end.state == "published");
  CHECK(end.exit == Exit::kPublished);
  CHECK(end.changed == 2);
  CHECK(f.sql("b") == "select\nb");
  CHECK(f.workshop->order == std::vector<std::string>{"a", "b", "t"});
  catalog::Run run = f.history(end);
  CHECK(run.state == catalog::RunState::kPublished);
  CHECK(run.project == "shop");
  REQUIRE(run.nodes.size() == 3);
  CHECK(f.states(end) == States{{"a", "ok"}, {"b", "ok"}, {"t", "ok"}});
  CHECK(run.nodes[0].compiled_sql == "select\na");
  CHECK(run.nodes[2].failures == 0);
  CHECK(f.events.front()["event"] == "run");
  CHECK(f.events.back()["event"] == "end");
  CHECK(f.events.back()["exit"] == 0);
}

TEST_CASE("a failing test publishes nothing, and its branch stays whole") {
  Fixture f;
  f.workshop->failing["t"] = 3;
  End end = f.run(plan_of({view("a"), check("t", {"a"})}));
  CHECK(end.state == "failed");
  CHECK(end.exit == Exit::kNotPublished);
  CHECK(end.message == "1 test failed; nothing was published, branch run/1 is kept");
  CHECK(f.sql("a") == "none");
  CHECK(f.sql("a", "run/1") == "select\na");
  catalog::RunNode test = f.history(end).nodes[1];
  CHECK(test.state == RunNodeState::kFailed);
  CHECK(test.failures == 3);
  CHECK(test.message == "models/schema.yml:7: 3 failing rows (error if != 0)");
  CHECK(Json::parse(test.sample_json)["rows"][0][0] == "1");
}

TEST_CASE("severity and bounds decide as in dbt") {
  Fixture f;
  f.workshop->failing = {{"warned", 2}, {"few", 2}, {"between", 7}};
  model::Plan plan = plan_of(
      {view("a"), check("warned", {"a"}, model::Severity::kWarn), check("few", {"a"}), check("between", {"a"})});
  plan.nodes[2].error_if = plan.nodes[2].warn_if = {">", 2};
  plan.nodes[3].error_if = {">", 10};
  plan.nodes[3].warn_if = {">", 5};
  End end = f.run(plan);
  CHECK(end.exit == Exit::kPublished);
  CHECK(f.states(end) == States{{"a", "ok"}, {"warned", "warn"}, {"few", "ok"}, {"between", "warn"}});
}

TEST_CASE("a model that fails is told with its line; what needs it is skipped") {
  Fixture f;
  f.workshop->broken["a"] = {{Code::kInvalidArgument, "column \"x\" does not exist"}, "name one that does", 8};
  End end = f.run(plan_of({view("a"), view("b", {"a"}), view("c"), check("t", {"b"})}));
  CHECK(end.exit == Exit::kNotPublished);
  CHECK(end.message == "1 model failed, 2 skipped; nothing was published, branch run/1 is kept");
  CHECK(f.states(end) == States{{"a", "failed"}, {"b", "skipped"}, {"c", "ok"}, {"t", "skipped"}});
  CHECK(f.history(end).nodes[0].message ==
        "models/a.sql:4: column \"x\" does not exist; name one that does\n    a\n    ^");
  CHECK(f.history(end).nodes[1].message == "it needs `a`, which failed");
  CHECK(f.sql("c") == "none");
}

TEST_CASE("what another run published meanwhile refuses the publish, by name") {
  Fixture f;
  f.workshop->on_build = [&](const std::string&) {
    catalog::Commit other;
    other.views.push_back({.name = {"public", "a"}, .sql = "select 'other'", .columns = kFields, .or_replace = true});
    must(f.catalog->commit(other));
  };
  End end = f.run(plan_of({view("a")}));
  CHECK(end.exit == Exit::kNotPublished);
  CHECK(end.message.find("public.a") != std::string::npos);
  CHECK(end.message.find("build again") != std::string::npos);
  CHECK(f.sql("a") == "select 'other'");
  CHECK(f.history(end).state == catalog::RunState::kFailed);
}

TEST_CASE("a publish whose outcome the disk kept to itself is told as not known") {
  Fixture f;
  model::Plan plan = plan_of({view("a")});
  bool broke = false;
  End end = f.runs->run(plan, *f.workshop,
                        [&](const std::string& line) {
                          broke = Json::parse(line)["event"] == "publishing";
                          if (broke) f.files->inject_on(host::Call::kSync, "catalog.db", host::Fault::kIo);
                          return true;
                        },
                        {});
  CHECK(end.exit == Exit::kPlatform);
  CHECK(end.message.find("not known whether run 1 was published") != std::string::npos);
  CHECK(end.message.find("nothing was") == std::string::npos);
}

TEST_CASE("a run whose end a full disk refused is ended by the next one") {
  Fixture f;
  model::Plan plan = plan_of({view("a")});
  f.workshop->on_build = [&](const std::string&) { f.files->set_capacity(0_B); };
  End full = f.run(plan);
  CHECK(full.exit == Exit::kPlatform);
  REQUIRE(full.run);
  CHECK(f.history(full).state == catalog::RunState::kRunning);
  f.workshop->on_build = nullptr;
  f.files->set_capacity(1_GiB);
  CHECK(f.run(plan).exit == Exit::kPublished);
  CHECK(f.history(full).state == catalog::RunState::kFailed);
  must(f.catalog->drop_branch(catalog::branch_of(*full.run)));
}

TEST_CASE("a node that fails for Tarn's sake is not the project's fault") {
  for (auto [code, exit] : {std::pair{Code::kUnavailable, Exit::kPlatform},
                            {Code::kIo, Exit::kPlatform},
                            {Code::kCancelled, Exit::kNotPublished},
                            {Code::kInvalidArgument, Exit::kNotPublished}}) {
    Fixture f;
    f.workshop->broken["a"] = {{code, "no SQL worker"}, "", 0};
    End end = f.run(plan_of({view("a"), view("b", {"a"}), view("c")}));
    CHECK(end.exit == exit);
    CHECK(end.state == "failed");
    CHECK(f.states(end) == States{{"a", "failed"}, {"b", "skipped"}, {"c", "ok"}});
  }
}

TEST_CASE("whoever hangs up cancels; main stays as it was") {
  Fixture f;
  f.workshop->on_build = [&](const std::string& name) {
    if (name == "a") f.hung_up = true;
  };
  End end = f.run(plan_of({view("a"), view("b", {"a"})}));
  CHECK(end.state == "cancelled");
  CHECK(end.exit == Exit::kNotPublished);
  CHECK(f.history(end).state == catalog::RunState::kCancelled);
  CHECK(f.sql("a") == "none");
  f.hung_up = false;
  f.workshop->on_build = nullptr;
  CHECK(f.run(plan_of({view("a")})).exit == Exit::kPublished);
}

TEST_CASE("the sources' topics land first; what is not there is told by its place") {
  Fixture f;
  auto table = must(f.catalog->create_table({"public", "rides"}, kFields, {}));
  must(f.catalog->bind({.topic = TopicId{{std::byte{7}}}, .topic_name = "rides", .table = table->uuid}));
  model::Plan plan = plan_of({view("a")});
  model::SourceUse use{
      .source = "raw", .table = "rides", .relation = {"public", "rides"}, .by = "a", .file = "models/a.sql", .line = 3};
  plan.sources = {use};
  CHECK(f.run(plan).exit == Exit::kPublished);
  CHECK(f.workshop->landed == std::vector<std::string>{"rides"});

  plan.sources[0].relation.name = "ride";
  End end = f.run(plan);
  CHECK(end.exit == Exit::kRefused);
  CHECK(!end.run);
  CHECK(end.message ==
        "models/a.sql:3: source('raw', 'rides') is public.ride, and there is no such table; did you mean `rides`?");

  plan.sources = {};
  plan.existing = {{"b", {"public", "b"}, "a", "models/a.sql", 2}};
  CHECK(f.run(plan).message == "models/a.sql:2: model `b` is read but was never built; build it too: --select +a");

  f.workshop->land_answer = fail(Code::kTimeout, "not landed in time");
  plan.existing = {};
  plan.sources = {use};
  CHECK(f.run(plan).exit == Exit::kPlatform);
}

TEST_CASE(
    "topics whose tables SQL names land too, through views as well; one that does not land is no reason to fail") {
  Fixture f;
  auto bind = [&](const std::string& name, std::uint8_t id) {
    auto table = must(f.catalog->create_table({"public", name}, kFields, {}));
    must(f.catalog->bind({.topic = TopicId{{std::byte{id}}}, .topic_name = name, .table = table->uuid}));
  };
  bind("rides", 7);
  bind("zones", 8);
  bind("tips", 9);
  bind("idle", 10);
  auto make = [&](const std::string& name, const std::string& sql) {
    catalog::Commit commit;
    commit.views.push_back({.name = {"public", name}, .sql = sql, .columns = kFields, .or_replace = true});
    must(f.catalog->commit(commit));
  };
  make("of_zones", "select * from zones");
  make("a", "select * from idle");
  model::Plan plan = plan_of({view("a"), view("b", {"a"})});
  plan.nodes[0].sql =
      "with r as (select * from rides) select * from r join tarn.public.of_zones using (id) join soon using (id)";
  plan.nodes[1].sql = "select * from tarn.public.a where id in (select id from \"public\".\"tips\")";
  TopicsRead read = topics_read(plan, *f.catalog->state());
  CHECK(read.landed == std::set<std::string>{"rides", "tips", "zones"});
  CHECK(read.to_come == std::set<std::string>{"r", "soon"});
  CHECK(f.run(plan).exit == Exit::kPublished);
  CHECK(f.events.front()["topics"] == Json({"rides", "tips", "zones"}));
  CHECK(f.workshop->lands_asked == 1);  // all at once, as long as one that hangs would take
  f.workshop->absent = {"r", "rides"};
  CHECK(f.run(plan).exit == Exit::kPublished);
  CHECK(f.events.front()["topics"] == Json({"soon", "tips", "zones"}));
  f.workshop->stuck = "soon";  // `soon` may be no topic's table at all
  CHECK(f.run(plan).exit == Exit::kPublished);
  CHECK(f.workshop->landed == std::vector<std::string>{"tips", "zones"});
  f.workshop->stuck = "tips";
  CHECK(f.run(plan).exit == Exit::kPlatform);
  f.workshop->land_answer = fail(Code::kTimeout, "not landed in time");
  CHECK(f.run(plan).exit == Exit::kPlatform);
}

TEST_CASE("what a deleted model left is told after a build of the whole project, with the SQL that drops it") {
  Fixture f;
  auto notes = [&](const model::Plan& plan) {
    REQUIRE(f.run(plan).exit == Exit::kPublished);
    std::vector<std::string> all;
    for (const Json& event : f.events)
      if (event["event"] == "note") all.push_back(event["message"]);
    return all;
  };
  model::Plan plan = plan_of({view("a"), view("old")});
  plan.whole = true;
  CHECK(notes(plan).empty());
  plan.nodes.pop_back();
  CHECK(notes(plan) == std::vector<std::string>{
                           "no model makes the view public.old any more, which an earlier build published; if nobody "
                           "needs it: drop view \"tarn\".\"public\".\"old\""});
  plan.whole = false;
  CHECK(notes(plan).empty());
  plan.whole = true;
  plan.project = "another";
  CHECK(notes(plan).empty());
  plan.project = "shop";
  catalog::Commit drop;
  drop.view_drops.push_back({{"public", "old"}, false});
  must(f.catalog->commit(drop));
  CHECK(notes(plan).empty());
}

TEST_CASE("only what this project's models made is called left over: by its relation, and by whoever made it last") {
  Fixture f;
  auto notes = [&](model::Plan plan, const std::string& project) {
    plan.project = project;
    plan.whole = true;
    REQUIRE(f.run(plan).exit == Exit::kPublished);
    std::size_t count = 0;
    for (const Json& event : f.events) count += event["event"] == "note";
    return count;
  };
  must(f.catalog->create_namespace("public_gold"));
  model::Plan daily = plan_of({view("daily"), view("a")});
  CHECK(notes(daily, "shop") == 0);
  // Another project's model whose alias is daily, in a schema of its own.
  model::Plan gold = plan_of({view("gold_daily")});
  gold.nodes[0].relation = {"public_gold", "daily"};
  CHECK(notes(gold, "gold") == 0);
  CHECK(notes(plan_of({view("a")}), "shop") == 1);
  CHECK(f.events[f.events.size() - 2]["message"].get<std::string>().find("view public.daily any more") !=
        std::string::npos);
  // What another project has taken over is its own.
  CHECK(notes(plan_of({view("daily")}), "gold") == 1);
  CHECK(notes(plan_of({view("a")}), "shop") == 0);
  // A model that has another alias now leaves what the old one named.
  model::Plan renamed = plan_of({view("a")});
  renamed.nodes[0].relation.name = "b";
  CHECK(notes(renamed, "shop") == 1);
}

TEST_CASE("a model may not take a landed table's name") {
  Fixture f;
  auto table = must(f.catalog->create_table({"public", "rides"}, kFields, {}));
  must(f.catalog->bind({.topic = TopicId{{std::byte{7}}}, .topic_name = "rides", .table = table->uuid}));
  End end = f.run(plan_of({view("rides")}));
  CHECK(end.exit == Exit::kRefused);
  CHECK(end.message ==
        "models/rides.sql:1: model `rides` would take the name of public.rides, which topic rides lands in; rename the "
        "model, or give it an `alias` or `schema`");
}

TEST_CASE("a test of a model that was never built is skipped, and refuses nothing") {
  Fixture f;
  model::Plan plan = plan_of({view("a"), check("t", {"a", "never"})});
  plan.existing = {{"never", {"public", "never"}, "t", "models/schema.yml", 7}};
  End end = f.run(plan);
  CHECK(end.exit == Exit::kPublished);
  CHECK(f.states(end) == States{{"a", "ok"}, {"t", "skipped"}});
}

// What main shows is the whole of a run or nothing of it, whatever goes wrong at whatever call of the disk.
TEST_CASE("a run that meets any fault leaves main whole, and the next one just works") {
  model::Plan plan = plan_of({view("a"), view("b", {"a"}), check("t", {"a"})});
  host::sweep_faults("run", {.stride = 5}, [&](host::FaultyFiles& files, const host::FaultPoint& point) {
    Fixture f(files);
    f.workshop->version = " v1";
    REQUIRE(f.run(plan).exit == Exit::kPublished);
    f.workshop->version = " v2";
    INFO(point.text());
    point.arm(files);
    End end = f.run(plan);
    point.disarm(files);
    files.restart();
    f.open();
    std::set<std::string> versions{f.sql("a").substr(8), f.sql("b").substr(8)};
    CHECK(versions.size() == 1);
    if (end.exit == Exit::kPublished) CHECK(*versions.begin() == " v2");
    if (end.message.find("not known") == std::string::npos && end.exit != Exit::kPublished)
      CHECK(*versions.begin() == " v1");
    for (const catalog::Run& run : must(f.catalog->runs(10))) CHECK(run.state != catalog::RunState::kRunning);
    f.workshop->version = " v3";
    CHECK(f.run(plan).exit == Exit::kPublished);
    CHECK(f.sql("b") == "select\nb v3");
  });
}

}  // namespace
}  // namespace tarn::flow::publish
