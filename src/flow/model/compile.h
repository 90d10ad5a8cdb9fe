// From a project to a plan: renders every model and test, finds what each reads, orders and selects.
//
// Everything that is wrong is found and reported together. Nothing here asks a platform: which table a topic lands in
// is told by `topic_table`; whether tables are there is main's to check.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "flow/model/plan.h"
#include "flow/model/project.h"

namespace tarn::flow::model {

struct CompileOptions {
  std::function<std::optional<std::string>(const std::string&)> env;
  // The table of a topic that `source('stream', TOPIC)` names. Errors: why there is none, and what to do.
  std::function<Result<Relation>(const std::string& topic)> topic_table;
  std::vector<std::string> select;  // none: everything
  bool full_refresh = false;
};

inline constexpr std::string_view kStreamSource = "stream";

// Adds to the project's findings. A plan only if there are no problems at all, those of reading the project included.
std::optional<Plan> compile(Project& project, const CompileOptions& options);

}  // namespace tarn::flow::model
