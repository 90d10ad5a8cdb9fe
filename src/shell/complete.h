// What may come next on a line of SQL, when Tab is pressed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::shell {

inline constexpr std::size_t kNamesMax = 20'000;  // tables' columns that are kept for completion

struct KnownTable {
  std::string schema, name;
  std::vector<std::string> columns;
};

struct Completion {
  std::size_t replaces = 0;             // bytes before the cursor, that candidates stand for
  std::vector<std::string> candidates;  // sorted, each once
};

// `statement`: what of it stands on the lines above; `line`: this one up to the cursor.
Completion complete(const std::vector<KnownTable>& tables, std::string_view statement, std::string_view line);

// What all of them begin with.
std::string common_prefix(const std::vector<std::string>& candidates);

}  // namespace tarn::shell
