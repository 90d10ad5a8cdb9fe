// A YAML file as a tree in which every value knows its line: what project files are read from.
//
// YAML 1.1 as dbt's PyYAML reads it, one document a file: anchors, aliases and `<<` work; a key that stands twice in a
// map is an error. yaml-cpp stays in the .cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tarn::flow::model {

inline constexpr std::size_t kYamlBytesMax = 4u << 20;  // of one file
inline constexpr std::size_t kYamlValuesMax = 400'000;  // of one file, aliases expanded
inline constexpr std::size_t kYamlDepthMax = 64;

struct YamlEntry;

struct Yaml {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;                // a scalar's
  bool quoted = false;             // a quoted scalar is a string whatever it looks like
  std::vector<Yaml> items;         // a list's
  std::vector<YamlEntry> entries;  // a map's, in the file's order
  int line = 0, column = 0;        // 1-based

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
  const Yaml* find(std::string_view key) const;  // of a map; null if it has none
};

struct YamlEntry {
  std::string key;
  int line = 0, column = 0;  // the key's
  Yaml value;
};

// Errors: kInvalidArgument, "FILE:LINE:COLUMN: what"; kLimit.
Result<Yaml> parse_yaml(const std::string& file, const std::string& text);

// A plain scalar's meaning in YAML 1.1; nullopt if it has another one.
std::optional<bool> yaml_bool(const Yaml& value);         // true, yes, on, ...
std::optional<std::int64_t> yaml_int(const Yaml& value);  // 12, -3, 0x1f, 017, 1_000
std::optional<double> yaml_float(const Yaml& value);      // 1.5, -.5, 1e+3 (PyYAML wants the point), .inf

}  // namespace tarn::flow::model
