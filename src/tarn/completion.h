// `tarn completion`: a script for bash or zsh that completes tarn's commands, options, topics and branches.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tarn::app {

// The command tree, without CLI11.
struct OptionShape {
  std::vector<std::string> names;  // "-c", "--command"; or one bare word for a positional
  std::string about;
  bool takes_value = false;
};

struct CommandShape {
  std::string name, about;
  std::vector<OptionShape> options, positionals;
  std::vector<CommandShape> commands;
};

// nullopt: a shell that is neither bash nor zsh.
std::optional<std::string> completion_script(const CommandShape& root, const std::string& shell);

}  // namespace tarn::app
