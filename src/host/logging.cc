// The one file that includes spdlog.
#include "host/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace tarn::host {
namespace {

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarn: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
    case Level::kOff: return spdlog::level::off;
  }
  return spdlog::level::info;
}

spdlog::logger& logger() {
  static spdlog::logger* const kLogger = [] {
    auto* made = new spdlog::logger("tarn", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
    return made;
  }();
  return *kLogger;
}

bool is_plain(std::string_view value) {
  if (value.empty()) return false;
  for (char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F) return false;
  }
  return true;
}

void append_escaped(std::string& line, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    (line += '\\') += c;
  } else if (c == '\n') {
    line += "\\n";
  } else if (byte < ' ' || byte == 0x7F) {
    ((line += "\\x") += kHex[byte >> 4]) += kHex[byte & 15];
  } else {
    line += c;
  }
}

}  // namespace

std::string log_text(std::string_view folder, std::string_view event, std::initializer_list<Field> fields) {
  std::string line(folder);
  line.append(" ").append(event);
  for (const Field& field : fields) {
    line.append(" ").append(field.key).append("=");
    if (is_plain(field.value)) {
      line.append(field.value);
      continue;
    }
    line += '"';
    for (char c : field.value) append_escaped(line, c);
    line += '"';
  }
  return line;
}

void log_line(Level level, std::string_view folder, std::string_view event, std::initializer_list<Field> fields) {
  if (!logger().should_log(spdlog_level(level))) return;
  std::string line = log_text(folder, event, fields);
  logger().log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

void set_log_level(Level level) { logger().set_level(spdlog_level(level)); }

}  // namespace tarn::host
