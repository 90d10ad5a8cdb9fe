// A project folder as its files say it: dbt_project.yml, models/**/*.sql, the .yml files beside them, tests/**/*.sql.
// Read, checked for unknown keys and names that stand twice; nothing is rendered yet (compile.h does that).
//
//   dbt_project.yml   name, model-paths, test-paths, vars, `models:` and `data_tests:` trees of settings
//   *.yml             models: and sources: with columns, tests and config; data_tests: config of tests/*.sql
//
// A setting's precedence is dbt's: outer folders of the tree < inner ones < the .yml's config < config() in the file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/model/keys.h"
#include "flow/model/problems.h"
#include "flow/model/yaml.h"
#include "host/files.h"

namespace tarn::flow::model {

inline constexpr std::size_t kModelsMax = 10'000;
inline constexpr std::size_t kTestsMax = 50'000;
inline constexpr std::size_t kFilesMax = 50'000;  // seen in the project's folders
inline constexpr std::size_t kFolderDepthMax = 32;
inline constexpr std::size_t kModelBytesMax = 1u << 20;  // of one .sql file
inline constexpr std::string_view kProjectFile = "dbt_project.yml";

// One `key: value` of a config, and where it stands.
struct Setting {
  std::string key;
  Yaml value;
  Place place;
};

// A test as a .yml declares it: `- unique`, `- accepted_values: {values: [a, b]}`, ...
struct TestSpec {
  std::string kind;
  std::optional<std::string> name;
  std::optional<std::string> column;  // as the SQL has to say it
  std::vector<YamlEntry> arguments;   // without column_name
  std::vector<Setting> settings;      // lowest precedence first
  std::vector<std::string> folders;   // of the .yml, below the project
  Place place;
};

struct ModelFile {
  std::string name;
  std::string file;                  // relative to the project
  std::vector<std::string> folders;  // {"my_project", "staging"}: what the settings' tree is walked by
  std::string text;
  std::vector<Setting> settings;
  std::vector<TestSpec> tests;
  std::optional<Place> described;  // where a .yml names it
};

struct SourceTable {
  std::string source, name;
  Yaml schema;             // unrendered; null: the source's name
  std::string identifier;  // unrendered
  std::vector<std::string> tags;
  std::vector<TestSpec> tests;
  bool enabled = true;
  Place place;
};

struct SingularTest {
  std::string name;
  std::string file;
  std::vector<std::string> folders;
  std::string text;
  std::vector<Setting> settings;
  std::optional<Place> described;
};

struct Project {
  std::string name;
  std::string folder;
  std::vector<ModelFile> models;        // by file
  std::vector<SingularTest> singulars;  // by file
  std::vector<SourceTable> sources;
  std::vector<YamlEntry> vars;  // of the project; its own `vars: {NAME: ...}` come last and win
  Findings findings;
};

// A name as SQL has it without quotes: names that are the same folded are taken for one.
std::string folded(std::string name);

// Errors: kNotFound (no folder, no dbt_project.yml), kIo. What is wrong in files is in `findings`: all of it.
Result<Project> read_project(host::Files& files, const std::string& folder);

}  // namespace tarn::flow::model
