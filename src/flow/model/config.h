// A node's settings, from weakest to strongest, as one set of checked values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/model/names.h"
#include "flow/model/plan.h"

namespace tarn::flow::model {

// Collects settings: a later one of a key replaces the earlier, but `tags` add up and `meta` merges, as in dbt.
class Config {
 public:
  void set(const std::string& key, const jinja::Value& value, const Place& place);
  const Values& values() const { return values_; }
  // Where the key was last set; {} if it was not.
  Place place(std::string_view key) const;

  // Errors are reported at the setting's place, and the default taken.
  std::string text(std::string_view key, std::string usual, Findings& findings) const;
  bool flag(std::string_view key, bool usual, Findings& findings) const;
  std::vector<std::string> tags() const;

 private:
  Values values_;
  std::map<std::string, Place, std::less<>> places_;
};

// What a model's config comes to. `file`: for what has no place of its own.
struct ModelConfig {
  bool enabled = true;
  Materialized materialized = Materialized::kView;
  Relation relation;
  std::vector<std::string> tags;
};
ModelConfig model_config(const Config& config, const ModelFile& model, Findings& findings);

struct TestConfig {
  bool enabled = true;
  Severity severity = Severity::kError;
  Bound warn_if, error_if;
  std::optional<std::int64_t> limit;
  std::string where;  // "": all rows
  std::vector<std::string> tags;
};
TestConfig test_config(const Config& config, Findings& findings);

// public, or public_CUSTOM: dbt's own generate_schema_name.
std::string schema_name(const std::string& custom);

}  // namespace tarn::flow::model
