#include "flow/land/rules.h"

#include <fmt/format.h>

#include "base/crc32c.h"

namespace tarn::flow::land {

std::optional<std::string> why_not_landed(const log::Topic& topic, const std::vector<std::string>& skip) {
  if (topic.config.land == log::TopicConfig::Land::kOff) return "tarn.land=off";
  if (topic.config.compact_only) return "cleanup.policy=compact";
  for (std::string_view internal : {"_*", "*-changelog", "*-repartition"})
    if (matches_glob(internal, topic.name)) return fmt::format("its name matches {}", internal);
  for (const std::string& pattern : skip)
    if (matches_glob(pattern, topic.name)) return fmt::format("its name matches {} of land_skip", pattern);
  if (default_table_name(topic.name).name.ends_with(catalog::kDeadLetterSuffix))
    return fmt::format("tables that end in {} are for dead letters", catalog::kDeadLetterSuffix);
  return std::nullopt;
}

namespace {

std::string mark_of(std::string_view name) { return fmt::format("_{:08x}", crc32c(as_bytes(name))); }

std::string plain_name(std::string_view topic) {
  std::string name(topic);
  for (char& c : name)
    if (c == '.' || c == '-') c = '_';
  return name;
}

}  // namespace

catalog::TableName default_table_name(std::string_view topic) {
  std::string name = plain_name(topic);
  return name.size() > kTableNameMax ? distinct_table_name(topic)
                                     : catalog::TableName{std::string(kDefaultNamespace), name};
}

catalog::TableName distinct_table_name(std::string_view topic) {
  std::string mark = mark_of(topic);
  return {std::string(kDefaultNamespace), plain_name(topic).substr(0, kTableNameMax - mark.size()) + mark};
}

catalog::TableName parse_table_name(std::string_view text) {
  std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return {std::string(kDefaultNamespace), std::string(text)};
  return {std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
}

catalog::TableName dead_letter_table_name(const catalog::TableName& table) {
  return {table.name_space, table.name + std::string(catalog::kDeadLetterSuffix)};
}

catalog::TableName distinct_dead_letter_table_name(const catalog::TableName& table) {
  std::string mark = mark_of(table.name);
  return dead_letter_table_name({table.name_space, table.name.substr(0, kTableNameMax - mark.size()) + mark});
}

// Backtracks to the last `*` alone, so it takes pattern times text steps at most.
bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*'))) {
      ++p, ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++, resume = t;
    } else if (star != std::string_view::npos) {
      p = star + 1, t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace tarn::flow::land
