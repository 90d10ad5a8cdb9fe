#include "doors/http/request_bodies.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace tarn::doors::http {
namespace {

std::string refused(const auto& read) { return read ? "taken" : read.error().message; }

TEST_CASE("a topic's body is read with its defaults") {
  auto spec = read_topic_body(R"({"name": "a", "partitions": 3, "config": {"retention.ms": "5"}})");
  REQUIRE(spec.has_value());
  CHECK(spec->name == "a");
  CHECK(spec->partitions == 3);
  CHECK(spec->configs.at("retention.ms") == "5");
  CHECK(read_topic_body(R"({"name": "a"})")->partitions == 1);
}

TEST_CASE("a topic's body that is none is refused by its key") {
  for (const char* partitions : {"1.5", "\"1\"", "-1", "null", "99999999999", "18446744073709551615", "true"})
    CHECK(refused(read_topic_body(fmt::format(R"({{"name": "a", "partitions": {}}})", partitions))) ==
          "`partitions` must be a whole number from 0 to 2147483647");
  CHECK(refused(read_topic_body(R"({"partitions": 1})")) == "`name` must be text");
  CHECK(refused(read_topic_body(R"({"name": "a", "config": ["x"]})")) == "`config` must be an object of texts");
  CHECK(refused(read_topic_body(R"({"name": "a", "config": {"b": 1}})")) == "`config.b` must be text");
  CHECK(refused(read_topic_body(R"({"nam": "a"})")) == "there is no `nam` here; known are name, partitions, config");
  CHECK(refused(read_topic_body("[]")) == "the body is not a JSON object");
  CHECK(refused(read_topic_body(std::string(1000, '['))) == "the JSON is nested more than 64 deep");
}

TEST_CASE("what to land is read, and its time is cut to the longest") {
  auto land = read_land_body(R"({"topics": ["a", "b"], "timeout_ms": 2147483647})");
  REQUIRE(land.has_value());
  CHECK(land->topics == std::vector<std::string>{"a", "b"});
  CHECK(land->timeout == std::chrono::milliseconds(kLandTimeoutMsMax));
  CHECK(read_land_body("{}")->timeout == std::chrono::milliseconds(60'000));
  CHECK(refused(read_land_body(R"({"topics": "a"})")) == "`topics` must be a list of names");
  CHECK(refused(read_land_body(R"({"topics": [1]})")) == "`topics` must be text");
  CHECK(refused(read_land_body(R"({"timeout_ms": 1e3})")) ==
        "`timeout_ms` must be a whole number from 0 to 2147483647");
}

}  // namespace
}  // namespace tarn::doors::http
