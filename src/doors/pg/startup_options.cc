#include "doors/pg/startup_options.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::doors::pg {
namespace {

// Words apart by spaces; a backslash takes the next character as it is.
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool escaped = text[i] == '\\' && i + 1 < text.size();
    if (escaped) ++i;
    if (!escaped && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n')) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    words.back() += text[i];
  }
  return words;
}

Result<void> read_options(std::string_view text, StartupOptions& out) {
  std::vector<std::string> words = split_words(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    std::string assignment;
    if (word.starts_with("--")) {
      assignment = word.substr(2);
    } else if (word == "-c" && i + 1 < words.size()) {
      assignment = words[++i];
    } else if (word.starts_with("-c")) {
      assignment = word.substr(2);
    }
    std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(Code::kInvalidArgument, fmt::format("invalid command-line argument for server process: {}", word));
    }
    std::string name = assignment.substr(0, equals);
    std::ranges::replace(name, '-', '_');
    out.settings.emplace_back(std::move(name), assignment.substr(equals + 1));
  }
  return {};
}

}  // namespace

Result<StartupOptions> read_startup(const wire::postgres::Startup& startup) {
  StartupOptions options;
  for (auto [name, value] : startup.parameters) {
    if (name == "user") {
      options.user = value;
    } else if (name == "database") {
      options.database = value;
    } else if (name == "replication") {
      options.replication = value != "false" && value != "off" && value != "no" && value != "0";
    } else if (name == "options") {
      TARN_TRY(read_options(value, options));
    } else {
      options.settings.emplace_back(name, value);
    }
  }
  if (options.database.empty()) options.database = options.user;
  return options;
}

}  // namespace tarn::doors::pg
