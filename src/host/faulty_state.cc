#include "host/faulty_state.h"

#include <algorithm>

#include "base/assert.h"

namespace tarn::host {

const char* call_name(Call kind) {
  static constexpr std::array<const char*, kCallKinds> kNames = {
      "open", "exists", "remove", "rename", "make_dirs", "remove_dirs", "list",     "sync_dir",
      "lock", "space",  "read",   "write",  "sync",      "size",        "truncate", "reserve"};
  return kNames[static_cast<std::size_t>(kind)];
}

const char* fault_name(Fault fault) {
  switch (fault) {
    case Fault::kIo: return "io";
    case Fault::kDiskFull: return "disk-full";
    case Fault::kTear: return "tear";
    case Fault::kKill: return "kill";
    case Fault::kPowerLoss: return "power-loss";
  }
  return "?";
}

std::vector<std::string> path_names(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    std::size_t slash = std::min(path.find('/'), path.size());
    std::string_view name = path.substr(0, slash);
    TARN_ASSERT(name != "..", "paths in tests don't go up");
    if (!name.empty() && name != ".") names.emplace_back(name);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return names;
}

static bool needs_room(Call kind) {
  switch (kind) {
    case Call::kOpen:
    case Call::kRename:
    case Call::kMakeDirs:
    case Call::kLock:
    case Call::kWrite:
    case Call::kSync:
    case Call::kSyncDir:
    case Call::kTruncate:
    case Call::kReserve: return true;
    default: return false;
  }
}

Result<std::optional<Fault>> FaultyFiles::State::begin(Call kind, const Path& path) {
  if (off)
    return fail(Code::kIo, std::string(call_name(kind)) + " " + path + ": the machine is off after " + last_fault);
  std::uint64_t number = count++;
  ++counts[static_cast<std::size_t>(kind)];
  if (number >= armed_call) armed_call_reached = true;
  std::optional<Fault> fault = fault_of(number, kind, path);
  if (fault == Fault::kDiskFull && !needs_room(kind)) return std::nullopt;
  if (fault) {
    ++faults_met;
    last_fault = "call " + std::to_string(number) + " (" + call_name(kind) + " " + path + "): " + fault_name(*fault);
  }
  return fault;
}

std::optional<Fault> FaultyFiles::State::fault_of(std::uint64_t number, Call kind, const Path& path) {
  if (auto once = planned.find(number); once != planned.end()) {
    Fault fault = once->second;
    planned.erase(once);
    return fault;
  }
  if (planned_from && number >= planned_from->first) return planned_from->second;
  for (const FaultOn& on : planned_on) {
    if (on.kind == kind && path.contains(on.path_part)) return on.fault;
  }
  return std::nullopt;
}

std::unexpected<Error> FaultyFiles::State::failed(Call kind, const Path& path, Fault fault) {
  if (is_crash(fault)) crash(fault);
  std::string message = std::string("cannot ") + call_name(kind) + " " + path + ": " + last_fault;
  return fail(fault == Fault::kDiskFull ? Code::kUnavailable : Code::kIo, std::move(message));
}

std::unexpected<Error> FaultyFiles::State::refused(Call kind, const Path& path, std::optional<Fault> fault,
                                                   Error error) {
  if (fault) return failed(kind, path, *fault);
  return std::unexpected(std::move(error));
}

void FaultyFiles::State::crash(Fault how) {
  off = true;
  if (how == Fault::kPowerLoss) lose_power(*root, *random);
}

Result<void> FaultyFiles::State::look(Call kind, const Path& path) {
  TARN_ASSIGN(auto fault, begin(kind, path));
  if (fault) return failed(kind, path, *fault);
  return {};
}

FaultyNodePtr FaultyFiles::State::find(const Path& path) const {
  FaultyNodePtr node = root;
  for (const std::string& name : path_names(path)) {
    if (!node->folder) return nullptr;
    auto entry = node->folder->seen().find(name);
    if (entry == node->folder->seen().end()) return nullptr;
    node = entry->second;
  }
  return node;
}

FaultyNodePtr FaultyFiles::State::find_folder(const Path& path) const {
  FaultyNodePtr node = find(path);
  return node && node->folder ? node : nullptr;
}

static std::uint64_t room_of(const FaultyNode& node) {
  return std::max<std::uint64_t>(node.content.seen().size(), node.reserved);
}

std::uint64_t FaultyFiles::State::room_below(const FaultyNodePtr& node) const {
  if (!node->folder) return opened.contains(node) ? 0 : room_of(*node);
  std::uint64_t sum = 0;
  for (const auto& [name, child] : node->folder->seen()) sum += room_below(child);
  return sum;
}

std::uint64_t FaultyFiles::State::used() const {
  std::uint64_t sum = room_below(root);
  for (const auto& [node, handles] : opened) sum += room_of(*node);  // a removed file takes room while it is open
  return sum;
}

}  // namespace tarn::host
