#include <doctest/doctest.h>

#include "wire/avro/container.h"

namespace tarn::wire::avro {
namespace {

constexpr std::string_view kSchemaJson = R"({"type":"record","name":"r","fields":[
  {"name":"a","type":"long","field-id":1},
  {"name":"b","type":["null","string"],"default":null,"field-id":2},
  {"name":"c","type":{"type":"array","items":{"type":"record","name":"k","fields":[
      {"name":"key","type":"int","field-id":4},{"name":"value","type":"bytes","field-id":5}]},"logicalType":"map"},"field-id":3},
  {"name":"d","type":{"type":"map","values":"double"}},
  {"name":"e","type":{"type":"fixed","name":"f","size":2}},
  {"name":"f","type":{"type":"enum","name":"g","symbols":["x","y"]}},
  {"name":"g","type":["null","r"],"default":null},
  {"name":"h","type":"boolean"},{"name":"i","type":"float"}]})";

Schema must_parse(std::string_view json) {
  auto schema = Schema::parse(json);
  REQUIRE_MESSAGE(schema.has_value(), json);
  return *schema;
}

template <class... Values>
Value list(Values... values) {
  Value::List all;
  (all.emplace_back(std::move(values)), ...);
  return Value(std::move(all));
}

Value sample(std::int64_t number, Value inner) {
  return list(number, "text", list(list(-1, std::string("\0x", 2))), list("k", 0.5), "ab", 1, std::move(inner), true,
              1.5);
}

}  // namespace

TEST_CASE("a container gives back what was put in, with both codecs and over many blocks") {
  Schema schema = must_parse(kSchemaJson);
  for (Codec codec : {Codec::kNull, Codec::kDeflate}) {
    ContainerWriter writer(schema, kSchemaJson, {{"own", "value"}}, codec, Uuid{});
    for (std::int64_t i = 0; i < 20'000; ++i) REQUIRE(writer.append(sample(i * i - 100, sample(i, Value()))));
    Buffer file = writer.finish();
    auto container = read_container(file);
    REQUIRE(container);
    CHECK(container->metadata.at("own") == "value");
    CHECK(container->metadata.at("avro.schema") == kSchemaJson);
    CHECK(container->schema.root().fields[1].field_id == 2);
    REQUIRE(container->values.size() == 20'000);
    CHECK(container->values[7] == sample(7 * 7 - 100, sample(7, Value())));
  }
}

TEST_CASE("a value that does not fit its schema is refused") {
  Schema schema = must_parse(R"(["null","long"])");
  Buffer out;
  CHECK(encode(schema, Value(), out));
  CHECK(encode(schema, Value(std::int64_t{5}), out));
  CHECK(encode(schema, Value(std::string("x")), out).error().code == Code::kInvalidArgument);
}

TEST_CASE("longs take the bytes the specification lists") {
  for (auto [value, bytes] : {std::pair<std::int64_t, std::string_view>{0, std::string_view("\0", 1)},
                              {-1, "\x01"},
                              {1, "\x02"},
                              {-64, "\x7f"},
                              {64, "\x80\x01"},
                              {INT64_MIN, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}}) {
    Buffer out;
    put_long(out, value);
    CHECK(as_text(out) == bytes);
    CHECK(*BinaryReader(out, 1).read_long() == value);
  }
}

TEST_CASE("a broken file is an error, wherever it breaks") {
  Schema schema = must_parse(kSchemaJson);
  ContainerWriter writer(schema, kSchemaJson, {}, Codec::kDeflate, Uuid{{std::byte{1}}});
  REQUIRE(writer.append(sample(1, Value())));
  Buffer file = writer.finish();
  std::size_t header = as_text(file).find("avro.codec") + 34;
  for (std::size_t size = 0; size < file.size(); ++size) {
    if (size > header && size < header + 3) continue;
    auto cut = read_container(ByteView(file).first(size));
    if (cut) CHECK(cut->values.empty());  // the cut fell between header and block
  }
  file.back() ^= std::byte{1};
  CHECK(read_container(file).error().code == Code::kCorruption);
}

TEST_CASE("hostile counts, schemas and blocks cost an error, not the memory") {
  std::string nulls = R"({"type":"array","items":"null"})";
  Schema schema = must_parse(nulls);
  Buffer out;
  put_long(out, INT64_MAX);
  CHECK(BinaryReader(out, 1000).read(schema).error().code == Code::kLimit);

  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += R"({"type":"array","items":)";
  deep += "\"null\"" + std::string(1000, '}');
  CHECK(Schema::parse(deep).error().code == Code::kLimit);

  Schema endless = must_parse(R"({"type":"record","name":"r","fields":[{"name":"a","type":"r"}]})");
  CHECK(BinaryReader({}, 1000).read(endless).error().code == Code::kLimit);

  Schema bytes = must_parse("\"bytes\"");
  ContainerWriter writer(bytes, "\"bytes\"", {}, Codec::kDeflate, Uuid{});
  REQUIRE(writer.append(Value(std::string(kBlockBytesMax.count() + 1, 'x'))));
  CHECK(read_container(writer.finish()).error().code == Code::kLimit);
}

TEST_CASE("a schema that is none is refused") {
  for (const char* text :
       {"", "{", "\"nope\"", "[]", R"({"type":"record","name":"r"})", R"({"type":"array"})",
        R"({"type":"fixed","name":"f"})", R"({"type":"enum","name":"f"})", R"({"type":"record","fields":[]})", "7"}) {
    auto schema = Schema::parse(text);
    REQUIRE_MESSAGE(!schema.has_value(), text);
    CHECK(schema.error().code == Code::kInvalidArgument);
  }
}

}  // namespace tarn::wire::avro
