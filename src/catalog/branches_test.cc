// Branches: read, committed on, published whole or not at all, dropped.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "catalog/fixture_test.h"

namespace tarn::catalog {
namespace {

TableName name_of(const std::string& name) { return {"public", name}; }

std::string changes_of(Catalog& catalog, const std::string& branch) {
  std::string text;
  for (const Change& change : must(catalog.diff(branch))) {
    text += change.kind == ChangeKind::kAdded ? "+" : change.kind == ChangeKind::kDropped ? "-" : "~";
    text += change.name.name;
    if (change.is_view) text += " view";
    if (change.appends) text += " appends";
    if (!change.conflict.empty()) text += " conflict";
    text += ";";
  }
  return text;
}

}  // namespace

TEST_CASE("a branch begins as main was, and neither sees what the other commits") {
  Fixture fixture;
  TableUuid rides = fixture.make_table("rides");
  must(fixture.append(rides, {"a"}));
  auto made = must(fixture.catalog().create_branch("dev"));
  CHECK(made.base == fixture.catalog().state()->version());
  must(fixture.append(rides, {"b"}));
  must(fixture.catalog().commit(fixture.appending("dev", rides, "x")));
  must(fixture.catalog().commit(fixture.replacing("dev", "daily", {"d"})));
  for (int life = 0; life < 2; ++life) {
    CHECK(fixture.files_at("main", "rides") == "a b");
    CHECK(fixture.files_at("dev", "rides") == "a x");
    CHECK(fixture.files_at("main", "daily") == "none");
    CHECK(fixture.files_at("dev", "daily") == "d");
    CHECK(fixture.at("dev")->find(rides)->uuid == rides);
    CHECK(changes_of(fixture.catalog(), "dev") == "+daily;~rides appends;");
    fixture.restart();
  }
  auto all = fixture.catalog().branches();
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "dev");
  CHECK(all[0].base == made.base);
  CHECK(all[1].name == "main");
}

TEST_CASE("every version of every branch reads as it was") {
  Fixture fixture;
  TableUuid rides = fixture.make_table("rides");
  auto v1 = must(fixture.append(rides, {"a"})).version;
  must(fixture.catalog().create_branch("dev"));
  auto v2 = must(fixture.append(rides, {"b"})).version;
  auto d1 = must(fixture.catalog().commit(fixture.replacing("dev", "daily", {"d"}))).version;
  auto d2 = must(fixture.catalog().commit(fixture.replacing("dev", "daily", {"e"}))).version;
  must(fixture.catalog().drop_table(name_of("rides")));
  for (int life = 0; life < 2; ++life) {
    CHECK(fixture.files_at(fmt::format("main@{}", v1.value()), "rides") == "a");
    CHECK(fixture.files_at(fmt::format("main@{}", v2.value()), "rides") == "a b");
    CHECK(fixture.at(fmt::format("main@{}", d2.value()))->version() == v2);  // what dev did is no version of main
    CHECK(fixture.files_at("main", "rides") == "none");
    CHECK(fixture.files_at(fmt::format("dev@{}", v1.value()), "daily") == "none");
    CHECK(fixture.files_at(fmt::format("dev@{}", d1.value()), "daily") == "d");
    CHECK(fixture.files_at(fmt::format("dev@{}", d2.value()), "daily") == "e");
    CHECK(fixture.files_at("dev", "rides") == "a");
    fixture.restart();
  }
  auto wrong = [&](const std::string& ref) { return fixture.catalog().state(must(parse_ref(ref))).error(); };
  CHECK(wrong("main@99").message.find("no version 99 yet") != std::string::npos);
  CHECK(wrong("dev@0").message.find("begins at version") != std::string::npos);
  CHECK(wrong("nope").code == Code::kNotFound);
}

