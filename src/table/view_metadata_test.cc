#include "table/view_metadata.h"

#include <doctest/doctest.h>

namespace tarn::table {
namespace {

std::vector<Field> fields() {
  return {{.name = "id", .type = {.kind = TypeKind::kLong}}, {.name = "tags", .type = *parse_type("list<string>")}};
}

ViewMetadata view() {
  return new_view_metadata(*Uuid::parse("6f6ca563-c73b-4295-90fc-24266fcf4523"), "file:///lake/public/v", "public",
                           "select \"a\" from b -- \xC3\xA4", fields(), TimestampMs(5));
}

}  // namespace

TEST_CASE("view metadata survives its JSON form") {
  ViewMetadata metadata = with_version(view(), "select 2", fields(), TimestampMs(7));
  metadata.properties["comment"] = "\"quoted\"";
  auto read = parse_view_metadata(to_json(metadata));
  REQUIRE_MESSAGE(read, read.error().message);
  CHECK(*read == metadata);
  CHECK(read->version().sql == "select 2");
  CHECK(read->version().id == 2);
  CHECK(read->schema().fields[1].type.children[0].id == FieldId(3));
}

TEST_CASE("a view replaced often keeps its last versions and their schemas") {
  ViewMetadata metadata = view();
  for (int i = 0; i < 50; ++i) metadata = with_version(metadata, std::to_string(i), fields(), TimestampMs(6));
  CHECK(metadata.versions.size() == kViewVersionsMax);
  CHECK(metadata.schemas.size() == kViewVersionsMax);
  CHECK(metadata.version().sql == "49");
  CHECK(metadata.version().id == 51);
  CHECK(parse_view_metadata(to_json(metadata)).has_value());
}

TEST_CASE("what is no view metadata is refused") {
  std::string good = to_json(view());
  auto without = [&](const std::string& what, const std::string& with) {
    std::string text = good;
    std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return parse_view_metadata(text.replace(at, what.size(), with)).error().code;
  };
  CHECK(parse_view_metadata("").error().code == Code::kCorruption);
  CHECK(parse_view_metadata("[]").error().code == Code::kCorruption);
  CHECK(parse_view_metadata(std::string(100'000, '[')).error().code == Code::kCorruption);
  CHECK(without("\"format-version\":1", "\"format-version\":2") == Code::kUnsupported);
  CHECK(without("\"current-version-id\":1", "\"current-version-id\":9") == Code::kCorruption);
  CHECK(without("\"schema-id\":0", "\"schema-id\":4") == Code::kCorruption);
  CHECK(without("\"type\":\"sql\"", "\"type\":\"other\"") == Code::kCorruption);
  CHECK(without("\"view-uuid\":\"6f", "\"view-uuid\":\"x") == Code::kCorruption);
  CHECK(without("\"timestamp-ms\":5", "\"timestamp-ms\":5.5") == Code::kCorruption);
}

}  // namespace tarn::table
