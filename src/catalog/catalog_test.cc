#include "catalog/catalog.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "catalog/fixture_test.h"

namespace tarn::catalog {

TEST_CASE("what was committed is there after a restart") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  auto committed = must(fixture.catalog().commit(fixture.landing(uuid, "a", 0, 10)));
  must(fixture.catalog().bind({.topic = kTopic, .topic_name = "rides", .table = uuid, .declared = true}));
  must(fixture.catalog().create_namespace("other"));
  fixture.restart();

  auto state = fixture.catalog().state();
  CHECK(state->namespaces() == std::vector<std::string>{"other", "public"});
  auto table = state->find(TableName{"public", "rides"});
  REQUIRE(table);
  CHECK(table->uuid == uuid);
  CHECK(table->metadata->current_snapshot_id == committed.snapshots.at(uuid));
  CHECK(table->metadata->properties.at("gc.enabled") == "false");
  CHECK(table->metadata->location.starts_with("file:///"));
  CHECK(table->metadata_location.find("/metadata/00001-") != std::string::npos);
  CHECK(state->landed_end(fixture.key(uuid)) == Offset(10));
  REQUIRE(state->binding(kTopic));
  CHECK(state->binding(kTopic)->declared);
  auto files = must(fixture.catalog().data_files(*table));
  REQUIRE(files->size() == 1);
  CHECK(files->front() == data_file("a", 10));
}

TEST_CASE("a zombie's landing is fenced, and leaves nothing behind") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  must(fixture.catalog().commit(fixture.landing(uuid, "a", 0, 10)));
  CatalogVersion before = fixture.catalog().state()->version();
  CHECK(fixture.catalog().commit(fixture.landing(uuid, "b", 0, 7)).error().code == Code::kFenced);
  CHECK(fixture.catalog().state()->version() == before);
  CHECK(fixture.file_names(uuid) == std::vector<std::string>{"a"});
  must(fixture.catalog().commit(fixture.landing(uuid, "b", 10, 12)));
  CHECK(fixture.catalog().state()->landed_end(fixture.key(uuid)) == Offset(12));
}

TEST_CASE("a commit is whole or not at all, over all its intents") {
  Fixture fixture;
  TableUuid first = fixture.make_table("first"), second = fixture.make_table("second");
  Commit commit = fixture.landing(first, "a", 0, 10);
  commit.appends.push_back({.table = second, .files = {data_file("b", 1)}});
  commit.schemas.push_back({.table = second, .base = SchemaId(7), .fields = {}});
  CHECK(fixture.catalog().commit(commit).error().code == Code::kConflict);
  CHECK(fixture.file_names(first).empty());
  CHECK(fixture.catalog().state()->landed_end(fixture.key(first)) == Offset(0));
  commit.schemas.clear();
  must(fixture.catalog().commit(commit));
  CHECK(fixture.file_names(first) == std::vector<std::string>{"a"});
  CHECK(fixture.file_names(second) == std::vector<std::string>{"b"});
}

TEST_CASE("a file that is live cannot be added again, before and after a restart") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  must(fixture.append(uuid, {"a", "b"}));
  CHECK(fixture.append(uuid, {"c", "a"}).error().code == Code::kAlreadyExists);
  CHECK(fixture.append(uuid, {"c", "c"}).error().code == Code::kAlreadyExists);
  must(fixture.append(uuid, {"c"}));  // though its name was heard of before
  fixture.restart();
  CHECK(fixture.append(uuid, {"b"}).error().code == Code::kAlreadyExists);
  CHECK(fixture.file_names(uuid) == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("the same idempotency key answers the first outcome") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  Commit commit = fixture.landing(uuid, "a", 0, 10);
  commit.idempotency_key = "once";
  auto first = must(fixture.catalog().commit(commit));
  auto again = must(fixture.catalog().commit(commit));
  CHECK(again.version == first.version);
  CHECK(again.snapshots == first.snapshots);
  fixture.restart();
  CHECK(must(fixture.catalog().commit(commit)).snapshots == first.snapshots);
  fixture.clock.advance(std::chrono::hours(25));
  CHECK(fixture.catalog().commit(commit).error().code == Code::kFenced);  // forgotten by now: the fence holds
}