TEST_CASE("what main did not change since the base moves over as it is, with the branch's metadata") {
  Fixture fixture;
  TableUuid rides = fixture.make_table("rides"), old = fixture.make_table("old");
  must(fixture.append(rides, {"a"}));
  must(fixture.catalog().commit(fixture.viewing("main", "v", "select 1")));
  must(fixture.catalog().create_branch("dev"));
  must(fixture.catalog().commit(fixture.appending("dev", rides, "x")));
  must(fixture.catalog().commit(fixture.replacing("dev", "daily", {"d"})));
  must(fixture.catalog().commit(fixture.viewing("dev", "v", "select 2")));
  must(fixture.catalog().commit(fixture.viewing("dev", "w", "select 3")));
  must(fixture.catalog().commit({.branch = "dev", .table_drops = {{name_of("old")}}}));
  CHECK(changes_of(fixture.catalog(), "dev") == "+daily;-old;~rides appends;~v view;+w view;");
  std::string location = fixture.at("dev")->find(rides)->metadata_location;
  auto published = must(fixture.catalog().publish({.branch = "dev"}));
  CHECK(published.changed == 5);
  for (int life = 0; life < 2; ++life) {
    CHECK(fixture.catalog().state()->version() == published.version);
    CHECK(fixture.files_at("main", "rides") == "a x");
    CHECK(fixture.table(rides)->metadata_location == location);
    CHECK(fixture.files_at("main", "daily") == "d");
    CHECK(fixture.catalog().state()->find_view(name_of("v"))->sql() == "select 2");
    CHECK(fixture.catalog().state()->find_view(name_of("w"))->sql() == "select 3");
    CHECK(!fixture.catalog().state()->find(old));
    CHECK(fixture.catalog().branches().size() == 1);
    CHECK(fixture.catalog().publish({.branch = "dev"}).error().code == Code::kNotFound);
    fixture.restart();
  }
  must(fixture.append(rides, {"b"}));  // life goes on
  CHECK(fixture.append(rides, {"x"}).error().code == Code::kAlreadyExists);
  CHECK(fixture.files_at("main", "rides") == "a b x");
}

TEST_CASE("what landed on main meanwhile survives a publish of appends") {
  Fixture fixture;
  TableUuid rides = fixture.make_table("rides");
  must(fixture.catalog().commit(fixture.landing(rides, "a", 0, 10)));
  must(fixture.catalog().create_branch("dev"));
  must(fixture.catalog().commit(fixture.appending("dev", rides, "x")));
  must(fixture.catalog().commit(fixture.landing(rides, "b", 10, 20)));
  must(fixture.catalog().commit(fixture.appending("dev", rides, "y")));
  CHECK(changes_of(fixture.catalog(), "dev") == "~rides appends;");
  must(fixture.catalog().publish({.branch = "dev"}));
  fixture.restart();
  CHECK(fixture.files_at("main", "rides") == "a b x y");
  CHECK(fixture.catalog().state()->landed_end(fixture.key(rides)) == Offset(20));
  auto snapshot = fixture.table(rides)->metadata->current_snapshot();
  CHECK(snapshot->summary.at("tarn.branch") == "dev");
  CHECK(snapshot->summary.at("total-data-files") == "4");
}

