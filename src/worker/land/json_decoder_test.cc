#include "worker/land/json_decoder.h"

#include <doctest/doctest.h>

#include <cstring>

#include "tail/chunk_builder.h"
#include "worker/text_values.h"

namespace tarn::worker::land {
namespace {

table::Schema schema_of(std::vector<std::pair<std::string, std::string>> columns) {
  table::Schema schema;
  for (auto& [name, type] : columns) schema.fields.push_back({.name = name, .type = *table::parse_type(type)});
  FieldId last{0};
  table::assign_ids(schema, last);
  return schema;
}

// Decodes records into one builder and remembers why some failed.
struct Harness {
  explicit Harness(const table::Schema& of, Columns columns = Columns::kDeclared)
      : schema(of), rows(*tail::ChunkBuilder::make(schema)), decoder(schema, columns) {}

  // "" if the record made a row.
  std::string decode(std::string_view json) {
    std::string padded(json);
    padded.append(kJsonPadding, 'x');  // what follows a value is none of its business
    if (!decoder.decode(as_bytes(std::string_view(padded).substr(0, json.size())), rows)) return decoder.reason();
    rows.end_row();
    return "";
  }

  table::Schema schema;
  tail::ChunkBuilder rows;
  JsonDecoder decoder;
};

TEST_CASE("a flight's fields become columns, in whatever order and case they come") {
  Harness harness(
      schema_of({{"year", "int"}, {"dep_time", "int"}, {"carrier", "string"}, {"time_hour", "timestamptz"}}));
  CHECK(harness.decode(R"({"year":2013,"dep_time":517,"carrier":"UA","time_hour":"2013-01-01T10:00:00Z"})") == "");
  CHECK(harness.decode(R"( { "time_hour" : "2013-01-01 05:00:00-05:00" , "carrier":"U\u0041" , "year":2013 } )") == "");
  CHECK(harness.decode(R"({"YEAR":2013.0,"dep_time":null,"other":[{}]})") == "");
  CHECK(harness.decode("{}") == "");
  Harness expected(harness.schema);
  auto& columns = expected.rows.columns();
  auto row = [&](int year, int dep_time, const char* carrier, std::int64_t hour) {
    if (year)
      columns[0].append(year);
    else
      columns[0].append_null();
    if (dep_time)
      columns[1].append(dep_time);
    else
      columns[1].append_null();
    if (carrier)
      columns[2].append_bytes(carrier, std::strlen(carrier));
    else
      columns[2].append_null();
    if (hour)
      columns[3].append(hour);
    else
      columns[3].append_null();
    expected.rows.end_row();
  };
  row(2013, 517, "UA", 1'357'034'400'000'000);
  row(2013, 0, "UA", 1'357'034'400'000'000);
  row(2013, 0, nullptr, 0);
  row(0, 0, nullptr, 0);
  CHECK(harness.rows.bytes_of_chunk() == expected.rows.bytes_of_chunk());
}

TEST_CASE("a record that does not fit says why and leaves no row") {
  Harness harness(schema_of({{"n", "int"},
                             {"l", "long"},
                             {"f", "float"},
                             {"d", "decimal(5,2)"},
                             {"b", "boolean"},
                             {"day", "date"},
                             {"t", "time"},
                             {"ts", "timestamp"},
                             {"u", "uuid"},
                             {"x", "binary"},
                             {"s", "struct<a: int, b: list<long>>"},
                             {"text", "string"}}));
  Buffer before = harness.rows.bytes_of_chunk();
  auto reason = [&](std::string_view json) { return harness.decode(json); };
  CHECK(reason(R"({"n":12.5})") == "column n: 12.5 is not an int");
  CHECK(reason(R"({"n":"12"})") == "column n: \"12\" is not an int");
  CHECK(reason(R"({"n":3000000000})") == "column n: 3000000000 is out of range for an int");
  CHECK(reason(R"({"l":18446744073709551615})") == "column l: 18446744073709551615 is out of range for a long");
  CHECK(reason(R"({"l":1e400})") == "column l: 1e400 is not a long");
  CHECK(reason(R"({"f":1e39})") == "column f: 1e39 is out of range for a float");
  CHECK(reason(R"({"f":1e400})").starts_with("column f: 1e400 is not a float"));
  CHECK(reason(R"({"d":1234.5})") == "column d: 1234.5 is not a decimal(5, 2)");
  CHECK(reason(R"({"d":1.234})") == "column d: 1.234 is not a decimal(5, 2)");
  CHECK(reason(R"({"b":1})") == "column b: 1 is not a boolean");
  CHECK(reason(R"({"b":"true"})") == "column b: \"true\" is not a boolean");
  CHECK(reason(R"({"day":"2013-02-30"})") == "column day: \"2013-02-30\" is not a date");
  CHECK(reason(R"({"day":15000})") == "column day: 15000 is not a date; write it as a string");
  CHECK(reason(R"({"t":"25:00"})") == "column t: \"25:00\" is not a time");
  CHECK(reason(R"({"ts":"2013-01-01T00:00:00Z"})") == "column ts: \"2013-01-01T00:00:00Z\" is not a timestamp");
  CHECK(reason(R"({"u":"nope"})") == "column u: \"nope\" is not a uuid");
  CHECK(reason(R"({"x":"*"})") == "column x: \"*\" is not a binary");
  CHECK(reason(R"({"s":{"a":"x"}})") == "column s.a: \"x\" is not an int");
  CHECK(reason(R"({"s":{"b":[1,2,null,2.5]}})") == "column s.b.element: 2.5 is not a long");
  CHECK(reason(R"({"s":[]})") == "column s: [ is not an object");
  CHECK(reason(R"({"n":1,"N":2})") == "the field n comes twice");
  CHECK(reason(R"([1])") == "not a JSON object");
  CHECK(reason("12") == "not a JSON object");
  CHECK(reason("").starts_with("not JSON: "));
  CHECK(reason(R"({"n":1)").starts_with("not JSON: "));
  CHECK(reason(R"({"n":1} {})") == "not JSON: there is text after the object");
  CHECK(reason("{\"text\":\"\xFF\"}").starts_with("not JSON: "));
  CHECK(reason(R"({"text":"\ud800"})").starts_with("not JSON: "));
  CHECK(reason(R"({"text":"\x"})").starts_with("not JSON: "));
  CHECK(reason(R"({"n":nul})").starts_with("not JSON: "));
  CHECK(reason(R"({"n":tru})") == "column n: tru is not an int");
  std::string deep = R"({"text":)" + std::string(2000, '[') + std::string(2000, ']') + "}";
  CHECK(reason(deep) == "column text: nested deeper than 32");
  CHECK(harness.rows.bytes_of_chunk() == before);
  CHECK(reason(R"({"n":1,"s":{"a":1,"b":[1]},"text":"ok"})") == "");
  CHECK(harness.rows.rows() == 1);
}

TEST_CASE("a string column takes the JSON text of what is no string") {
  Harness harness(schema_of({{"s", "string"}}));
  for (auto json :
       {R"({"s": 12 })", R"({"s":true})", R"({"s": [1, {"a":2}] })", R"({"s":{"a":"b"}})", R"({"s":"a\"b"})", R"({"s":[]
})"})
    CHECK(harness.decode(json) == "");
  Harness expected(harness.schema);
  for (std::string text : {"12", "true", R"([1, {"a":2}])", R"({"a":"b"})", R"(a"b)", "[]"}) {
    expected.rows.columns()[0].append_bytes(text.data(), text.size());
    expected.rows.end_row();
  }
  CHECK(harness.rows.bytes_of_chunk() == expected.rows.bytes_of_chunk());
}

std::string types(const std::vector<table::Field>& fields) {
  std::string out;
  for (const auto& field : fields) out += (out.empty() ? "" : ", ") + field.name + " " + to_string(field.type);
  return out;
}

TEST_CASE("fields without a column are proposed with their type, unless all of them are null") {
  Harness harness(schema_of({{"a", "long"}, {"s", "struct<x: long>"}, {"_kafka", "long"}}), Columns::kGrowing);
  CHECK(harness.decode(R"({"a":1,"later":null,"o":{},"l":[]})") == "");
  CHECK_FALSE(harness.decoder.has_new_fields());
  CHECK(harness.decode(R"({"a":"bad","garbage":1})") != "");
  CHECK_FALSE(harness.decoder.has_new_fields());
  CHECK(harness.decode(R"({"later":1,"s":{"x":1,"y":"t"},"tags":["a"]})") == "");
  CHECK(harness.decode(R"({"Later":1.5,"tags":[],"_KAFKA":1})") == "the field _kafka is Tarn's own");
  CHECK(harness.decode(R"({"Later":1.5,"tags":[]})") == "");
  CHECK(harness.decoder.has_new_fields());
  CHECK(types(harness.decoder.fields_with_new()) ==
        "a long, s struct<4: x: optional long, 0: y: optional string>, _kafka long, later double, tags list<string>");
}

TEST_CASE("a long column that meets a fraction is proposed as double, if it may be replaced") {
  table::Schema schema =
      schema_of({{"a", "long"}, {"b", "long"}, {"s", "struct<x: long>"}, {"l", "list<long>"}, {"i", "int"}});
  Harness harness(schema, Columns::kReplaceable);
  auto proposed = [&] {
    std::string out;
    for (const table::Field& field : harness.decoder.fields_with_new())
      out += std::to_string(field.id.value()) + " " + field.name + " " + to_string(field.type) + ", ";
    return out;
  };
  CHECK(harness.decode(R"({"a":12.0,"b":1e3})") == "");
  for (const char* json :
       {R"({"s":{"x":1.5}})", R"({"l":[1.5]})", R"({"i":1.5})", R"({"a":"1.5"})", R"({"a":1e400})", R"({"a":1.5x})",
        R"({"a":92233720368547758070})", R"({"a":1.5,"b":"x"})", R"({"a":1.5,"a":1.5})"})
    CHECK_MESSAGE(harness.decode(json) != "", json);
  CHECK_FALSE(harness.decoder.has_new_fields());
  CHECK(harness.decode(R"({"b":-1e30,"new":true})") == "");
  CHECK(harness.decoder.has_new_fields());
  CHECK(proposed() ==
        "1 a long, 0 b double, 3 s struct<6: x: optional long>, 4 l list<long>, 5 i int, 0 new boolean, ");
  CHECK(harness.decode(R"({"A":1.5})") == "");
  CHECK(proposed().starts_with("0 a double, 0 b double, "));

  Harness too_large(schema, Columns::kGrowing);
  std::string reason = too_large.decode(R"({"a":12.5})");
  CHECK(reason.starts_with(
      "column a: 12.5 is not a long; the column stays long (the table's files are past the 256 MiB"));
  CHECK_FALSE(too_large.decoder.has_new_fields());
  CHECK(Harness(schema).decode(R"({"a":12.5})") == "column a: 12.5 is not a long");
}

TEST_CASE("a table's columns are bounded; records past the bound fail alone") {
  table::Schema schema;
  for (std::size_t i = 0; i + 1 < table::kColumnsMax; ++i)
    schema.fields.push_back({.id = FieldId(static_cast<int>(i) + 1),
                             .name = "c" + std::to_string(i),
                             .type = {.kind = table::TypeKind::kLong}});
  Harness harness(schema, Columns::kGrowing);
  CHECK(harness.decode(R"({"one":1})") == "");
  CHECK(harness.decode(R"({"two":1,"three":1})").contains("one column more than a table's 2000"));
  CHECK(harness.decoder.fields_with_new().size() == table::kColumnsMax);
}

std::vector<table::Field> inferred(std::initializer_list<const char*> records) {
  JsonInference inference;
  for (std::string json : records) {
    json.append(kJsonPadding, ' ');
    inference.look_at(as_bytes(std::string_view(json).substr(0, json.size() - kJsonPadding)));
  }
  return inference.fields();
}

TEST_CASE("inference widens over all records it sees") {
  CHECK(types(inferred({R"({"id":1,"x":1,"s":"a","n":null,"b":true})", R"({"id":2,"x":0.5,"late":1e3})"})) ==
        "id long, x double, s string, b boolean, late double");
  CHECK(types(inferred({R"({"mixed":1})", R"({"mixed":"a"})"})) == "mixed string");
  CHECK(types(inferred({R"({"o":{"a":1,"e":[]},"l":[{"k":1},{"k":2.5,"m":""}]})"})) ==
        "o struct<0: a: optional long>, l list<struct<0: k: optional double, 0: m: optional string>>");
  CHECK(inferred({R"({"a":null})", "[1]", "junk", "{\"broken\":"}).empty());
}

TEST_CASE("an object counts as JSON though no column can hold it; what is no object does not") {
  auto is_json = [](std::string text) {
    std::size_t size = text.size();
    text.append(kJsonPadding, ' ');
    return JsonInference().look_at(as_bytes(std::string_view(text).substr(0, size)));
  };
  CHECK(is_json(R"({"a":1})"));
  CHECK(is_json(R"({"":1})"));
  CHECK(is_json(R"({"_kafka":1})"));
  CHECK(is_json(R"({"a":)" + std::string(80, '9') + "}"));
  for (const char* other : {"12", "hello", "[1]", "null", ""}) CHECK_FALSE(is_json(other));
}

TEST_CASE("texts of dates, times, decimals and base64") {
  CHECK(parse_date("1970-01-02") == 1);
  CHECK(parse_date("0001-01-01") == -719162);
  CHECK_FALSE(parse_date("0000-01-01"));
  CHECK_FALSE(parse_date("1970-1-2"));
  CHECK(parse_time("00:00:01.5") == 1'500'000);
  CHECK(parse_time("23:59:59.9999999") == 86'399'999'999);
  CHECK_FALSE(parse_time("24:00:00"));
  CHECK(parse_timestamp("1970-01-01T01:00:00+01:00")->micros == 0);
  CHECK(parse_timestamp("1970-01-01 00:00:00-0530")->micros == 19'800'000'000);
  CHECK(parse_timestamp("1969-12-31T23:59:59.999999Z")->micros == -1);
  CHECK(parse_timestamp("1970-01-01T00:00")->has_zone == false);
  CHECK_FALSE(parse_timestamp("1970-01-01T00:00:00 UTC"));
  CHECK(*parse_decimal("12.50", 5, 2) == 1250);
  CHECK(*parse_decimal("-0.05", 5, 2) == -5);
  CHECK(*parse_decimal("1.5e2", 5, 2) == 15000);
  CHECK(*parse_decimal("100000e-3", 5, 2) == 10000);
  CHECK(*parse_decimal("0e999999", 5, 2).or_else([] { return std::optional<__int128>(0); }) == 0);
  CHECK(*parse_decimal("1." + std::string(100, '0'), 5, 2) == 100);
  CHECK_FALSE(parse_decimal("1000", 5, 2));
  CHECK_FALSE(parse_decimal("1e38", 38, 0));
  CHECK(parse_decimal("99999999999999999999999999999999999999", 38, 0));
  CHECK_FALSE(parse_decimal("", 5, 2));
  CHECK_FALSE(parse_decimal(".", 5, 2));
  Buffer out;
  CHECK(parse_base64("AP8=", out));
  CHECK(out == Buffer{std::byte{0}, std::byte{0xFF}});
  CHECK_FALSE(parse_base64("A", out));
  CHECK_FALSE(parse_base64("AP9", out));
}

}  // namespace
}  // namespace tarn::worker::land
