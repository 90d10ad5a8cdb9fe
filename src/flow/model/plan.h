// What a build is to do: models in an order in which they can be built, then tests, each with its SQL. Compiled from a
// project (compile.h) by `tarn build`, sent to main as JSON, run there (flow/publish). Main renders nothing.
//
//   {"project": "taxi", "whole": true, "nodes": [{"name": "rides", "kind": "model", "materialized": "table", "schema":
//   "public",
//      "relation": "rides", "sql": "select ...", "file": "models/rides.sql", "line": 1, "lines": [3, 4], "depends_on":
//      ["stg_rides"]},
//     {"name": "not_null_rides_id", "kind": "test", "severity": "error", "warn_if": "!= 0", "error_if": "!= 0",
//      "limit": null, ...}],
//    "sources": [{"source": "stream", "table": "rides", "topic": "rides", "schema": ..., "relation": ..., "by":
//    "stg_rides",
//      "file": ..., "line": ...}],
//    "existing": [{"name", "schema", "relation", "by", "file", "line"}]}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/model/project.h"

namespace tarn::flow::model {

inline constexpr std::size_t kPlanNodesMax = 5000;         // as many as the history keeps of a run
inline constexpr std::size_t kPlanBytesMax = 8u << 20;     // as JSON: what the HTTP door takes
inline constexpr std::size_t kPlanSqlBytesMax = 1u << 20;  // of one node
inline constexpr std::size_t kPlanNameMax = 200;

enum class NodeKind : std::uint8_t { kModel, kTest };
enum class Materialized : std::uint8_t { kView, kTable };
enum class Severity : std::uint8_t { kError, kWarn };

std::string_view to_string(NodeKind kind);              // "model"
std::string_view to_string(Materialized materialized);  // "view"

// Where a model's rows are, a source's come from.
struct Relation {
  std::string schema, name;
  auto operator<=>(const Relation&) const = default;
};
// Why no table can be called so; nullopt if one can.
std::optional<std::string> why_not(const Relation& relation);
std::string to_string(const Relation& relation);  // "public.rides"
std::string quoted(const Relation& relation);     // "tarn"."public"."rides", for SQL

// A test's bound on its failing rows: "!= 0", "> 10".
struct Bound {
  std::string op = "!=";
  std::int64_t number = 0;
  bool holds(std::int64_t rows) const;
  bool operator==(const Bound&) const = default;
};
std::string to_string(const Bound& bound);
std::optional<Bound> parse_bound(std::string_view text);

struct PlanNode {
  std::string name;
  NodeKind kind = NodeKind::kModel;
  Materialized materialized = Materialized::kView;  // models
  Relation relation;                                // models
  std::string sql;
  std::string file;
  int line = 0;
  std::vector<int> lines;  // the file's line for each of the SQL's, as near as can be told; empty: `line` for all
  std::vector<std::string> depends_on;   // models that it reads, in the plan or not
  Severity severity = Severity::kError;  // tests from here on
  Bound warn_if, error_if;
  std::optional<std::int64_t> limit;  // failing rows are counted up to it
};

// A table that models read and none of them makes.
struct SourceUse {
  std::string source, table;
  std::string topic;  // "": not a topic by its own name
  Relation relation;
  std::string by;  // a node
  std::string file;
  int line = 0;
};

// A model that is read and not built this time: it must be there from before.
struct Existing {
  std::string name;
  Relation relation;
  std::string by;
  std::string file;
  int line = 0;
};

struct Plan {
  std::string project;
  bool whole = false;           // every model of the project, not a selection
  std::vector<PlanNode> nodes;  // models first, every one after those it depends on
  std::vector<SourceUse> sources;
  std::vector<Existing> existing;
};

// The line of a node's file where the character `position` (from 1; 0: unknown) of its SQL stands.
Place place_of(const PlanNode& node, std::size_t position);
// What stands there, for a person to look at: "\n    from ridez\n         ^"; "" if the place is unknown.
inline constexpr std::size_t kPointedWidth = 100;  // characters of the line that are shown
std::string pointed(std::string_view sql, std::size_t position);
// The file's line for each line of what it was rendered to.
std::vector<int> match_lines(std::string_view file, std::string_view rendered);

std::string to_json(const Plan& plan);
// Of bytes from outside: everything is checked, the order of nodes too. Errors: kInvalidArgument, kLimit.
Result<Plan> parse_plan(std::string_view json);

}  // namespace tarn::flow::model