TEST_CASE("a real conflict is refused with every table named, and changes nothing") {
  Fixture fixture;
  TableUuid rides = fixture.make_table("rides"), gone = fixture.make_table("gone"), again = fixture.make_table("again"),
            schema = fixture.make_table("schema");
  must(fixture.append(rides, {"a"}));
  must(fixture.catalog().commit(fixture.replacing("main", "model", {"m"})));
  must(fixture.catalog().commit(fixture.viewing("main", "v", "select 1")));
  must(fixture.catalog().create_branch("dev"));
  for (TableUuid table : {rides, gone, again, schema})
    must(fixture.catalog().commit(fixture.appending("dev", table, "x")));
  for (const char* made : {"model", "new", "fine"})
    must(fixture.catalog().commit(fixture.replacing("dev", made, {std::string("dev-") + made})));
  must(fixture.catalog().commit(fixture.viewing("dev", "v", "select 2")));

  SnapshotId base = *fixture.table(rides)->metadata->current_snapshot_id;
  must(fixture.catalog().commit(
      {.row_deltas = {{.table = rides, .base = base, .added = {data_file("a2", 1)}, .removed = {file_path("a")}}}}));
  must(fixture.catalog().drop_table(name_of("gone")));
  must(fixture.catalog().drop_table(name_of("again")));
  fixture.make_table("again");
  fixture.make_table("new");
  must(fixture.catalog().commit(fixture.replacing("main", "model", {"m2"})));
  must(fixture.catalog().commit(fixture.viewing("main", "v", "select 3")));
  auto fields = fixture.table(schema)->metadata->schema().fields;
  fields[0].id = FieldId(0), fields[0].type.kind = table::TypeKind::kDouble;
  must(fixture.catalog().commit(
      {.schemas = {{.table = schema, .base = SchemaId(0), .fields = fields, .replaces = true}}}));

  auto before = fixture.catalog().state();
  auto refused = fixture.catalog().publish({.branch = "dev"});
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::kConflict);
  for (const char* part : {"public.rides: its rows were replaced on main", "public.gone: it was dropped on main",
                           "public.again: it was dropped and made anew", "public.new: a table of this name was made",
                           "public.model: it was changed on main", "public.v: it was changed on main",
                           "public.schema: its columns were changed"})
    CHECK_MESSAGE(refused.error().message.find(part) != std::string::npos, refused.error().message);
  CHECK(refused.error().message.find("fine") == std::string::npos);
  CHECK(fixture.catalog().state() == before);
  CHECK(fixture.files_at("dev", "model") == "dev-model");  // still there to look at
  must(fixture.catalog().drop_branch("dev"));
  CHECK(fixture.catalog().state(Ref{"dev"}).error().code == Code::kNotFound);
}

TEST_CASE("a replaced table keeps its uuid, its place, and the ids of columns that stayed") {
  Fixture fixture;
  must(fixture.catalog().commit(fixture.replacing("main", "daily", {"a", "b"})));
  auto before = fixture.catalog().state()->find(name_of("daily"));
  std::vector<table::Field> fields = {{.name = "name", .type = {.kind = table::TypeKind::kString}},
                                      {.name = "id", .type = {.kind = table::TypeKind::kLong}}};
  Place place = must(fixture.catalog().place("main", name_of("daily"), fields));
  CHECK(place.exists);
  CHECK(place.uuid == before->uuid);
  CHECK(place.location == before->metadata->location);
  CHECK(place.fields[0].id == FieldId(2));
  CHECK(place.fields[1].id == FieldId(3));
  ReplaceTable replace{.name = name_of("daily"), .files = {data_file("c", 5)}, .or_replace = true, .place = place};
  must(fixture.catalog().commit({.replaces = {replace}}));
  fixture.restart();
  auto after = fixture.catalog().state()->find(name_of("daily"));
  CHECK(after->uuid == before->uuid);
  CHECK(fixture.files_at("main", "daily") == "c");
  CHECK(after->metadata->schema().fields == place.fields);
  auto summary = after->metadata->current_snapshot()->summary;
  CHECK(summary.at("operation") == "overwrite");
  CHECK(summary.at("total-records") == "5");
  CHECK(fixture.catalog().commit({.replaces = {replace}}).error().code == Code::kAlreadyExists);  // the same file
  must(fixture.catalog().commit(fixture.replacing("main", "daily", {"d"})));
  replace.files = {data_file("e", 1)};
  CHECK(fixture.catalog().commit({.replaces = {replace}}).error().code == Code::kConflict);  // placed on another schema
}

TEST_CASE(
    "a new table's folder is its own, whoever else makes one of that name, and a failed attempt's is used again") {
  Fixture fixture;
  must(fixture.catalog().create_branch("dev"));
  Place first = must(fixture.catalog().place("main", name_of("daily"), kFields()));
  Place second = must(fixture.catalog().place("dev", name_of("daily"), kFields()));
  CHECK(!first.exists);
  CHECK(first.location == second.location);  // nobody knows which of them will come to be
  ReplaceTable replace{.name = name_of("daily"), .files = {data_file("a", 1)}, .place = first};
  must(fixture.catalog().commit({.replaces = {replace}}));
  CHECK(fixture.catalog().state()->find(name_of("daily"))->metadata->location == first.location);
  replace.place = second;
  replace.files = {data_file("b", 1)};
  must(fixture.catalog().commit({.branch = "dev", .replaces = {replace}}));
  CHECK(fixture.at("dev")->find(name_of("daily"))->metadata->location != first.location);
  CHECK(fixture.files_at("dev", "daily") == "b");
  CHECK(must(fixture.catalog().place("main", name_of("daily"), kFields())).location == first.location);
}

