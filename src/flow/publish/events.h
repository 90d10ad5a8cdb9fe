// What a run tells while it goes on, one JSON object a line: the answer of POST /api/v1/runs.
//
//   {"event": "landing", "topics": ["rides"]}
//   {"event": "run", "run": 7, "branch": "run/7", "nodes": 12}
//   {"event": "node", "node": "rides", "kind": "model", "materialized": "table", "state": "running"}
//   {"event": "node", ..., "state": "ok", "ms": 12, "rows": 200000}
//   {"event": "node", ..., "state": "failed", "ms": 3, "message": "...", "file": "models/rides.sql", "line": 7}
//   {"event": "node", ..., "kind": "test", "state": "warn", "ms": 3, "failures": 3, "sample": {"columns", "rows"}}
//   {"event": "publishing"}
//   {"event": "note", "message": "no model makes the view public.old any more, ..."}
//   {"event": "end", "state": "published", "run": 7, "exit": 0, "message": "...", "ms": 812, "changed": 12}
//
// The last line is always an `end`; `exit` is what `tarn build` exits with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/runs.h"
#include "flow/model/plan.h"

namespace tarn::flow::publish {

// How a build ends, for its exit code.
enum class Exit : int {
  kPublished = 0,
  kNotPublished = 1,  // a model, a test or the publish failed; or it was cancelled
  kRefused = 2,       // the plan does not fit what is there
  kPlatform = 3,      // Tarn could not
};

struct End {
  std::string state;  // "published", "failed", "cancelled", "refused"
  std::optional<catalog::RunId> run;
  Exit exit = Exit::kPlatform;
  std::string message;
  std::int64_t ms = 0;
  std::size_t changed = 0;
};

// What more there is to say of a node than its row in the history.
struct NodeDetail {
  std::int64_t ms = 0;
  int line = 0;
};

std::string landing_event(const std::vector<std::string>& topics);
std::string run_event(catalog::RunId run, std::size_t nodes);
std::string node_event(const catalog::RunNode& node, const NodeDetail& detail);
std::string publishing_event();
std::string note_event(const std::string& message);
std::string end_event(const End& end);

}  // namespace tarn::flow::publish
