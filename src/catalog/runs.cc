#include "catalog/runs.h"

#include <fmt/format.h>

#include <charconv>

namespace tarn::catalog {

std::string branch_of(RunId id) { return fmt::format("run/{}", id.value()); }

std::optional<RunId> run_of(std::string_view branch) {
  if (!branch.starts_with("run/")) return std::nullopt;
  branch.remove_prefix(4);
  std::int64_t id = 0;
  auto [end, error] = std::from_chars(branch.data(), branch.data() + branch.size(), id);
  if (error != std::errc() || end != branch.data() + branch.size() || id <= 0) return std::nullopt;
  return RunId(id);
}

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::kRunning: return "running";
    case RunState::kPublished: return "published";
    case RunState::kFailed: return "failed";
    case RunState::kCancelled: return "cancelled";
    case RunState::kInterrupted: return "interrupted";
  }
  return "unknown";
}

std::string_view to_string(RunNodeKind kind) { return kind == RunNodeKind::kModel ? "model" : "test"; }

std::string_view to_string(RunNodeState state) {
  switch (state) {
    case RunNodeState::kWaiting: return "waiting";
    case RunNodeState::kRunning: return "running";
    case RunNodeState::kOk: return "ok";
    case RunNodeState::kWarn: return "warn";
    case RunNodeState::kFailed: return "failed";
    case RunNodeState::kSkipped: return "skipped";
  }
  return "unknown";
}

}  // namespace tarn::catalog