TEST_CASE("schemas grow by columns and wider types, on the schema they were planned on") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  auto fields = fixture.table(uuid)->metadata->schema().fields;
  fields[0].type.kind = table::TypeKind::kLong;
  fields.push_back({.name = "tip", .type = {.kind = table::TypeKind::kDouble}});
  must(fixture.catalog().commit({.schemas = {{.table = uuid, .base = SchemaId(0), .fields = fields}}}));
  CHECK(fixture.catalog().commit({.schemas = {{.table = uuid, .base = SchemaId(0), .fields = fields}}}).error().code ==
        Code::kConflict);
  fixture.restart();
  const auto& metadata = *fixture.table(uuid)->metadata;
  CHECK(metadata.current_schema_id == SchemaId(1));
  CHECK(metadata.schemas.size() == 2);
  CHECK(metadata.schema().find("tip")->id == FieldId(3));
  CHECK(metadata.last_column_id == FieldId(3));
  fields[0].type.kind = table::TypeKind::kString;
  fields[2].id = FieldId(3);
  CHECK(fixture.catalog().commit({.schemas = {{.table = uuid, .base = SchemaId(1), .fields = fields}}}).error().code ==
        Code::kInvalidArgument);
}

TEST_CASE("a column is replaced with the files that have it, all of them or not at all") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  auto fields = fixture.table(uuid)->metadata->schema().fields;
  fields[0].id = FieldId(0), fields[0].type.kind = table::TypeKind::kDouble;
  SetSchema replace{.table = uuid, .base = SchemaId(0), .fields = fields, .replaces = true};
  SnapshotId base = must(fixture.append(uuid, {"a", "b"})).snapshots.at(uuid);
  CHECK(fixture.catalog().commit({.schemas = {replace}}).error().code == Code::kConflict);  // planned on an empty table
  replace.snapshot = base;
  RowDelta delta{
      .table = uuid, .base = base, .added = {data_file("ab", 2)}, .removed = {file_path("a"), file_path("b")}};
  auto grow_only = replace;
  grow_only.replaces = false;
  CHECK(fixture.catalog().commit({.row_deltas = {delta}, .schemas = {grow_only}}).error().code ==
        Code::kInvalidArgument);
  must(fixture.append(uuid, {"c"}));
  CHECK(fixture.catalog().commit({.row_deltas = {delta}, .schemas = {replace}}).error().code == Code::kConflict);
  CHECK(fixture.file_names(uuid) == std::vector<std::string>{"a", "b", "c"});
  CHECK(fixture.table(uuid)->metadata->current_schema_id == SchemaId(0));

  replace.snapshot = delta.base = *fixture.table(uuid)->metadata->current_snapshot_id;
  delta.removed.push_back(file_path("c"));
  must(fixture.catalog().commit({.row_deltas = {delta}, .schemas = {replace}}));
  fixture.restart();
  const auto& metadata = *fixture.table(uuid)->metadata;
  CHECK(fixture.file_names(uuid) == std::vector<std::string>{"ab"});
  CHECK(metadata.schema().fields[0].id == FieldId(3));
  CHECK(metadata.schema().fields[1].id == FieldId(2));
  CHECK(metadata.current_snapshot()->schema_id == metadata.current_schema_id);
  CHECK(metadata.snapshot(base)->schema_id == SchemaId(0));
  CHECK(metadata.schema(SchemaId(0))->fields[0].id == FieldId(1));
}

TEST_CASE("a row delta re-applies over landings, and conflicts when its files are gone or touched") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  SnapshotId base = must(fixture.append(uuid, {"a", "b"})).snapshots.at(uuid);
  must(fixture.catalog().commit(fixture.landing(uuid, "c", 0, 10)));
  must(fixture.catalog().commit(
      {.row_deltas = {{.table = uuid, .base = base, .added = {data_file("a2", 5)}, .removed = {file_path("a")}}}}));
  CHECK(fixture.file_names(uuid) == std::vector<std::string>{"a2", "b", "c"});
  auto summary = fixture.table(uuid)->metadata->current_snapshot()->summary;
  CHECK(summary.at("operation") == "overwrite");
  CHECK(summary.at("total-data-files") == "3");
  CHECK(summary.at("total-records") == "16");  // 1 + 10 + 5

  RowDelta late{.table = uuid, .base = base, .added = {data_file("a3", 5)}, .removed = {file_path("a")}};
  CHECK(fixture.catalog().commit({.row_deltas = {late}}).error().code == Code::kConflict);

  table::DataFile deletes = data_file("d", 1);
  deletes.content = table::FileContent::kPositionDeletes;
  RowDelta first{.table = uuid, .base = base, .position_deletes = {deletes}, .referenced = {file_path("b")}};
  must(fixture.catalog().commit({.row_deltas = {first}}));
  first.position_deletes[0].file_path = file_path("d2");
  CHECK(fixture.catalog().commit({.row_deltas = {first}}).error().code == Code::kConflict);
  first.base = *fixture.table(uuid)->metadata->current_snapshot_id;
  must(fixture.catalog().commit({.row_deltas = {first}}));
}

