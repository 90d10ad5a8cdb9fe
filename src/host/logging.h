// Log lines: `event key=value key=value`, one line each, to standard error. spdlog stays behind this.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace tarn::host {

enum class Level { kDebug, kInfo, kWarn, kError, kOff };  // kOff: for set_log_level alone

// One key=value. Text with spaces or quotes is quoted.
struct Field {
  std::string_view key;
  std::string value;
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
  Field(std::string_view k, double v) : key(k), value(std::to_string(v)) {}
  template <class T>
    requires std::is_integral_v<T>
  Field(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
};

// `folder` is the source folder the line comes from ("log", "flow/land").
void log_line(Level level, std::string_view folder, std::string_view event, std::initializer_list<Field> fields = {});
void set_log_level(Level level);  // lines below it are dropped; kInfo until set
// The line without time and level, for tests and for whoever shows lines elsewhere.
std::string log_text(std::string_view folder, std::string_view event, std::initializer_list<Field> fields = {});

inline void log_info(std::string_view folder, std::string_view event, std::initializer_list<Field> fields = {}) {
  log_line(Level::kInfo, folder, event, fields);
}
inline void log_warn(std::string_view folder, std::string_view event, std::initializer_list<Field> fields = {}) {
  log_line(Level::kWarn, folder, event, fields);
}
inline void log_error(std::string_view folder, std::string_view event, std::initializer_list<Field> fields = {}) {
  log_line(Level::kError, folder, event, fields);
}
inline void log_debug(std::string_view folder, std::string_view event, std::initializer_list<Field> fields = {}) {
  log_line(Level::kDebug, folder, event, fields);
}

}  // namespace tarn::host
