#include "tarn/config.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "host/test_folder.h"

namespace tarn::app {
namespace {

struct Project {
  std::unique_ptr<host::Files> files = host::real_files();
  host::TestFolder folder;

  void write(const std::string& name, std::string_view content) {
    std::string path = folder.file(name);
    REQUIRE(files->make_dirs(host::parent(path)));
    REQUIRE(host::write_file_atomically(*files, path, as_bytes(content)));
  }
  Result<Config> load(const Overrides& overrides = {}) { return load_config(*files, folder.path(), overrides); }
  std::string error() {
    auto config = load();
    REQUIRE(!config);
    return config.error().message;
  }
};

}  // namespace

TEST_CASE("an empty project folder has defaults") {
  Project project;
  auto config = project.load();
  REQUIRE(config);
  CHECK(config->data == project.folder.file(".tarn"));
  CHECK(config->kafka.port == 9092);
  CHECK(config->pg.port == 5433);
  CHECK(config->http.port == 8276);
  CHECK(config->topics.empty());
}

TEST_CASE("flags win over tarn.yaml") {
  Project project;
  project.write("tarn.yaml", "data: lake\nkafka: 127.0.0.1:19092\n");
  auto config = project.load({.kafka = "127.0.0.1:0"});
  REQUIRE(config);
  CHECK(config->data == project.folder.file("lake"));
  CHECK(config->kafka.port == 0);
}

TEST_CASE("an unknown key is an error with file, line and the nearest key") {
  Project project;
  project.write("tarn.yaml", "data: lake\nkafak: 127.0.0.1:1\n");
  CHECK(project.error() == project.folder.file("tarn.yaml") + ":2: unknown key `kafak`; did you mean `kafka`?");
}

TEST_CASE("the chart of Home is declared whole or not at all") {
  Project project;
  const std::string kSql = "title: Rides\nsql: select hour, n from rides\n";
  project.write("dashboards/home.yaml", kSql + "x: hour\ny: [n, m]\n");
  auto config = project.load();
  REQUIRE(config);
  REQUIRE(config->home_chart);
  CHECK(config->home_chart->y == std::vector<std::string>{"n", "m"});
  auto error = [&](const std::string& content) {
    project.write("dashboards/home.yaml", content);
    return project.error();
  };
  CHECK(error(kSql + "x: hour\n").contains("home.yaml:1: `y` is missing"));
  CHECK(error(kSql + "x: hour\ny: [n, m]\nseries: city\n").contains("name one `y`"));
  CHECK(error(kSql + "x: hour\nz: n\n").contains("home.yaml:4: unknown key `z`"));
  CHECK(error("").contains("`title` is missing"));
}

TEST_CASE("an address off loopback is refused") {
  Project project;
  project.write("tarn.yaml", "pg: 0.0.0.0:5433\n");
  CHECK(project.error().contains("not on loopback"));
}

TEST_CASE("a topic file declares partitions, configs and columns") {
  Project project;
  project.write("topics/flights.yaml",
                "partitions: 2\nconfig: {tarn.land.ms: 500}\ncolumns:\n  year: int\n  stops: list<string>\n");
  auto config = project.load();
  REQUIRE(config);
  REQUIRE(config->topics.size() == 1);
  const TopicDeclaration& topic = config->topics[0];
  CHECK(topic.topic == "flights");
  CHECK(topic.partitions == 2);
  CHECK(topic.config.at("tarn.land.ms") == "500");
  REQUIRE(topic.columns);
  CHECK(topic.columns->at(0).type.kind == table::TypeKind::kInt);
  CHECK(topic.columns->at(1).type.kind == table::TypeKind::kList);
}

TEST_CASE("a wrong column type names file, line and column") {
  Project project;
  project.write("topics/flights.yaml", "columns:\n  year: integr\n");
  CHECK(project.error().contains("topics/flights.yaml:2: column `year`: "));
}

TEST_CASE("a table that could never be made is refused") {
  for (const char* table : {"a/b", "x.y.z", "''", "rides__dlq", ".rides"}) {
    Project project;
    project.write("topics/flights.yaml", fmt::format("table: {}\n", table));
    CHECK_MESSAGE(project.error().contains("topics/flights.yaml:1: `table: "), table);
  }
}

TEST_CASE("two files for one topic are refused") {
  Project project;
  project.write("topics/a.yaml", "topic: rides\n");
  project.write("topics/b.yaml", "topic: rides\n");
  CHECK(project.error().contains("`rides` is declared in"));
}

TEST_CASE("a command in a folder below a project is the project's") {
  Project project;
  host::Files& files = *project.files;
  std::string below = project.folder.file("models/staging");
  REQUIRE(files.make_dirs(below));
  CHECK(project_folder(files, "", below) == below);
  for (const char* name : {"dbt_project.yml", "tarn.yaml"}) {
    project.write(name, "");
    CHECK(project_folder(files, "", below) == project.folder.path());
    CHECK(project_folder(files, "", project.folder.path()) == project.folder.path());
    CHECK(project_folder(files, "elsewhere", below) == "elsewhere");
    REQUIRE(files.remove(project.folder.file(name)));
  }
  project.write("tarn.yaml", "");
  project.write("models/tarn.yaml", "");
  CHECK(project_folder(files, "", below) == project.folder.file("models"));
  REQUIRE(files.make_dirs(below + "/.tarn"));
  CHECK(project_folder(files, "", below) == below);
}

}  // namespace tarn::app
