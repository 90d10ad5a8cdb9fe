// The `models:` and `data_tests:` trees of dbt_project.yml: settings by folder.
//
//   models:
//     +materialized: view          of all
//     my_project:
//       staging: {+schema: raw}    of models/staging and below; a last step may be a model's name
#pragma once

#include <set>
#include <string>
#include <vector>

#include "flow/model/project.h"

namespace tarn::flow::model {

class SettingsTree {
 public:
  // `root` is null or outlives the tree. Keys are checked once, here.
  SettingsTree(std::string file, const Yaml* root, std::span<const Key> known, Findings& findings);

  // Of whatever is at `folders` and has this name; outer folders first.
  std::vector<Setting> of(const std::vector<std::string>& folders, const std::string& name);
  // Branches that nothing was found under get a note: likely a folder that was renamed.
  void note_unused(Findings& findings) const;

 private:
  void check(const Yaml& level, Findings& findings);
  bool is_setting(const YamlEntry& entry) const;
  void take(const Yaml& level, std::vector<Setting>& into) const;

  std::string file_;
  const Yaml* root_;
  std::span<const Key> known_;
  std::set<const Yaml*> used_;
};

}  // namespace tarn::flow::model
