#include "flow/land/rules.h"

#include <doctest/doctest.h>

namespace tarn::flow::land {

TEST_CASE("internal topics of Kafka's tools and opted-out ones do not land") {
  auto why = [](std::string name, std::vector<std::string> skip = {}) {
    log::Topic topic;
    topic.name = std::move(name);
    return why_not_landed(topic, skip);
  };
  CHECK(!why("rides"));
  CHECK(why("_schemas"));
  CHECK(why("app-store-changelog"));
  CHECK(why("app-key-repartition"));
  CHECK(why("scratch-1", {"scratch-*"}) == "its name matches scratch-* of land_skip");
  CHECK(why("rides__dlq"));
  CHECK(why("rides.-dlq"));
  log::Topic off;
  off.name = "rides";
  off.config.land = log::TopicConfig::Land::kOff;
  CHECK(why_not_landed(off, {}) == "tarn.land=off");
}

TEST_CASE("a topic's table is named after it") {
  CHECK(default_table_name("shop.orders-v2") == catalog::TableName{"public", "shop_orders_v2"});
  CHECK(distinct_table_name("a.b").name.starts_with("a_b_"));
  CHECK(distinct_table_name("a.b") != distinct_table_name("a-b"));
  catalog::TableName cut = default_table_name(std::string(249, 'x'));
  CHECK(cut == distinct_table_name(std::string(249, 'x')));
  CHECK(dead_letter_table_name(cut).name.size() == catalog::kSqlNameMax);
  CHECK(distinct_dead_letter_table_name(cut).name.size() == catalog::kSqlNameMax);
  CHECK(distinct_dead_letter_table_name({"public", "rides"}).name.starts_with("rides_"));
  CHECK(distinct_dead_letter_table_name({"public", "rides"}).name.ends_with("__dlq"));
  CHECK(parse_table_name("bronze.rides") == catalog::TableName{"bronze", "rides"});
  CHECK(parse_table_name("rides") == catalog::TableName{"public", "rides"});
  CHECK(dead_letter_table_name({"public", "rides"}) == catalog::TableName{"public", "rides__dlq"});
}

TEST_CASE("globs") {
  CHECK(matches_glob("*", ""));
  CHECK(matches_glob("a*b*c", "aXXbYYc"));
  CHECK(!matches_glob("a*b*c", "aXXbYY"));
  CHECK(matches_glob("a?c", "abc"));
  CHECK(!matches_glob("abc", "abcd"));
}

}  // namespace tarn::flow::land
