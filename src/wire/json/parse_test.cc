#include "wire/json/parse.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace tarn::wire::json {
namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

Code refused(const std::string& text) {
  auto parsed = parse(text);
  REQUIRE(!parsed.has_value());
  return parsed.error().code;
}

TEST_CASE("JSON is read as it is") {
  CHECK(parse(R"({"a": [1, "b\"[[", null]})")->dump() == R"({"a":[1,"b\"[[",null]})");
  CHECK(parse(nested(64)).has_value());
  CHECK(parse("\"" + std::string(100, '[') + "\\\\\"").has_value());
}

TEST_CASE("what is nested deep is refused, closed or not") {
  CHECK(refused(nested(65)) == Code::kLimit);
  CHECK(refused(std::string(8 << 20, '[')) == Code::kLimit);
  CHECK(refused("{\"a\":" + nested(64) + "}") == Code::kLimit);
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += R"({"a":)";
  CHECK(refused(objects) == Code::kLimit);
}

TEST_CASE("more values than the limit are refused") {
  CHECK(parse("[1,2,3]", {.values = 4}).has_value());
  CHECK(parse("[1,2,3,4]", {.values = 4}).error().code == Code::kLimit);
  CHECK(parse("[{},[]]", {.values = 3}).error().message == "the JSON has over 3 values");
}

TEST_CASE("what is no JSON is refused with where") {
  CHECK(parse("{\"a\": }").error().message == "the JSON is broken at byte 7");
  CHECK(parse("").error().message == "the JSON is broken at byte 1");
  CHECK(parse("[1e999]").error().message == "the JSON has a number that is too large");
  for (const char* text : {"]]]]", "[]]", "\"a", "\"\\", "{\"a\":1", "\"\xFF\"", "nul"})
    CHECK(refused(text) == Code::kInvalidArgument);
}

}  // namespace
}  // namespace tarn::wire::json
