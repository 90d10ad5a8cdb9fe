// Databases of older layouts.
#include <doctest/doctest.h>

#include "catalog/fixture_test.h"
#include "host/fault_sweep.h"

namespace tarn::catalog {
namespace {

// Makes layout 1 of a database of layout 2: its tables as they were written then, with the rows of main.
constexpr const char* kLayout1 = R"(
begin immediate;
create table kept_catalog as select version from catalog;
create table kept_head as select * from head;
drop table catalog; drop table branch; drop table head; drop table version; drop table doomed; drop table garbage;
drop table run; drop table run_node;
create table catalog(version integer not null);
create table branch(name text primary key, base_version integer not null);
create table head(
  branch text not null references branch(name),
  namespace text not null,
  name text not null,
  uuid blob not null,
  from_version integer not null,
  to_version integer,
  location text not null,
  primary key(branch, namespace, name, from_version)) without rowid;
create index head_open on head(branch, namespace, name) where to_version is null;
create index head_location on head(location);
insert into catalog select version from kept_catalog;
insert into branch values('main', 0);
insert into head select branch, namespace, name, uuid, from_version, to_version, location from kept_head;
drop table kept_catalog; drop table kept_head;
pragma user_version=1;
commit;
)";

void make_layout_1(host::Files& files) {
  auto database = must(host::Sqlite::open(files, "/data/catalog.db"));
  must(database->execute(kLayout1));
}

}  // namespace

TEST_CASE("a data folder from before branches opens with all it had, and has branches from then on") {
  Fixture fixture;
  TableUuid rides = fixture.make_table("rides"), gone = fixture.make_table("gone");
  must(fixture.catalog().commit(fixture.landing(rides, "a", 0, 10)));
  must(fixture.catalog().bind({.topic = kTopic, .topic_name = "rides", .table = rides}));
  must(fixture.append(gone, {"g"}));
  must(fixture.catalog().drop_table({"public", "gone"}));
  must(fixture.catalog().create_namespace("other"));
  CatalogVersion version = fixture.catalog().state()->version();
  fixture.stop();
  make_layout_1(*fixture.files);
  fixture.restart();
  for (int life = 0; life < 2; ++life) {
    CHECK(fixture.catalog().state()->version() == version);
    CHECK(fixture.files_at("main", "rides") == "a");
    CHECK(!fixture.catalog().state()->find(gone));
    CHECK(fixture.catalog().state()->binding(kTopic)->table == rides);
    CHECK(fixture.catalog().state()->landed_end(fixture.key(rides)) == Offset(10));
    CHECK(fixture.catalog().state()->namespaces().size() == 2);
    CHECK(fixture.catalog().state(Ref{"main", version - 1}).error().code == Code::kNotFound);  // was never kept whole
    CHECK(must(fixture.catalog().runs(10)).empty());
    fixture.restart();
  }
  must(fixture.catalog().create_branch("dev"));
  must(fixture.catalog().commit(fixture.replacing("dev", "daily", {"d"})));
  must(fixture.catalog().commit(fixture.landing(rides, "b", 10, 20)));
  must(fixture.catalog().publish({.branch = "dev"}));
  CHECK(fixture.files_at("main", "daily") == "d");
  CHECK(fixture.files_at("main", "rides") == "a b");
}

TEST_CASE("a history from before relations were told opens, and tells them from then on") {
  Fixture fixture;
  RunNode node{.name = "old", .file = "models/old.sql"};
  Run run = must(fixture.catalog().start_run("shop"));
  must(fixture.catalog().put_node(run.id, node));
  fixture.stop();
  {
    auto database = must(host::Sqlite::open(*fixture.files, "/data/catalog.db"));
    must(database->execute("alter table run_node drop column relation; pragma user_version=2"));
  }
  fixture.restart();
  CHECK(must(fixture.catalog().run(run.id)).nodes == std::vector<RunNode>{node});
  CHECK(must(fixture.catalog().published_relations(5)).empty());
  Run next = must(fixture.catalog().start_run("shop"));
  must(fixture.catalog().put_node(next.id, {.name = "new", .relation = "public.new"}));
  must(fixture.catalog().create_branch(branch_of(next.id)));
  must(fixture.catalog().commit(fixture.replacing(branch_of(next.id), "new", {"n"})));
  must(fixture.catalog().publish({.branch = branch_of(next.id), .finish = RunFinish{.id = next.id}}));
  CHECK(must(fixture.catalog().published_relations(5)) == std::map<std::string, std::string>{{"public.new", "shop"}});
}

TEST_CASE("a disk that breaks at any call of bringing an old database up to date lets it happen the next time") {
  host::sweep_faults("catalog migration", {.stride = 3}, [](host::FaultyFiles& files, const host::FaultPoint& point) {
    INFO(point.text());
    host::ManualClock clock(TimestampMs(1'700'000'000'000));
    auto random = host::seeded_random(1);
    host::Host host{files, clock, *random};
    {
      auto catalog = must(Catalog::open(host, "/data"));
      must(catalog->create_table({"public", "rides"}, kFields(), {}));
    }
    make_layout_1(files);
    point.arm(files);
    {
      auto broken = Catalog::open(host, "/data");
    }
    point.disarm(files);
    files.restart();
    auto catalog = Catalog::open(host, "/data");
    REQUIRE_MESSAGE(catalog, catalog.error().message);
    CHECK((*catalog)->state()->find(TableName{"public", "rides"}));
    must((*catalog)->create_branch("dev"));
  });
}

}  // namespace tarn::catalog
