#include "flow/model/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "flow/model/keys.h"

namespace tarn::flow::model {
namespace {

using Edges = std::map<std::string, std::vector<std::string>>;

Edges needed_by(const Graph& graph) {
  Edges edges;
  for (const auto& [name, node] : graph)
    for (const auto& [needed, place] : node.needs) edges[needed].push_back(name);
  return edges;
}

// What is left when everything that can be ordered is gone holds a cycle: follow first needs until a name comes again.
void report_cycle(const Graph& graph, const std::map<std::string, std::size_t>& waiting, Problems& problems) {
  std::vector<std::string> path{waiting.begin()->first};
  for (bool closed = false; !closed;) {
    const GraphNode& node = graph.at(path.back());
    auto next = std::ranges::find_if(node.needs, [&](const auto& need) { return waiting.contains(need.first); });
    auto seen = std::ranges::find(path, next->first);
    closed = seen != path.end();
    if (closed) path.erase(path.begin(), seen);
    path.push_back(next->first);
  }
  std::vector<std::string> steps;
  for (std::size_t i = 0; i + 1 < path.size(); ++i)
    steps.push_back(fmt::format("{} ({})", path[i], to_string(graph.at(path[i]).needs.at(path[i + 1]))));
  problems.add(graph.at(path[0]).needs.at(path[1]),
               fmt::format("models need each other in a circle: {} -> {}; break it at one of them",
                           fmt::join(steps, " -> "), path.back()));
}

// `*` stands for any text, `?` for one character.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

// "models/staging" holds models/staging/rides.sql and is models/staging; patterns too.
bool in_path(std::string_view path, const std::string& file) {
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.starts_with("./")) path.remove_prefix(2);
  if (matches(path, file)) return true;
  for (std::size_t slash = file.rfind('/'); slash != std::string::npos && slash > 0; slash = file.rfind('/', slash - 1))
    if (matches(path, std::string_view(file).substr(0, slash))) return true;
  return false;
}

bool picks(std::string_view word, const GraphNode& node) {
  if (word.starts_with("tag:"))
    return std::ranges::any_of(node.tags, [&](const std::string& tag) { return matches(word.substr(4), tag); });
  if (word.starts_with("path:")) return in_path(word.substr(5), node.file);
  return matches(word, node.name) || (word.find('/') != std::string_view::npos && in_path(word, node.file));
}

constexpr std::string_view kSelectors = "there are NAME, tag:T and path:FOLDER, each with + before or after";

// Why a word of a selection picks nothing.
std::string why_nothing(std::string_view word, const Graph& graph) {
  std::vector<std::string> names;
  std::set<std::string> tags;
  for (const auto& [name, node] : graph) {
    names.push_back(name);
    tags.insert(node.tags.begin(), node.tags.end());
  }
  if (word.starts_with("tag:"))
    return tags.empty() ? "nothing in this project has a tag"
                        : fmt::format("nothing has the tag `{}`; there are {}", word.substr(4), fmt::join(tags, ", "));
  if (word.starts_with("path:"))
    return fmt::format("no model or test lies at {}; paths begin at the project's folder: path:models/staging",
                       word.substr(5));
  if (std::size_t colon = word.find(':'); colon != std::string_view::npos)
    return fmt::format("`{}:` selects nothing here; {}", word.substr(0, colon), kSelectors);
  if (word.starts_with('@') || word.find('+') != std::string_view::npos)
    return fmt::format("`@` and numbers with `+` are not supported; {}", kSelectors);
  return "no model or test is called so" + did_you_mean(word, names);
}

void spread(const std::string& from, const std::function<std::vector<std::string>(const std::string&)>& next,
            std::set<std::string>& into) {
  std::vector<std::string> waiting{from};
  while (!waiting.empty()) {
    std::string name = std::move(waiting.back());
    waiting.pop_back();
    for (std::string& more : next(name))
      if (into.insert(more).second) waiting.push_back(std::move(more));
  }
}

std::vector<std::string> split(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (const std::string& word : words) {
    std::string part;
    for (char c : word + ",") {
      if (c != ',' && c != ' ') {
        part += c;
      } else if (!part.empty()) {
        all.push_back(std::move(part));
        part.clear();
      }
    }
  }
  return all;
}

}  // namespace

std::vector<std::string> order(const Graph& graph, Problems& problems) {
  std::map<std::string, std::size_t> waiting;  // name -> how many of its needs are not in order yet
  std::set<std::string> ready;
  for (const auto& [name, node] : graph) {
    if (node.needs.empty())
      ready.insert(name);
    else
      waiting[name] = node.needs.size();
  }
  Edges edges = needed_by(graph);
  std::vector<std::string> ordered;
  while (!ready.empty()) {
    std::string name = ready.extract(ready.begin()).value();
    for (const std::string& after : edges[name]) {
      if (--waiting[after] > 0) continue;
      waiting.erase(after);
      ready.insert(after);
    }
    ordered.push_back(std::move(name));
  }
  if (waiting.empty()) return ordered;
  report_cycle(graph, waiting, problems);
  return {};
}

std::set<std::string> select(const Graph& graph, const std::vector<std::string>& words, Problems& problems) {
  std::vector<std::string> all = split(words);
  if (all.size() > kSelectWordsMax) problems.add({}, fmt::format("--select: more than {} words", kSelectWordsMax));
  all.resize(std::min(all.size(), kSelectWordsMax));
  Edges edges = needed_by(graph);
  auto needs = [&](const std::string& name) {
    std::vector<std::string> names;
    for (const auto& [needed, place] : graph.at(name).needs) names.push_back(needed);
    return names;
  };
  auto after = [&](const std::string& name) { return edges.contains(name) ? edges[name] : std::vector<std::string>(); };
  std::set<std::string> picked;
  for (const std::string& word : all) {
    std::string_view core = word;
    bool before = core.starts_with('+'), beyond = core.size() > 1 && core.ends_with('+');
    if (before) core.remove_prefix(1);
    if (beyond) core.remove_suffix(1);
    bool found = false;
    for (const auto& [name, node] : graph) {
      if (!picks(core, node)) continue;
      found = true;
      picked.insert(name);
      if (before) spread(name, needs, picked);
      if (beyond) spread(name, after, picked);
    }
    if (!found) problems.add({}, fmt::format("--select {}: {}", word, why_nothing(core, graph)));
  }
  return picked;
}

}  // namespace tarn::flow::model
