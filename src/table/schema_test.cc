#include "table/schema.h"

#include <doctest/doctest.h>

#include "table/data_file.h"

namespace tarn::table {
namespace {

Type must_parse(std::string_view text) {
  auto type = parse_type(text);
  REQUIRE_MESSAGE(type.has_value(), text);
  return *type;
}

}  // namespace

TEST_CASE("type text parses to the type it names") {
  CHECK(must_parse("long").kind == TypeKind::kLong);
  CHECK(must_parse("decimal(10,2)") == Type{.kind = TypeKind::kDecimal, .precision = 10, .scale = 2});
  Type nested = must_parse("struct<a: int, b: list<struct<c: timestamptz>>>");
  REQUIRE(nested.children.size() == 2);
  CHECK(nested.children[1].name == "b");
  CHECK(nested.children[1].type.children[0].type.children[0].type.kind == TypeKind::kTimestamptz);
  CHECK(to_string(must_parse("decimal( 9 , 3 )")) == "decimal(9, 3)");
}

TEST_CASE("text that is no type is refused with the reason") {
  for (const char* text :
       {"", "longs", "list<int", "struct<>", "struct<a>", "decimal(39,2)", "decimal(3,4)", "int int"}) {
    auto type = parse_type(text);
    REQUIRE_MESSAGE(!type.has_value(), text);
    CHECK(type.error().code == Code::kInvalidArgument);
  }
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "list<";
  CHECK(parse_type(deep).error().code == Code::kLimit);
}

TEST_CASE("field ids are given breadth first, and kept where they were") {
  Schema schema;
  schema.fields = {{.name = "a", .type = must_parse("struct<x: int, y: list<string>>")},
                   {.name = "b", .type = must_parse("long")}};
  FieldId last{0};
  assign_ids(schema, last);
  CHECK(schema.fields[0].id == FieldId(1));
  CHECK(schema.fields[1].id == FieldId(2));
  CHECK(to_string(schema.fields[0].type) == "struct<3: x: optional int, 4: y: optional list<string>>");
  CHECK(schema.fields[0].type.children[1].type.children[0].id == FieldId(5));
  CHECK(last_field_id(schema) == FieldId(5));
  schema.fields.push_back({.name = "c", .type = must_parse("date")});
  assign_ids(schema, last);
  CHECK(schema.fields[2].id == FieldId(6));
  CHECK(schema.fields[0].id == FieldId(1));
}

TEST_CASE("types promote as the spec allows and not otherwise") {
  CHECK(can_promote(must_parse("int"), must_parse("long")));
  CHECK(can_promote(must_parse("float"), must_parse("double")));
  CHECK(can_promote(must_parse("decimal(5,2)"), must_parse("decimal(9,2)")));
  CHECK(can_promote(must_parse("string"), must_parse("string")));
  CHECK(!can_promote(must_parse("long"), must_parse("int")));
  CHECK(!can_promote(must_parse("decimal(5,2)"), must_parse("decimal(9,3)")));
  CHECK(!can_promote(must_parse("long"), must_parse("double")));
}

TEST_CASE("a schema and a data file survive their travel form") {
  Schema schema{.id = SchemaId(3),
                .fields = {{.id = FieldId(1),
                            .name = "a",
                            .required = true,
                            .type = must_parse("struct<x: decimal(9,2)>"),
                            .doc = "why"}}};
  DataFile file{.file_path = "file:///d/a.parquet", .record_count = 7, .file_size_in_bytes = Bytes(99)};
  file.value_counts = {{1, 7}};
  file.lower_bounds = {{1, std::string("\0\1", 2)}};
  file.split_offsets = {4, 1000};
  Encoder encoder;
  encode(encoder, schema);
  encode(encoder, file);
  Decoder decoder(encoder.bytes());
  CHECK(decode_schema(decoder) == schema);
  CHECK(decode_data_file(decoder) == file);
  CHECK(decoder.ok());
  CHECK(decoder.at_end());
  for (std::size_t size = 0; size < encoder.bytes().size(); ++size) {
    Decoder cut(ByteView(encoder.bytes()).first(size));
    decode_schema(cut);
    decode_data_file(cut);
    CHECK(!cut.ok());
  }
}

TEST_CASE("locations are file URIs of absolute paths") {
  CHECK(to_uri("/d/a b") == "file:///d/a b");
  CHECK(from_uri("file:///d/a b") == "/d/a b");
  CHECK(from_uri("/d/a") == "");
  CHECK(from_uri("file:/d") == "");
  CHECK(from_uri("s3://b/a") == "");
}

}  // namespace tarn::table
