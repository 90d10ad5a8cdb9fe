#include "table/metadata.h"

#include <doctest/doctest.h>

#include "table/plan.h"

namespace tarn::table {
namespace {

// Everything a metadata file may hold.
TableMetadata full_metadata() {
  Type nested = *parse_type("struct<x: list<struct<y: decimal(9,2)>>, z: timestamptz>");
  Type map{.kind = TypeKind::kMap,
           .children = {{.name = "key", .required = true}, {.name = "value", .type = {.kind = TypeKind::kLong}}}};
  TableMetadata metadata =
      new_table_metadata(*Uuid::parse("6f6ca563-c73b-4295-90fc-24266fcf4523"), "file:///d/t",
                         {{.name = "id", .required = true, .type = {.kind = TypeKind::kLong}, .doc = "the \"key\"\n"},
                          {.name = "s", .type = nested},
                          {.name = "m", .type = map},
                          {.name = "f", .type = {.kind = TypeKind::kFixed, .length = 7}}},
                         {{"a", "b"}}, TimestampMs(1000));
  metadata.partition_specs.push_back({.spec_id = 1, .fields = {{FieldId(1), 1000, "id_bucket", "bucket[16]"}}});
  metadata.sort_orders.push_back({.order_id = 1, .fields = {{FieldId(1), "identity", false, false}}});
  metadata.last_partition_id = 1000;
  Snapshot snapshot{.id = SnapshotId(INT64_MAX),
                    .sequence_number = SequenceNumber(1),
                    .timestamp_ms = TimestampMs(2000),
                    .manifest_list = "file:///d/t/metadata/snap.avro",
                    .summary = {{"operation", "append"}},
                    .schema_id = SchemaId(0)};
  metadata = with_snapshot(metadata, snapshot, {std::chrono::hours(1), std::chrono::hours(1), 10});
  metadata.refs["v1"] = {.snapshot = snapshot.id, .is_tag = true, .max_ref_age_ms = 7};
  metadata.metadata_log = {{TimestampMs(1000), "file:///d/t/metadata/0.json"}};
  metadata.statistics = R"([{"snapshot-id":1,"blob-metadata":[]}])";
  return metadata;
}

}  // namespace

TEST_CASE("metadata survives its JSON form, byte for byte") {
  TableMetadata metadata = full_metadata();
  std::string json = to_json(metadata);
  auto parsed = parse_metadata(json);
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message);
  CHECK(to_json(*parsed) == json);
  CHECK(parsed->schemas == metadata.schemas);
  CHECK(parsed->partition_specs == metadata.partition_specs);
  CHECK(parsed->sort_orders == metadata.sort_orders);
  CHECK(*parsed->current_snapshot() == *metadata.current_snapshot());
  CHECK(parsed->refs == metadata.refs);
  CHECK(parsed->snapshot_log == metadata.snapshot_log);
  CHECK(parsed->metadata_log == metadata.metadata_log);
  CHECK(parsed->statistics == metadata.statistics);
  CHECK(parsed->properties.at("gc.enabled") == "false");
}

TEST_CASE("metadata as the Java library writes it is read") {
  auto metadata =
      parse_metadata(R"j({"format-version":2,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","location":"file:/d/x",
    "last-sequence-number":0,"last-updated-ms":1602638573590,"last-column-id":3,"current-schema-id":1,
    "schemas":[{"type":"struct","schema-id":1,"identifier-field-ids":[1],"fields":[
      {"id":1,"name":"x","required":true,"type":"long"},{"id":2,"name":"y","required":true,"type":"decimal(9, 2)","doc":"comment"},
      {"id":3,"name":"z","required":false,"type":"fixed[16]"}]}],
    "default-spec-id":0,"partition-specs":[{"spec-id":0,"fields":[]}],"last-partition-id":999,"default-sort-order-id":0,
    "sort-orders":[{"order-id":0,"fields":[]}],"properties":{},"current-snapshot-id":-1,"refs":{},"snapshots":[],"statistics":[],
    "snapshot-log":[],"metadata-log":[]})j");
  REQUIRE_MESSAGE(metadata.has_value(), metadata.error().message);
  CHECK(!metadata->current_snapshot_id);
  CHECK(metadata->schema().fields[1].type == *parse_type("decimal(9,2)"));
  CHECK(metadata->schema().fields[2].type.length == 16);
}

TEST_CASE("metadata that is broken is told apart from metadata that is newer") {
  std::string json = to_json(full_metadata());
  CHECK(parse_metadata("").error().code == Code::kCorruption);
  CHECK(parse_metadata("[]").error().code == Code::kCorruption);
  CHECK(parse_metadata(json.substr(0, json.size() / 2)).error().code == Code::kCorruption);
  auto changed = [&](std::string_view from, std::string_view to) {
    std::string copy = json;
    std::size_t at = copy.find(from);
    REQUIRE(at != std::string::npos);
    return parse_metadata(copy.replace(at, from.size(), to)).error();
  };
  CHECK(changed("\"format-version\":2", "\"format-version\":3").code == Code::kUnsupported);
  CHECK(changed("\"current-schema-id\":0", "\"current-schema-id\":5").code == Code::kCorruption);
  CHECK(changed("\"default-spec-id\":0", "\"default-spec-id\":9").code == Code::kCorruption);
  CHECK(changed("\"current-snapshot-id\":9223372036854775807", "\"current-snapshot-id\":4").code == Code::kCorruption);
  CHECK(changed("\"location\":", "\"l\":").message.find("\"location\"") != std::string::npos);
  CHECK(changed("\"long\"", "\"strange\"").code == Code::kCorruption);
}

TEST_CASE("snapshots are thinned to all young ones, the last of each hour, and those that refs name") {
  constexpr std::int64_t kMinute = 60'000;
  std::int64_t start = 1'700'000'000'000 / 3'600'000 * 3'600'000;
  TableMetadata metadata = new_table_metadata({}, "file:///d/t", {{.name = "id"}}, {}, TimestampMs(start));
  Retention retention{std::chrono::hours(1), std::chrono::hours(5), 500};
  for (std::int64_t i = 1; i <= 12 * 60; ++i) {
    metadata = with_snapshot(
        metadata,
        {.id = SnapshotId(i), .sequence_number = SequenceNumber(i), .timestamp_ms = TimestampMs(start + i * kMinute)},
        retention);
    if (i == 30) metadata.refs["kept"] = {.snapshot = SnapshotId(30), .is_tag = true};
  }
  std::vector<std::int64_t> old;
  for (const auto& snapshot : metadata.snapshots) {
    if (snapshot->id.value() < 11 * 60) old.push_back(snapshot->id.value());
  }
  CHECK(old == std::vector<std::int64_t>{30, 7 * 60 + 59, 8 * 60 + 59, 9 * 60 + 59, 10 * 60 + 59});
  CHECK(metadata.snapshots.size() == old.size() + 61);
  CHECK(metadata.snapshot_log.size() == 62);  // from 10:59 on: none before a gap
  CHECK(metadata.current_snapshot()->id == SnapshotId(12 * 60));
}

}  // namespace tarn::table
