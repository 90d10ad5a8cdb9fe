// Which settings there are. Internal to settings.cc.
#pragma once

#include <span>
#include <string_view>

namespace tarn::engine {

enum class SettingKind {
  kFixed,  // can't be changed: 55P02
  kAny,    // kept, means nothing here
  kBool,
  kInt,       // with a range
  kDuration,  // milliseconds, or with a unit
  kOneOf,     // `choices`, comma-separated; those after a '|' are understood by Postgres and not served
  kEncoding,
  kDateStyle,
  kTimeZone,
  kNames,  // a list of identifiers
};

struct SettingInfo {
  std::string_view name;  // as Postgres spells it
  SettingKind kind;
  std::string_view initial;
  std::string_view description;
  bool reported = false;  // by ParameterStatus
  std::string_view choices = {};
  long low = 0;
  long high = 0;
};

std::span<const SettingInfo> setting_table();            // sorted by lower-case name
const SettingInfo* find_setting(std::string_view name);  // any case; nullptr if there is none

}  // namespace tarn::engine
