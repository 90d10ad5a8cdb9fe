// A session's settings (GUCs): what SET, SHOW, RESET and current_setting() see, and what drivers are told at the start.
//
// A closed table, like Postgres's own: those that mean something here are checked, many others that clients set out of
// habit are kept and do nothing, names with a dot are anyone's. Not thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/sql_error.h"

namespace tarn::engine {

inline constexpr std::size_t kSettingBytesMax = 4096;
inline constexpr std::size_t kCustomSettingsMax = 100;  // names with a dot

struct SettingRow {
  std::string name;  // as SHOW ALL spells it: "DateStyle"
  std::string value;
  std::string_view description;
};

class Settings {
 public:
  // `valid_time_zone`: whether there is such a time zone.
  using ValidTimeZone = std::function<bool(std::string_view)>;
  explicit Settings(ValidTimeZone valid_time_zone);

  // Values given at the start of the session (startup parameters): what RESET goes back to.
  SqlResult<void> set_default(std::string_view name, std::string_view value);
  // Facts about the session that no client sets: session_authorization, is_superuser.
  void set_fact(std::string_view name, std::string_view value);

  // Names in any case. Errors: 42704 no such setting, 55P02 can't be changed, 22023 bad value, 0A000 a value that
  // Postgres takes and we don't serve. A value of nullopt is the default.
  SqlResult<void> set(std::string_view name, std::optional<std::string_view> value);
  void reset_all();
  SqlResult<std::string> show(std::string_view name) const;
  std::optional<std::string> find(std::string_view name) const;  // nullopt: no such setting
  std::vector<SettingRow> all() const;
  // The name as SHOW titles its column: "DateStyle"; as given if it is unknown.
  std::string spelling(std::string_view name) const;

  // Transactions: begin() remembers, roll_back() goes back to it, commit() keeps all but what set_local() changed.
  void begin();
  void commit();
  void roll_back();
  SqlResult<void> set_local(std::string_view name, std::optional<std::string_view> value);

  // The settings that Postgres reports with ParameterStatus whose value changed since the last call; all of them at
  // the first.
  std::vector<std::pair<std::string, std::string>> take_reports();

  // One more with every change: what was rewritten under another number may be stale.
  std::uint64_t version() const { return version_; }

  // ---- those that mean something
  std::string time_zone() const { return value("timezone"); }
  int extra_float_digits() const;
  std::chrono::milliseconds statement_timeout() const;  // zero: none
  bool read_only_by_default() const { return value("default_transaction_read_only") == "on"; }
  std::vector<std::string> search_path(std::string_view user) const;  // "$user" resolved

 private:
  const std::string& value(std::string_view lower_name) const { return values_.find(lower_name)->second; }
  SqlResult<std::string> checked(std::string_view name, std::string_view value) const;
  SqlResult<void> assign(std::string_view name, std::optional<std::string_view> value);

  using Values = std::map<std::string, std::string, std::less<>>;  // by lower-case name
  ValidTimeZone valid_time_zone_;
  Values defaults_;
  Values values_;
  Values reported_;
  std::optional<Values> before_transaction_;
  Values local_;  // values to go back to at commit
  std::uint64_t version_ = 0;
};

// A comma-separated list of names, quoted or not, as search_path holds it.
std::vector<std::string> split_names(std::string_view list);

}  // namespace tarn::engine
