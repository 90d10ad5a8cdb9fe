#include "tarn/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tarn/commands.h"

namespace tarn::app {
namespace {

// What stands for an option's or positional's value, by its name; nothing is offered for others.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kValues{{{"topic", "topics"},
                                                                                {"topics", "topics"},
                                                                                {"branch", "branches"},
                                                                                {"--branch", "branches"},
                                                                                {"project", "folders"},
                                                                                {"name", "folders"},
                                                                                {"--project", "folders"},
                                                                                {"--data", "folders"},
                                                                                {"--file", "files"}}};

std::string_view value_kind(const std::vector<std::string>& names) {
  for (const auto& [name, kind] : kValues)
    if (std::ranges::find(names, name) != names.end()) return kind;
  return "";
}

// For a single-quoted word of a shell.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

// One command of the tree with the words that lead to it: "", " topic", " topic create".
struct Place {
  std::string path;
  const CommandShape* command;
};

void collect(const CommandShape& command, const std::string& path, std::vector<Place>& out) {
  out.push_back({path, &command});
  for (const CommandShape& each : command.commands) collect(each, path + " " + each.name, out);
}

std::string paths(const std::vector<Place>& places) {
  std::vector<std::string> all;
  for (const Place& place : places)
    if (!place.path.empty()) all.push_back(quoted(place.path));
  return fmt::format("{}", fmt::join(all, " | "));
}

// Lines `  'PATH OPTION' | ...) kind=topics ;;` for options whose value comes next.
std::string option_values(const std::vector<Place>& places) {
  std::string text;
  for (const Place& place : places) {
    for (const OptionShape& option : place.command->options) {
      if (!option.takes_value) continue;
      std::vector<std::string> words;
      for (const std::string& name : option.names) words.push_back(quoted(place.path + " " + name));
      std::string_view kind = value_kind(option.names);
      text += fmt::format("    ({}) kind={} ;;\n", fmt::join(words, " | "), kind.empty() ? "nothing" : kind);
    }
  }
  return text;
}

// `item`: how one word and its description stand in an array of this shell.
template <class Item>
std::string offers(const std::vector<Place>& places, const Item& item) {
  std::string text;
  for (const auto& [path, command] : places) {
    std::vector<std::string> words, options;
    for (const CommandShape& each : command->commands) words.push_back(item(each.name, each.about));
    for (const OptionShape& option : command->options)
      for (const std::string& name : option.names) options.push_back(item(name, option.about));
    std::string_view kind;
    for (const OptionShape& positional : command->positionals) kind = value_kind(positional.names);
    text += fmt::format("    ({}) offered=({}) options=({}) ; : ${{kind:={}}} ;;\n", quoted(path),
                        fmt::join(words, " "), fmt::join(options, " "), kind.empty() ? "words" : kind);
  }
  return text;
}

constexpr std::string_view kBash = R"~(# bash completion of tarn. In ~/.bashrc: eval "$(tarn completion bash)"
_tarn_names() {{ "${{COMP_WORDS[0]}}" "$1" list "${{where[@]}}" 2>/dev/null | awk 'NR > 1 {{ print $1 }}'; }}
_tarn() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} at= kind= i offered options where=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case "$at ${{COMP_WORDS[i]}}" in
      ({0}) at="$at ${{COMP_WORDS[i]}}" ;;
      (*' --data' | *' --project') ((i + 1 < COMP_CWORD)) && where+=("${{COMP_WORDS[i]}}" "${{COMP_WORDS[i + 1]}}") ;;
    esac
  done
  case "$at ${{COMP_WORDS[COMP_CWORD - 1]}}" in
{1}  esac
  case "$at" in
{2}  esac
  if [[ $word == -* && $kind != nothing ]]; then offered=("${{options[@]}}") kind=words; fi
  case $kind in
    (words) COMPREPLY=($(compgen -W "${{offered[*]}}" -- "$word")) ;;
    (topics) COMPREPLY=($(compgen -W "$(_tarn_names topic)" -- "$word")) ;;
    (branches) COMPREPLY=($(compgen -W "$(_tarn_names branch)" -- "$word")) ;;
    (folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    (files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    (*) COMPREPLY=() ;;
  esac
}}
complete -F _tarn tarn
)~";

constexpr std::string_view kZsh = R"~(#compdef tarn
# zsh completion of tarn. In ~/.zshrc, after compinit: eval "$(tarn completion zsh)"; or this as _tarn in $fpath.
_tarn_names() {{ compadd -- ${{(f)"$("${{line[1]}}" "$1" list $where 2>/dev/null | awk 'NR > 1 {{ print $1 }}')"}} }}
_tarn() {{
  local -a line=($words) where offered options
  local at= kind= i
  for ((i = 2; i < CURRENT; ++i)); do
    case "$at $line[i]" in
      ({0}) at="$at $line[i]" ;;
      (*' --data' | *' --project') ((i + 1 < CURRENT)) && where+=($line[i] $line[i+1]) ;;
    esac
  done
  case "$at $line[CURRENT-1]" in
{1}  esac
  case "$at" in
{2}  esac
  if [[ $PREFIX == -* && $kind != nothing ]]; then offered=($options) kind=words; fi
  case $kind in
    (words) _describe tarn offered ;;
    (topics) _tarn_names topic ;;
    (branches) _tarn_names branch ;;
    (folders) _files -/ ;;
    (files) _files ;;
  esac
}}
if [[ $funcstack[1] == _tarn ]]; then _tarn "$@"; else compdef _tarn tarn; fi
)~";

}  // namespace

std::optional<std::string> completion_script(const CommandShape& root, const std::string& shell) {
  std::vector<Place> places;
  collect(root, "", places);
  if (shell == "bash") {
    auto item = [](const std::string& name, const std::string&) { return quoted(name); };
    return fmt::format(kBash, paths(places), option_values(places), offers(places, item));
  }
  if (shell == "zsh") {
    auto item = [](const std::string& name, const std::string& about) { return quoted(name + ":" + about); };
    return fmt::format(kZsh, paths(places), option_values(places), offers(places, item));
  }
  return std::nullopt;
}

int run_completion(const CompletionCommand& command) {
  auto script = completion_script(command.root, command.shell);
  if (!script) {
    fmt::print(stderr, "tarn: no completion for `{}`; there is one for bash and one for zsh\n", command.shell);
    return 2;
  }
  fmt::print("{}", *script);
  return 0;
}

}  // namespace tarn::app