TEST_CASE("a table replaced hundreds of times remembers few snapshots, schemas and manifests") {
  Fixture fixture;
  for (int i = 0; i < 120; ++i) {
    Commit commit = fixture.replacing("main", "daily", {fmt::format("f{}", i)});
    if (i % 2) commit.replaces[0].fields[0].type.kind = table::TypeKind::kDate;
    must(fixture.catalog().commit(commit));
  }
  auto metadata = fixture.catalog().state()->find(name_of("daily"))->metadata;
  CHECK(metadata->snapshots.size() == kReplacedSnapshotsMax);
  CHECK(metadata->schemas.size() <= kReplacedSnapshotsMax + 1);
  auto manifests = must(LakeReader(*fixture.files).manifest_list(*metadata->current_snapshot()));
  CHECK(manifests.size() == 2);  // the new file, and the one before as deleted
  CHECK(fixture.files_at("main", "daily") == "f119");
}

TEST_CASE("tables and views share their names, and one commit may swap one for the other") {
  Fixture fixture;
  must(fixture.catalog().commit(fixture.viewing("main", "v", "select 1")));
  fixture.make_table("t");
  CHECK(fixture.catalog().create_table(name_of("v"), kFields(), {}).error().code == Code::kAlreadyExists);
  CHECK(fixture.catalog().commit(fixture.replacing("main", "v", {"a"})).error().code == Code::kAlreadyExists);
  CHECK(fixture.catalog().commit(fixture.viewing("main", "t", "select 1")).error().code == Code::kAlreadyExists);
  CHECK(fixture.catalog().drop_table(name_of("v")).error().code == Code::kNotFound);
  CHECK(fixture.catalog().commit({.table_drops = {{name_of("v")}}}).error().code == Code::kInvalidArgument);
  CHECK(fixture.catalog().commit({.view_drops = {{name_of("t")}}}).error().code == Code::kInvalidArgument);
  CHECK(fixture.catalog().commit({.view_drops = {{name_of("none")}}}).error().code == Code::kNotFound);
  must(fixture.catalog().commit({.view_drops = {{name_of("none"), true}}}));
  for (const char* branch : {"dev", "main"}) {
    if (std::string(branch) == "dev") must(fixture.catalog().create_branch("dev"));
    Commit swap = fixture.viewing(branch, "t", "select 2");
    swap.table_drops.push_back({name_of("t")});
    Commit back = fixture.replacing(branch, "v", {"x"});
    back.view_drops.push_back({name_of("v")});
    must(fixture.catalog().commit(swap));
    must(fixture.catalog().commit(back));
    for (int life = 0; life < 2; ++life) {
      auto state = fixture.at(branch);
      CHECK(!state->find(name_of("t")));
      CHECK(state->find_view(name_of("t"))->sql() == "select 2");
      CHECK(!state->find_view(name_of("v")));
      CHECK(fixture.files_at(branch, "v") == "x");
      CHECK(state->tables("public").size() == 1);
      CHECK(state->views("public").size() == 1);
      fixture.restart();
    }
  }
  CHECK(must(fixture.catalog().diff("dev")).size() == 2);
  CHECK(fixture.catalog().publish({.branch = "dev"}).error().code == Code::kConflict);
}

TEST_CASE("publishing a swap of table and view brings it to main") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("t");
  must(fixture.catalog().create_branch("dev"));
  Commit swap = fixture.viewing("dev", "t", "select 2");
  swap.table_drops.push_back({name_of("t")});
  must(fixture.catalog().commit(swap));
  must(fixture.catalog().publish({.branch = "dev"}));
  for (int life = 0; life < 2; ++life) {
    CHECK(fixture.catalog().state()->find_view(name_of("t")));
    CHECK(!fixture.catalog().state()->find(uuid));
    fixture.restart();
  }
}

