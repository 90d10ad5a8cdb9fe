// Which model needs which, the order that gives, and what a selection picks.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "flow/model/problems.h"

namespace tarn::flow::model {

// A model's node of the graph. `needs`: names, each with where it is said.
struct GraphNode {
  std::string name;
  std::string file;
  std::vector<std::string> tags;
  bool is_test = false;
  std::map<std::string, Place> needs;
};
using Graph = std::map<std::string, GraphNode>;

// Models after what they need, those that wait for the same by name. A cycle is a problem: "a needs b needs a", at each
// step's place; then the order is empty. `graph` holds every name that is needed.
std::vector<std::string> order(const Graph& graph, Problems& problems);

// dbt's words: NAME, tag:T, path:models/staging, with `+` before (what it needs, all the way) and after (what needs
// it);
// `*` in names. Words are divided by commas or spaces: what any of them picks. A word that picks nothing is a problem.
inline constexpr std::size_t kSelectWordsMax = 1000;
std::set<std::string> select(const Graph& graph, const std::vector<std::string>& words, Problems& problems);

}  // namespace tarn::flow::model
