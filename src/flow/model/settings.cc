#include "flow/model/settings.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::flow::model {
namespace {

// "+materialized" and "materialized".
std::string_view bare(std::string_view key) { return key.starts_with('+') ? key.substr(1) : key; }

}  // namespace

SettingsTree::SettingsTree(std::string file, const Yaml* root, std::span<const Key> known, Findings& findings)
    : file_(std::move(file)), root_(root), known_(known) {
  if (root_ && root_->is_null()) root_ = nullptr;
  if (root_ && !root_->is_map()) {
    findings.problems.add({file_, root_->line, root_->column}, "expected folders and `+key: value` lines");
    root_ = nullptr;
  }
  if (root_) check(*root_, findings);
}

// As in dbt: a key with a plus is a setting; one without is a folder if a map stands there.
bool SettingsTree::is_setting(const YamlEntry& entry) const {
  return entry.key.starts_with('+') || !entry.value.is_map();
}

void SettingsTree::check(const Yaml& level, Findings& findings) {
  for (const YamlEntry& entry : level.entries) {
    if (is_setting(entry))
      check_key(bare(entry.key), {file_, entry.line, entry.column}, "config", known_, findings);
    else
      check(entry.value, findings);
  }
}

void SettingsTree::take(const Yaml& level, std::vector<Setting>& into) const {
  for (const YamlEntry& entry : level.entries)
    if (is_setting(entry))
      into.push_back({std::string(bare(entry.key)), entry.value, {file_, entry.line, entry.column}});
}

std::vector<Setting> SettingsTree::of(const std::vector<std::string>& folders, const std::string& name) {
  std::vector<Setting> settings;
  if (!root_) return settings;
  const Yaml* level = root_;
  take(*level, settings);
  std::vector<std::string> steps = folders;
  steps.push_back(name);
  for (const std::string& step : steps) {
    const Yaml* next = level->find(step);
    if (!next || !next->is_map()) break;
    level = next;
    used_.insert(level);
    take(*level, settings);
  }
  return settings;
}

void SettingsTree::note_unused(Findings& findings) const {
  if (!root_) return;
  std::vector<const Yaml*> levels{root_};
  while (!levels.empty()) {
    const Yaml* level = levels.back();
    levels.pop_back();
    for (const YamlEntry& entry : level->entries) {
      if (is_setting(entry)) continue;
      if (used_.contains(&entry.value))
        levels.push_back(&entry.value);
      else
        findings.notes.add({file_, entry.line, entry.column}, fmt::format("`{}` applies to nothing", entry.key));
    }
  }
}

}  // namespace tarn::flow::model
