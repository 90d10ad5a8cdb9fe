#include "flow/model/project.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "flow/model/testing_project_test.h"

namespace tarn::flow::model {
namespace {

const std::string kProjectYml = "name: shop\nmodel-paths: [models]\n";

TEST_CASE("a project is its models, sources and tests, with settings from weak to strong") {
  TestingProject folder;
  folder.write("dbt_project.yml",
               kProjectYml +
                   "vars: {a: 1, shop: {b: 2}, other: {c: 3}}\n"
                   "models:\n  +materialized: view\n  shop:\n    staging:\n      +materialized: table\n");
  folder.write("models/staging/rides.sql", "select 1 as id");
  folder.write("models/top.sql", "select 2 as id");
  folder.write(
      "models/staging/schema.yml",
      "models:\n  - name: rides\n    config: {schema: raw}\n    columns:\n      - name: id\n        tests: [unique]\n"
      "sources:\n  - name: raw\n    schema: public\n    tables:\n      - name: rides\n        identifier: rides_v2\n");
  folder.write("tests/no_negative.sql", "select * from x");
  auto project = folder.read();
  CHECK(project.findings.problems.lines() == std::vector<std::string>());
  CHECK(project.name == "shop");
  REQUIRE(project.models.size() == 2);
  const ModelFile& rides = project.models[0];
  CHECK(rides.name == "rides");
  CHECK(rides.file == "models/staging/rides.sql");
  REQUIRE(rides.settings.size() == 3);
  CHECK(rides.settings[0].value.text == "view");
  CHECK(rides.settings[1].value.text == "table");
  CHECK(rides.settings[2].key == "schema");
  REQUIRE(rides.tests.size() == 1);
  CHECK(rides.tests[0].kind == "unique");
  CHECK(rides.tests[0].column == "id");
  CHECK(rides.tests[0].place == Place{"models/staging/schema.yml", 6, 17});
  CHECK(project.models[1].settings.size() == 1);
  REQUIRE(project.sources.size() == 1);
  CHECK(project.sources[0].identifier == "rides_v2");
  REQUIRE(project.singulars.size() == 1);
  CHECK(project.singulars[0].name == "no_negative");
  CHECK(project.vars.size() == 3);  // a, other, b
}

TEST_CASE("tests: both words, arguments and settings flat or nested") {
  TestingProject folder;
  folder.write("dbt_project.yml", kProjectYml + "data_tests: {shop: {+severity: warn}}\n");
  folder.write("models/m.sql", "select 1");
  folder.write(
      "models/schema.yml",
      "models:\n  - name: m\n    data_tests:\n      - unique: {column_name: a, name: mine, severity: error}\n"
      "    columns:\n      - name: kind\n        quote: true\n        data_tests:\n"
      "          - accepted_values:\n              arguments: {values: [a, b]}\n              config: {where: x > 1}\n"
      "          - test_name: accepted_values\n            values: [c]\n");
  auto project = folder.read();
  CHECK(project.findings.problems.lines() == std::vector<std::string>());
  const auto& tests = project.models[0].tests;
  REQUIRE(tests.size() == 3);
  CHECK(tests[0].name == "mine");
  CHECK(tests[0].column == "a");
  REQUIRE(tests[0].settings.size() == 2);
  CHECK(tests[0].settings[0].value.text == "warn");
  CHECK(tests[0].settings[1].value.text == "error");
  CHECK(tests[1].column == "\"kind\"");
  CHECK(tests[1].arguments[0].key == "values");
  CHECK(tests[1].settings.back().key == "where");
  CHECK(tests[2].kind == "accepted_values");
  CHECK(tests[2].arguments.size() == 1);
}

TEST_CASE("everything that is wrong is told at once, with its place and the nearest right word") {
  TestingProject folder;
  folder.write("dbt_project.yml", kProjectYml + "model: {}\nmodels: {shop: {+materialised: table}}\n");
  folder.write("models/a.sql", "select 1");
  folder.write("models/sub/a.sql", "select 1");
  folder.write("models/sub/Rides.sql", "select 1");
  folder.write("models/z/rides.sql", "select 1");
  folder.write("models/bad.yml", "models:\n  - name: [\n");
  folder.write("models/schema.yml", "models:\n  - name: aa\n  - name: a\n    colums: []\n  - description: none\n");
  folder.write("macros/m.sql", "{% macro x() %}{% endmacro %}");
  auto lines = folder.read().findings.problems.lines();
  auto has = [&](std::string_view text) {
    for (const std::string& line : lines)
      if (line.find(text) != std::string::npos) return true;
    return false;
  };
  INFO(fmt::format("{}", fmt::join(lines, "\n")));
  CHECK(has("dbt_project.yml:3:1: unknown key `model`; did you mean `models`?"));
  CHECK(has("dbt_project.yml:4:17: unknown config `materialised`; did you mean `materialized`?"));
  CHECK(has("models/sub/a.sql:1: two models are called `a`: this one and models/a.sql"));
  CHECK(
      has("models/z/rides.sql:1: two models differ in case alone, `rides` and `Rides`, which SQL takes for one name: "
          "this one and models/sub/Rides.sql; rename one"));
  CHECK(has("models/bad.yml:3:"));
  CHECK(has("models/schema.yml:2:11: no model `aa`; did you mean `a`?"));
  CHECK(has("models/schema.yml:4:5: unknown key `colums`; did you mean `columns`?"));
  CHECK(has("models/schema.yml:5:5: this entry of `models` has no `name`"));
  CHECK(has("macros/m.sql:1: macros are not supported yet"));
}

TEST_CASE("what dbt knows and has no effect here gets a note") {
  TestingProject folder;
  folder.write("dbt_project.yml", kProjectYml + "on-run-start: [x]\nmodels: {shop: {gone: {+enabled: true}}}\n");
  folder.write("models/a.sql", "select 1");
  folder.write("models/schema.yml", "models:\n  - name: a\n    config: {grants: {select: [x]}, meta: {a: 1}}\n");
  folder.write("seeds/zones.csv", "a\n1\n");
  auto findings = folder.read().findings;
  CHECK(findings.problems.empty());
  CHECK(findings.notes.lines() == std::vector<std::string>{"dbt_project.yml:3:1: `on-run-start` has no effect here",
                                                           "dbt_project.yml:4:17: `gone` applies to nothing",
                                                           "models/schema.yml:3:14: `grants` has no effect here",
                                                           "seeds/zones.csv: seeds are not loaded"});
}

TEST_CASE("a project without a name says which key may have been meant for it") {
  TestingProject folder;
  folder.write("dbt_project.yml", "nam: shop\n");
  auto project = read_project(folder.files, "/project");
  REQUIRE(!project.has_value());
  CHECK(project.error().message ==
        "dbt_project.yml:1:1: unknown key `nam`; did you mean `name`?\n"
        "dbt_project.yml: the project has no `name`; write `name: ...` into it");
}

TEST_CASE("a folder without dbt_project.yml says what to do") {
  TestingProject folder;
  folder.write("models/a.sql", "select 1");
  auto project = read_project(folder.files, "/project");
  REQUIRE(!project.has_value());
  CHECK(project.error().message.find("has no dbt_project.yml; `tarn init` makes a project") != std::string::npos);
}

}  // namespace
}  // namespace tarn::flow::model
