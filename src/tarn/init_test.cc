#include "tarn/init.h"

#include <doctest/doctest.h>

#include "host/test_folder.h"
#include "tarn/config.h"

namespace tarn::app {

TEST_CASE("a new project is one that `tarn up` reads") {
  auto files = host::real_files();
  host::TestFolder folder;
  auto written = init_project(*files, folder.file("a/my-platform"));
  REQUIRE(written);
  for (const InitFile& file : *written) {
    CHECK_FALSE(file.kept);
    auto content = host::read_file(*files, folder.file("a/my-platform/" + file.path), 1_MiB);
    REQUIRE(content);
    CHECK(as_text(*content).find("@NAME@") == std::string_view::npos);
  }
  auto config = load_config(*files, folder.file("a/my-platform"), {});
  REQUIRE(config);
  REQUIRE(config->topics.size() == 1);
  CHECK(config->topics[0].topic == "rides");
  CHECK(config->home_chart);
}

TEST_CASE("a file that is there is never changed") {
  auto files = host::real_files();
  host::TestFolder folder;
  REQUIRE(host::write_file_atomically(*files, folder.file("tarn.yaml"), as_bytes("data: mine\n")));
  auto written = init_project(*files, folder.path());
  REQUIRE(written);
  CHECK(written->front().path == "tarn.yaml");
  CHECK(written->front().kept);
  auto content = host::read_file(*files, folder.file("tarn.yaml"), 1_MiB);
  REQUIRE(content);
  CHECK(as_text(*content) == "data: mine\n");
  auto again = init_project(*files, folder.path());
  REQUIRE(again);
  for (const InitFile& file : *again) CHECK(file.kept);
}

TEST_CASE("a project's name is one that dbt takes") {
  CHECK(project_name("a/my-platform") == "my_platform");
  CHECK(project_name("my platform/") == "my_platform");
  CHECK(project_name("2026") == "project_2026");
}

}  // namespace tarn::app
