// The history of runs: what `tarn build` did, node by node. Rows of catalog.db, bounded: old runs go when new ones
// come.
//
//   start_run ──▶ running ──▶ published      (by publish, in its transaction)
//                    │  └───▶ failed, cancelled   (by finish_run)
//                    └──────▶ interrupted     (Tarn stopped meanwhile; said when the catalog is opened again; or a full
//                                              disk left unknown whether it had begun)
//
// A run works on the branch `run/<id>`, which is made apart (Catalog::create_branch) and stays when the run fails.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"

namespace tarn::catalog {

inline constexpr std::size_t kRunsMax = 1000;           // kept; of finished ones the oldest go first
inline constexpr std::size_t kRunNodesMax = 5000;       // of one run
inline constexpr std::size_t kRunTextMax = 4096;        // bytes of a message, project, name or file; cut past it
inline constexpr Bytes kCompiledSqlBytesMax = 256_KiB;  // of a node; cut past it
inline constexpr Bytes kSampleBytesMax = 64_KiB;        // of a node; left out past it, since a part of JSON is none
inline constexpr Bytes kRunBytesMax = 8_MiB;  // SQL and samples of one run; past it they are left out, samples first

inline constexpr Bytes kRunTextsBytesMax = 128_MiB;  // the same of all runs; past it the oldest ones lose theirs

using RunId = Id<struct RunIdTag, std::int64_t>;  // from 1, never given twice

std::string branch_of(RunId id);                       // "run/7"
std::optional<RunId> run_of(std::string_view branch);  // 7 of "run/7"

enum class RunState : std::uint8_t { kRunning, kPublished, kFailed, kCancelled, kInterrupted };
enum class RunNodeKind : std::uint8_t { kModel, kTest };
enum class RunNodeState : std::uint8_t { kWaiting, kRunning, kOk, kWarn, kFailed, kSkipped };
// "running", "published", ...; "model", "test"; "waiting", "running", "ok", ...
std::string_view to_string(RunState state);
std::string_view to_string(RunNodeKind kind);
std::string_view to_string(RunNodeState state);

// A model or test of a run. Known by its name within the run.
struct RunNode {
  std::string name;
  RunNodeKind kind = RunNodeKind::kModel;
  std::string materialized;  // "table", "view"; empty for a test
  RunNodeState state = RunNodeState::kWaiting;
  std::optional<TimestampMs> started;
  std::optional<TimestampMs> finished;
  std::optional<std::int64_t> rows;      // that a model has
  std::optional<std::int64_t> failures;  // failing rows of a test
  std::string message;
  std::string compiled_sql;
  std::string sample_json;  // some of the failing rows, as JSON
  std::string file;         // where it is written down, within the project
  std::string relation;     // "public.daily": what a model makes
  bool operator==(const RunNode&) const = default;
};

struct Run {
  RunId id;
  std::string project;
  RunState state = RunState::kRunning;
  TimestampMs started;
  std::optional<TimestampMs> finished;
  std::string message;
  std::optional<CatalogVersion> base;       // of its branch, once that is made
  std::optional<CatalogVersion> published;  // the version that publishing it made
  std::size_t changed = 0;                  // tables and views that publishing it brought to main
  std::vector<RunNode> nodes;               // in the order they were put; empty in lists of runs
};

// How a run ends.
struct RunFinish {
  RunId id;
  RunState state = RunState::kPublished;
  std::string message;
};

}  // namespace tarn::catalog
