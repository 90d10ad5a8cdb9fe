// The .yml files beside models: what they say of models, sources and singular tests.
#pragma once

#include "flow/model/project.h"

namespace tarn::flow::model {

class Properties {
 public:
  Properties(Project& project) : project_(project) {}

  // `folders`: of the file, below the project.
  void read(const std::string& file, const std::vector<std::string>& folders, const Yaml& root);
  // Hands what was read to the models and tests that it names; reports what names none.
  void apply();

 private:
  struct Named {
    std::string name;
    Place place;
    std::vector<Setting> settings;
    std::vector<TestSpec> tests;
  };
  // One list of maps, each with a `name`.
  template <class Read>
  void each(const Yaml& list, std::string_view what, std::span<const Key> known, Read read);
  Named named(const Yaml& entry, std::span<const Key> known_config);
  void read_source(const Yaml& entry);
  void read_source_table(const Yaml& source, const Yaml& entry, bool enabled);
  std::vector<TestSpec> tests_of(const Yaml& entry);
  std::vector<TestSpec> test_list(const Yaml& entry, const std::optional<std::string>& column);
  std::optional<TestSpec> test(const Yaml& entry, const std::optional<std::string>& column);
  void test_body(const Yaml& body, TestSpec& spec);
  std::vector<Setting> settings(const Yaml* config, std::span<const Key> known);
  std::vector<std::string> tags(const Yaml& entry);
  Place at(const Yaml& value) const { return {file_, value.line, value.column}; }
  Place at(const YamlEntry& entry) const { return {file_, entry.line, entry.column}; }
  void wrong(const Yaml& value, std::string message) { project_.findings.problems.add(at(value), std::move(message)); }

  Project& project_;
  std::string file_;
  std::vector<std::string> folders_;
  std::vector<Named> models_, singulars_;
};

}  // namespace tarn::flow::model
