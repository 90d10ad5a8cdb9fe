// The backslash commands that look at what there is, as SQL over pg_catalog.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::shell {

// `command`: its word and what follows, like `dt` or `d public.rides`. nullopt: it is no such command.
std::optional<std::string> describe(std::string_view command);

// `it's` as an SQL string.
std::string quoted(std::string_view text);

struct CommandHelp {
  std::string_view command, about;
};
const std::vector<CommandHelp>& backslash_commands();  // all of them, the shell's own too

}  // namespace tarn::shell
