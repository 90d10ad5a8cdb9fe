// /api/v1/runs: what `tarn build` asks for, and the history of it.
//
//   POST /api/v1/runs        a plan (flow/model/plan.h); the answer streams a line of JSON for whatever happens
//                            (flow/publish/events.h, application/x-ndjson) until the run has ended. Hanging up cancels
//                            it.
//   GET  /api/v1/runs        {"runs": [{"id", "project", "branch", "state", "started", "finished", "message", "base",
//                            "published", "changed"}]}, the newest first; ?limit=50
//   GET  /api/v1/runs/{id}   the same of one run, with "nodes": [{"name", "kind", "materialized", "state", "started",
//                            "finished", "rows", "failures", "message", "file", "sql", "sample"}]
//
// Times are milliseconds since 1970. Errors: {"error": {"message", "type", "code"}}.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "doors/http/route.h"
#include "engine/session.h"
#include "flow/land/lander.h"
#include "flow/publish/runs.h"

namespace tarn::doors::http {

inline constexpr std::size_t kRunsShown = 50;  // without ?limit; at most catalog::kRunsMax

// Borrowed; they outlive the routes.
std::vector<Route> runs_routes(const engine::Platform& platform, flow::land::Lander& lander, flow::publish::Runs& runs);

}  // namespace tarn::doors::http