TEST_CASE("dropping a table detaches its bindings, and its name can be used again") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  must(fixture.catalog().commit(fixture.landing(uuid, "a", 0, 10)));
  must(fixture.catalog().bind({.topic = kTopic, .topic_name = "rides", .table = uuid}));
  std::string location = fixture.table(uuid)->metadata->location;
  must(fixture.catalog().drop_table({"public", "rides"}));
  CHECK(fixture.catalog().state()->binding(kTopic)->detached);
  CHECK(!fixture.table(uuid));
  CHECK(fixture.catalog().commit(fixture.landing(uuid, "b", 10, 12)).error().code == Code::kNotFound);
  TableUuid next = fixture.make_table("rides");
  CHECK(next != uuid);
  CHECK(fixture.table(next)->metadata->location != location);
  fixture.restart();
  CHECK(fixture.catalog().state()->find(TableName{"public", "rides"})->uuid == next);
  CHECK(fixture.catalog().state()->landed_end(fixture.key(uuid)) == Offset(0));
}

TEST_CASE("names that would break a path or a person are refused") {
  Fixture fixture;
  for (const char* name : {"", "a/b", "a\nb", "\x1f"})
    CHECK(fixture.catalog().create_table({"public", name}, kFields(), {}).error().code == Code::kInvalidArgument);
  CHECK(fixture.catalog().create_table({"none", "a"}, kFields(), {}).error().code == Code::kNotFound);
  CHECK(fixture.catalog().create_table({"public", std::string(201, 'x')}, kFields(), {}).error().code ==
        Code::kInvalidArgument);
  auto table = must(fixture.catalog().create_table({"public", "a b%"}, kFields(), {}));
  CHECK(table->metadata->location.find('%') == std::string::npos);
  CHECK(fixture.catalog().create_table({"public", "a b%"}, kFields(), {}).error().code == Code::kAlreadyExists);
}

TEST_CASE("commits from many threads all happen, each once") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  constexpr int kThreads = 8, kEach = 20;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) CHECK(fixture.append(uuid, {fmt::format("f-{}-{}", t, i)}));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(fixture.file_names(uuid).size() == kThreads * kEach);
  auto snapshot = fixture.table(uuid)->metadata->current_snapshot();
  CHECK(snapshot->sequence_number == SequenceNumber(kThreads * kEach));
  CHECK(snapshot->summary.at("total-data-files") == std::to_string(kThreads * kEach));
}

TEST_CASE("of many landings that start at one offset exactly one wins") {
  Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back(
        [&, t] { won += fixture.catalog().commit(fixture.landing(uuid, fmt::format("f{}", t), 0, 10)).has_value(); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(won == 1);
  CHECK(fixture.file_names(uuid).size() == 1);
}

TEST_CASE("what a table remembers is bounded, and a reader's state does not change under it") {
  Fixture fixture({.snapshot_keep_all = std::chrono::minutes(10), .snapshots_max = 20});
  TableUuid uuid = fixture.make_table("rides");
  auto early = fixture.table(uuid);
  for (int i = 0; i < 250; ++i) {
    must(fixture.append(uuid, {fmt::format("f{}", i)}));
    fixture.clock.advance(std::chrono::minutes(1));
  }
  auto late = fixture.table(uuid);
  CHECK(early->metadata->snapshots.empty());
  CHECK(late->metadata->snapshots.size() <= 20);
  CHECK(late->metadata->snapshots.size() >= 11 + 3);
  CHECK(late->metadata->snapshot_log.size() <= 12);
  CHECK(late->metadata->metadata_log.size() == table::kMetadataLogMax);
  CHECK(fixture.file_names(uuid).size() == 250);
  auto manifests = must(LakeReader(*fixture.files).manifest_list(*late->metadata->current_snapshot()));
  CHECK(manifests.size() <= table::kManifestsMax + 1);
  fixture.restart();
  CHECK(fixture.file_names(uuid).size() == 250);
}

TEST_CASE("a database of a newer Tarn is refused") {
  host::FaultyFiles files(1);
  host::ManualClock clock(TimestampMs(1));
  auto random = host::seeded_random(1);
  host::Host host{files, clock, *random};
  must(Catalog::open(host, "/data"));
  must(must(host::Sqlite::open(files, "/data/catalog.db"))->execute("pragma user_version=99"));
  CHECK(Catalog::open(host, "/data").error().code == Code::kUnsupported);
  CHECK(Catalog::open(host, "relative").error().code == Code::kInvalidArgument);
}

}  // namespace tarn::catalog
