#include "tarn/topic_plan.h"

#include <doctest/doctest.h>

#include <future>

#include "engine/land_protocol.h"
#include "host/clock.h"
#include "host/test_folder.h"
#include "wire/kafka/record_batch.h"

namespace tarn::app {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

table::Field field(const std::string& name, std::string_view type) {
  return {.name = name, .type = must(table::parse_type(type))};
}

log::LogOptions small_log() {
  return {.wal_bytes = 2_MiB, .wal_file_bytes = 256_KiB, .ballast_bytes = 256_KiB, .open_files_max = 16};
}

struct Fixture {
  Fixture()
      : log(must(log::Log::open(host, folder.path(), small_log(), nullptr, nullptr))),
        catalog(must(catalog::Catalog::open(host, folder.path()))) {}

  TopicDeclaration& declare(const std::string& topic) {
    return config.topics.emplace_back(TopicDeclaration{.topic = topic, .source = topic + ".yaml"});
  }
  // What a plan says, applied; or why it is refused.
  std::string said() {
    auto changes = plan_topics(*log, *catalog->state(), config);
    if (!changes) return changes.error().message;
    must(apply_topics(*log, *catalog, *changes));
    std::string text;
    for (const TopicChange& change : *changes) text += to_string(change) + "\n";
    return text;
  }
  // A topic with a table, as landing makes it.
  void bound(const std::string& name, std::vector<table::Field> fields, bool declared = true,
             catalog::BindingFormat format = catalog::BindingFormat::kJson) {
    log::Topic topic = must(log->create_topic({.name = name}));
    fields.push_back(engine::metadata_field());
    auto table = must(catalog->create_table({"public", name}, fields, {}));
    must(catalog->bind(
        {.topic = topic.id, .topic_name = name, .table = table->uuid, .format = format, .declared = declared}));
  }
  void append(TopicId topic) {
    wire::kafka::RecordBatchBuilder builder;
    builder.add(clock.wall_ms(), std::nullopt, as_bytes("a record"));
    Buffer batch = must(builder.build({}));
    std::promise<log::AppendStatus> done;
    log->append({topic, PartitionId(0)}, batch, [&](log::AppendResult answer) { done.set_value(answer.status); });
    REQUIRE(done.get_future().get() == log::AppendStatus::kOk);
  }
  std::string columns(const std::string& name) {
    std::string text;
    for (const table::Field& each : catalog->state()->find({"public", name})->metadata->schema().fields)
      text += each.name + " " + table::to_string(each.type).substr(0, 7) + ", ";
    return text;
  }

  host::TestFolder folder;
  std::unique_ptr<host::Files> files = host::real_files();
  host::ManualClock clock{TimestampMs(1'800'000'000'000)};
  std::unique_ptr<host::Random> random = host::seeded_random(1);
  host::Host host{*files, clock, *random};
  std::unique_ptr<log::Log> log;
  std::unique_ptr<catalog::Catalog> catalog;
  Config config;
};

}  // namespace

TEST_CASE("a missing topic is made, a second time nothing changes") {
  Fixture fixture;
  fixture.declare("rides") = {.topic = "rides", .partitions = 2, .config = {{"tarn.land.ms", "500"}}, .source = "r"};
  CHECK(fixture.said() == "topic rides: made, 2 partitions, tarn.land.ms: 500\n");
  CHECK(fixture.said().empty());
  fixture.config.topics[0].config["tarn.land.ms"] = "900";
  CHECK(fixture.said() == "topic rides: tarn.land.ms: 500 -> 900\n");
  CHECK(fixture.log->topics()->find("rides")->configs.at("tarn.land.ms") == "900");
  CHECK(fixture.said().empty());
}

TEST_CASE("partitions can't change") {
  Fixture fixture;
  must(fixture.log->create_topic({.name = "rides", .partitions = 3}));
  fixture.declare("rides").partitions = 2;
  CHECK(fixture.said().contains("rides.yaml: topic rides: it has 3 partitions, not 2; fewer would lose"));
  fixture.config.topics[0].partitions = 4;
  CHECK(fixture.said().contains("more can't be added; say `partitions: 3`"));
}

TEST_CASE("new columns are added, wider types taken") {
  Fixture fixture;
  fixture.bound("rides", {field("id", "int"), field("city", "string")});
  fixture.declare("rides").columns = {field("id", "long"), field("city", "string"),
                                      field("tip", "struct<a: list<int>>")};
  CHECK(fixture.said() == "topic rides: column id: int -> long, column tip: struct<a: list<int>>\n");
  CHECK(fixture.columns("rides") == "id long, city string, tip struct<, _kafka struct<, ");
  CHECK(fixture.said().empty());
}

TEST_CASE("a column that goes, narrows or changes its letters is refused, and nothing else is applied") {
  Fixture fixture;
  fixture.bound("rides", {field("id", "long"), field("city", "string")});
  fixture.declare("new");
  TopicDeclaration& rides = fixture.declare("rides");
  rides.columns = {field("id", "int"), field("tip", "double")};
  std::string refused = fixture.said();
  CHECK(refused.contains("column `id` is long in its table, and its values can't all be int; say `id: long`"));
  CHECK(
      refused.contains("column `city` is in its table, and taking it away would lose its values; say `city: string`"));
  rides.columns = {field("id", "long"), field("City", "string")};
  CHECK(fixture.said().contains("column `City` is `city` in its table"));
  CHECK(fixture.log->topics()->find("new") == nullptr);
  CHECK(fixture.columns("rides") == "id long, city string, _kafka struct<, ");
}

TEST_CASE("a topic goes from inferred columns to declared ones and back") {
  Fixture fixture;
  fixture.bound("rides", {field("id", "long")}, false);
  fixture.declare("rides").columns = {field("id", "long")};
  CHECK(fixture.said() == "topic rides: columns: declared from now on\n");
  CHECK(fixture.said().empty());
  fixture.config.topics[0].columns.reset();
  CHECK(fixture.said() == "topic rides: columns: inferred from now on\n");
  CHECK(fixture.said().empty());
}

TEST_CASE("a bound topic's table stays, and bytes stay bytes") {
  Fixture fixture;
  fixture.bound("rides", {field("value", "binary")}, false, catalog::BindingFormat::kBinary);
  TopicDeclaration& rides = fixture.declare("rides");
  rides.table = "trips";
  CHECK(fixture.said().contains("it lands in public.rides, not trips"));
  rides.table = "rides";
  CHECK(fixture.said().empty());
  rides.columns = {field("id", "long")};
  CHECK(fixture.said().contains("land as bytes"));
}

TEST_CASE("shorter retention of records that are in no table is refused") {
  Fixture fixture;
  log::Topic topic = must(fixture.log->create_topic({.name = "raw", .configs = {{"tarn.land", "off"}}}));
  TopicDeclaration& raw = fixture.declare("raw");
  raw.config["retention.ms"] = "1000000";
  CHECK(fixture.said() == "topic raw: retention.ms: default -> 1000000\n");  // it is empty
  fixture.append(topic.id);
  raw.config["retention.ms"] = "1000";
  CHECK(fixture.said().contains("a shorter retention.ms would delete records that are in no table"));
  raw.config["retention.ms"] = "-1";
  CHECK(fixture.said() == "topic raw: retention.ms: 1000000 -> -1\n");
  raw.config["retention.bytes"] = "1000";
  CHECK(fixture.said().contains("a smaller retention.bytes"));
}

}  // namespace tarn::app
