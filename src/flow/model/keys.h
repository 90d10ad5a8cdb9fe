// The keys that dbt's files may have, and which of them mean something here.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "flow/model/problems.h"
#include "flow/model/yaml.h"

namespace tarn::flow::model {

enum class Effect {
  kRead,   // means here what it means in dbt
  kQuiet,  // for people and other programs: nobody expects the build to differ by it
  kNone,   // means something in dbt, nothing here: gets a note
};

struct Key {
  std::string_view name;
  Effect effect = Effect::kRead;
};

extern const std::span<const Key> kProjectKeys;       // of dbt_project.yml
extern const std::span<const Key> kPropertiesKeys;    // of a schema.yml, at its top
extern const std::span<const Key> kModelKeys;         // of an entry under `models:`
extern const std::span<const Key> kColumnKeys;        // of an entry under `columns:`
extern const std::span<const Key> kSourceKeys;        // of an entry under `sources:`
extern const std::span<const Key> kSourceTableKeys;   // of an entry under `tables:`
extern const std::span<const Key> kSingularTestKeys;  // of an entry under the top's `data_tests:`
extern const std::span<const Key> kModelConfigKeys;   // what config() takes in a model
extern const std::span<const Key> kTestConfigKeys;    // and in a test
extern const std::span<const Key> kSourceConfigKeys;

// What the reading of a project found: errors, and notes on what has no effect.
struct Findings {
  Problems problems;
  Problems notes;
};

// The key's effect; nullopt for an unknown one, which has been reported with the nearest known. A key without effect
// gets a note. `what`: "key", "config", ...
std::optional<Effect> check_key(std::string_view name, const Place& place, std::string_view what,
                                std::span<const Key> known, Findings& findings);

// "; did you mean `rides`?" or ""; never more than one.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace tarn::flow::model
