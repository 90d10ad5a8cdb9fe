#include "engine/settings.h"

#include <doctest/doctest.h>

#include "engine/settings_table.h"

using namespace tarn::engine;

namespace {

Settings fresh() {
  return Settings([](std::string_view zone) { return zone == "Europe/Berlin"; });
}

}  // namespace

TEST_CASE("values are checked and shown in Postgres's form") {
  Settings settings = fresh();
  auto shows = [&](std::string_view name, std::string_view value) {
    auto set = settings.set(name, value);
    return set ? *settings.show(name) : set.error().sqlstate;
  };
  CHECK(shows("TimeZone", "utc") == "UTC");
  CHECK(shows("TIMEZONE", "Europe/Berlin") == "Europe/Berlin");
  CHECK(shows("client_encoding", "utf-8") == "UTF8");
  CHECK(shows("standard_conforming_strings", "true") == "on");
  CHECK(shows("standard_conforming_strings", "off") == "0A000");
  CHECK(shows("extra_float_digits", "3") == "3");
  CHECK(shows("extra_float_digits", "4") == "22023");
  CHECK(shows("statement_timeout", "1500") == "1500ms");
  CHECK(shows("statement_timeout", "2min") == "2min");
  CHECK(shows("statement_timeout", "-1") == "22023");
  CHECK(shows("datestyle", "german") == "0A000");
  CHECK(shows("bytea_output", "escape") == "0A000");
  CHECK(shows("client_min_messages", "WARNING") == "warning");
  CHECK(shows("work_mem", std::string(5000, 'x')) == "54000");
}

TEST_CASE("search_path knows $user and quotes") {
  CHECK(split_names("\"$user\", public") == std::vector<std::string>{"$user", "public"});
  CHECK(split_names("a,\"B \"\"c\"\"\" , D") == std::vector<std::string>{"a", "B \"c\"", "d"});
  Settings settings = fresh();
  CHECK(settings.search_path("ann") == std::vector<std::string>{"ann", "public"});
}

TEST_CASE("settings of one's own are bounded") {
  Settings settings = fresh();
  for (std::size_t i = 0; i < kCustomSettingsMax; ++i) REQUIRE(settings.set("my.s" + std::to_string(i), "x"));
  CHECK(settings.set("my.more", "x").error().sqlstate == "54000");
}

TEST_CASE("every setting's initial value is one that can be set") {
  Settings settings = fresh();
  for (const SettingInfo& info : setting_table()) {
    if (info.kind != SettingKind::kFixed) CHECK_MESSAGE(settings.set(info.name, info.initial).has_value(), info.name);
  }
}