TEST_CASE("a table that a topic lands in cannot be replaced, on no branch; lands belong to main") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  must(fixture.catalog().bind({.topic = kTopic, .topic_name = "rides", .table = uuid}));
  must(fixture.catalog().create_branch("dev"));
  for (const char* branch : {"main", "dev"})
    CHECK(fixture.catalog().commit(fixture.replacing(branch, "rides", {"a"})).error().code == Code::kInvalidArgument);
  Commit landing = fixture.landing(uuid, "a", 0, 10);
  landing.branch = "dev";
  CHECK(fixture.catalog().commit(landing).error().code == Code::kInvalidArgument);
  landing.branch = "nope";
  CHECK(fixture.catalog().commit(landing).error().code == Code::kNotFound);
  CHECK(fixture.at("dev")->landed_end(fixture.key(uuid)) == Offset(0));
}

TEST_CASE("a table that a topic lands in, as rows or dead letters, is dropped by no commit and no publish") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides"), letters = fixture.make_table("letters");
  must(fixture.append(uuid, {"a"}));
  must(fixture.catalog().create_branch("early"));
  must(fixture.catalog().create_branch("swaps"));
  must(fixture.catalog().create_branch("appends"));
  must(fixture.catalog().commit({.branch = "early", .table_drops = {{name_of("rides")}}}));
  must(fixture.catalog().commit(fixture.replacing("swaps", "rides", {"s"})));
  must(fixture.catalog().commit(fixture.appending("appends", uuid, "x")));
  must(fixture.catalog().bind({.topic = kTopic, .topic_name = "rides", .table = uuid, .dlq_table = letters}));
  must(fixture.catalog().create_branch("dev"));
  for (const char* branch : {"main", "dev", "swaps"}) {
    for (const char* name : {"rides", "letters"}) {
      Commit swap = fixture.viewing(branch, name, "select 1");
      swap.table_drops.push_back({name_of(name), true});
      CHECK(fixture.catalog().commit(swap).error().code == Code::kInvalidArgument);
    }
  }
  for (const char* branch : {"early", "swaps"}) {
    auto refused = fixture.catalog().publish({.branch = branch});
    REQUIRE(!refused);
    CHECK(refused.error().code == Code::kConflict);
    CHECK_MESSAGE(refused.error().message.contains("public.rides: a topic lands in it"), refused.error().message);
  }
  must(fixture.catalog().publish({.branch = "appends"}));
  CHECK(fixture.files_at("main", "rides") == "a x");
  CHECK_FALSE(fixture.catalog().state()->binding(kTopic)->detached);
}

TEST_CASE("branches of ended runs make room, those of running ones do not") {
  Fixture fixture;
  CHECK(fixture.catalog().create_branch("main").error().code == Code::kAlreadyExists);
  CHECK(fixture.catalog().create_branch("a|b").error().code == Code::kInvalidArgument);
  CHECK(fixture.catalog().create_branch("a", CatalogVersion(7)).error().code == Code::kNotFound);
  CHECK(fixture.catalog().drop_branch("main").error().code == Code::kInvalidArgument);
  CHECK(fixture.catalog().drop_branch("a").error().code == Code::kNotFound);
  std::vector<RunId> ids;
  for (std::size_t i = 0; i < kBranchesMax; ++i) {
    ids.push_back(must(fixture.catalog().start_run("p")).id);
    must(fixture.catalog().create_branch(branch_of(ids.back())));
    fixture.clock.advance(std::chrono::seconds(1));
  }
  CHECK(fixture.catalog().create_branch("one-more").error().code == Code::kLimit);
  CHECK(fixture.catalog().drop_branch(branch_of(ids[5])).error().code == Code::kConflict);
  must(fixture.catalog().finish_run({.id = ids[5], .state = RunState::kFailed, .message = "a test failed"}));
  must(fixture.catalog().create_branch("one-more"));
  CHECK(fixture.catalog().state(Ref{branch_of(ids[5])}).error().code == Code::kNotFound);
  CHECK(fixture.catalog().branches().size() == kBranchesMax + 1);
}

}  // namespace tarn::catalog
