#include "engine/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "engine/settings_table.h"

namespace tarn::engine {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool contains(std::string_view list, std::string_view word) {
  std::vector<std::string_view> words = split(list, ',');
  return std::ranges::find(words, word) != words.end();
}

std::unexpected<SqlError> unknown_setting(std::string_view name) {
  return fail_sql("42704", fmt::format("unrecognized configuration parameter \"{}\"", name));
}
std::unexpected<SqlError> bad_value(std::string_view name, std::string_view value) {
  return fail_sql("22023", fmt::format("invalid value for parameter \"{}\": \"{}\"", name, value));
}
std::unexpected<SqlError> not_served(std::string_view name, std::string_view value) {
  return fail_sql("0A000", fmt::format("{} \"{}\" is not supported", name, value));
}

// Any unambiguous beginning, as src/backend/utils/adt/bool.c has it.
std::optional<std::string> checked_bool(std::string_view value) {
  std::string word = lower(value);
  auto begins = [&](std::string_view full, std::size_t least) {
    return word.size() >= least && full.starts_with(word);
  };
  if (begins("true", 1) || begins("yes", 1) || begins("on", 2) || word == "1") return "on";
  if (begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0") return "off";
  return std::nullopt;
}

std::optional<long> parse_integer(std::string_view text) {
  long value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "1500", "1.5s", "2 min": milliseconds.
std::optional<long> parse_duration(std::string_view text) {
  constexpr long kMsMax = 2'147'483'647;
  struct Unit {
    std::string_view name;
    double ms;
  };
  static constexpr Unit kUnits[] = {{"", 1},         {"us", 0.001},    {"ms", 1},        {"s", 1000},
                                    {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  std::string_view unit = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  const auto* found = std::ranges::find(kUnits, unit, &Unit::name);
  if (found == std::end(kUnits)) return std::nullopt;
  double ms = number * found->ms + 0.5;
  if (!(ms >= 0) || ms > kMsMax) return std::nullopt;
  return static_cast<long>(ms);
}

std::string show_duration(long ms) {
  struct Unit {
    std::string_view name;
    long ms;
  };
  static constexpr Unit kUnits[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1000}};
  if (ms == 0) return "0";
  for (const Unit& unit : kUnits) {
    if (ms % unit.ms == 0) return fmt::format("{}{}", ms / unit.ms, unit.name);
  }
  return fmt::format("{}ms", ms);
}

SqlResult<std::string> checked_choice(const SettingInfo& info, std::string_view value) {
  std::string word = lower(value);
  if (info.choices.starts_with("on")) word = checked_bool(value).value_or(word);
  std::size_t bar = std::min(info.choices.find('|'), info.choices.size());
  if (contains(info.choices.substr(0, bar), word)) return word;
  if (bar < info.choices.size() && contains(info.choices.substr(bar + 1), word)) {
    return not_served(info.name, value);
  }
  return bad_value(info.name, value);
}

SqlResult<std::string> checked_encoding(std::string_view value) {
  std::string word;
  for (char c : lower(value)) {
    if (std::isalnum(static_cast<unsigned char>(c))) word += c;
  }
  if (word == "utf8" || word == "unicode") return "UTF8";
  return not_served("client_encoding", value);
}

// "ISO", "iso, mdy": only the order may change.
SqlResult<std::string> checked_date_style(std::string_view value, std::string_view present) {
  std::string order(present.substr(present.find(", ") + 2));
  for (std::string_view part : split(value, ',')) {
    std::string word = lower(trim(part));
    if (word == "iso" || word == "default") continue;
    if (word == "mdy" || word == "us" || word == "noneuropean") {
      order = "MDY";
    } else if (word == "dmy" || word == "euro" || word == "european") {
      order = "DMY";
    } else if (word == "ymd") {
      order = "YMD";
    } else if (word == "sql" || word == "postgres" || word == "german") {
      return not_served("DateStyle", value);
    } else {
      return bad_value("DateStyle", value);
    }
  }
  return "ISO, " + order;
}

bool is_utc(std::string_view zone) {
  std::string word = lower(zone);
  return word == "utc" || word == "gmt" || word == "z" || word == "etc/utc" || word == "0" || word == "+00" ||
         word == "+00:00";
}

}  // namespace

std::vector<std::string> split_names(std::string_view list) {
  std::vector<std::string> names;
  std::size_t at = 0;
  auto skip = [&] {
    while (at < list.size() && (list[at] == ' ' || list[at] == ',' || list[at] == '\t')) ++at;
  };
  for (skip(); at < list.size(); skip()) {
    std::string name;
    if (list[at] == '"') {
      for (++at; at < list.size(); ++at) {
        if (list[at] == '"' && (at + 1 == list.size() || list[++at] != '"')) break;
        name += list[at];
      }
      if (at < list.size() && list[at] == '"') ++at;
    } else {
      std::size_t end = std::min(list.find(',', at), list.size());
      name = lower(trim(list.substr(at, end - at)));
      at = end;
    }
    names.push_back(std::move(name));
  }
  return names;
}

Settings::Settings(ValidTimeZone valid_time_zone) : valid_time_zone_(std::move(valid_time_zone)) {
  for (const SettingInfo& info : setting_table()) defaults_.emplace(lower(info.name), info.initial);
  values_ = defaults_;
}

SqlResult<void> Settings::set_default(std::string_view name, std::string_view value) {
  TARN_TRY(set(name, value));
  defaults_[lower(name)] = values_[lower(name)];
  return {};
}

void Settings::set_fact(std::string_view name, std::string_view value) {
  defaults_[lower(name)] = values_[lower(name)] = value;
}

SqlResult<std::string> Settings::checked(std::string_view name, std::string_view value) const {
  if (value.size() > kSettingBytesMax) return fail_sql("54000", fmt::format("the value of \"{}\" is too long", name));
  const SettingInfo* info = find_setting(name);
  if (info == nullptr) {
    if (name.find('.') == std::string_view::npos) return unknown_setting(name);
    bool is_new = !values_.contains(lower(name));
    if (is_new && values_.size() >= setting_table().size() + kCustomSettingsMax) {
      return fail_sql("54000", fmt::format("a session has at most {} settings of its own", kCustomSettingsMax));
    }
    return std::string(value);
  }
  switch (info->kind) {
    case SettingKind::kFixed: return fail_sql("55P02", fmt::format("parameter \"{}\" cannot be changed", info->name));
    case SettingKind::kAny: return std::string(value);
    case SettingKind::kBool:
      if (auto word = checked_bool(value)) return *word;
      return fail_sql("22023", fmt::format("parameter \"{}\" requires a Boolean value", info->name));
    case SettingKind::kInt: {
      std::optional<long> number = parse_integer(trim(value));
      if (!number) return bad_value(info->name, value);
      if (*number >= info->low && *number <= info->high) return std::to_string(*number);
      return fail_sql("22023", fmt::format("{} is outside the valid range for parameter \"{}\" ({} .. {})", *number,
                                           info->name, info->low, info->high));
    }
    case SettingKind::kDuration:
      if (auto ms = parse_duration(trim(value))) return show_duration(*ms);
      return bad_value(info->name, value);
    case SettingKind::kOneOf: return checked_choice(*info, value);
    case SettingKind::kEncoding: return checked_encoding(value);
    case SettingKind::kDateStyle: return checked_date_style(value, this->value("datestyle"));
    case SettingKind::kTimeZone:
      if (is_utc(value)) return "UTC";
      if (valid_time_zone_(value)) return std::string(value);
      return bad_value(info->name, value);
    case SettingKind::kNames: return std::string(value);
  }
  return unknown_setting(name);
}

SqlResult<void> Settings::assign(std::string_view name, std::optional<std::string_view> value) {
  std::string key = lower(name);
  auto fallback = defaults_.find(key);
  if (!value && find_setting(name) != nullptr && find_setting(name)->kind == SettingKind::kFixed)
    value = fallback->second;
  if (!value && fallback == defaults_.end()) {
    if (key.find('.') == std::string::npos) return unknown_setting(name);
    values_.erase(key);
  } else if (!value) {
    values_[key] = fallback->second;
  } else {
    TARN_ASSIGN(std::string accepted, checked(name, *value));
    values_[key] = std::move(accepted);
  }
  ++version_;
  return {};
}

SqlResult<void> Settings::set(std::string_view name, std::optional<std::string_view> value) {
  TARN_TRY(assign(name, value));
  local_.erase(lower(name));
  return {};
}

SqlResult<void> Settings::set_local(std::string_view name, std::optional<std::string_view> value) {
  std::string key = lower(name);
  auto before = values_.find(key);
  std::string old = before == values_.end() ? std::string() : before->second;
  TARN_TRY(assign(name, value));
  if (before_transaction_) local_.emplace(key, old);
  return {};
}

void Settings::reset_all() {
  values_ = defaults_;
  local_.clear();
  ++version_;
}

SqlResult<std::string> Settings::show(std::string_view name) const {
  std::optional<std::string> value = find(name);
  if (!value) return unknown_setting(name);
  return *value;
}

std::optional<std::string> Settings::find(std::string_view name) const {
  auto found = values_.find(lower(name));
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::vector<SettingRow> Settings::all() const {
  std::vector<SettingRow> rows;
  for (const auto& [key, value] : values_) {
    const SettingInfo* info = find_setting(key);
    if (info != nullptr) rows.push_back({std::string(info->name), value, info->description});
  }
  return rows;
}

std::string Settings::spelling(std::string_view name) const {
  const SettingInfo* info = find_setting(name);
  return std::string(info != nullptr ? info->name : name);
}

void Settings::begin() {
  before_transaction_ = values_;
  local_.clear();
}

void Settings::commit() {
  for (auto& [key, old] : local_) values_[key] = old;
  if (!local_.empty()) ++version_;
  local_.clear();
  before_transaction_.reset();
}

void Settings::roll_back() {
  if (before_transaction_ && values_ != *before_transaction_) {
    values_ = std::move(*before_transaction_);
    ++version_;
  }
  local_.clear();
  before_transaction_.reset();
}

std::vector<std::pair<std::string, std::string>> Settings::take_reports() {
  std::vector<std::pair<std::string, std::string>> reports;
  for (const SettingInfo& info : setting_table()) {
    if (!info.reported) continue;
    const std::string& present = value(lower(info.name));
    auto [known, is_new] = reported_.try_emplace(std::string(info.name), present);
    if (!is_new && known->second == present) continue;
    known->second = present;
    reports.emplace_back(info.name, present);
  }
  return reports;
}

int Settings::extra_float_digits() const { return static_cast<int>(*parse_integer(value("extra_float_digits"))); }

std::chrono::milliseconds Settings::statement_timeout() const {
  return std::chrono::milliseconds(*parse_duration(value("statement_timeout")));
}

std::vector<std::string> Settings::search_path(std::string_view user) const {
  std::vector<std::string> path = split_names(value("search_path"));
  for (std::string& name : path) {
    if (name == "$user") name = user;
  }
  return path;
}

}  // namespace tarn::engine
