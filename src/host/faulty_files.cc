#include "host/faulty_files.h"

#include <span>

#include "base/assert.h"
#include "host/faulty_state.h"

namespace tarn::host {

static Error not_found(const Path& path) { return {Code::kNotFound, path + ": no such file or folder"}; }

FaultyFiles::FaultyFiles(std::uint64_t seed) : state_(std::make_unique<State>(seed)) {}
FaultyFiles::~FaultyFiles() = default;

void FaultyFiles::inject(std::uint64_t call, Fault fault) {
  std::lock_guard guard(state_->mutex);
  state_->planned[call] = fault;
  state_->arm(call);
}

void FaultyFiles::inject_from(std::uint64_t first_call, Fault fault) {
  std::lock_guard guard(state_->mutex);
  state_->planned_from = {first_call, fault};
  state_->arm(first_call);
}

void FaultyFiles::inject_on(Call kind, std::string path_part, Fault fault) {
  std::lock_guard guard(state_->mutex);
  state_->planned_on.push_back({kind, std::move(path_part), fault});
}

void FaultyFiles::clear_faults() {
  std::lock_guard guard(state_->mutex);
  state_->planned.clear();
  state_->planned_from.reset();
  state_->planned_on.clear();
  state_->armed_call = kNotArmed;  // not reached by what comes now
}

void FaultyFiles::crash(Fault how) {
  TARN_ASSERT(is_crash(how));
  std::lock_guard guard(state_->mutex);
  if (state_->off && how == Fault::kKill) return;
  state_->last_fault = std::string("between calls: ") + fault_name(how);
  state_->crash(how);
}

void FaultyFiles::restart() {
  std::lock_guard guard(state_->mutex);
  state_->off = false;
  ++state_->run;
  state_->opened.clear();
  state_->locks.clear();
}

bool FaultyFiles::crashed() const {
  std::lock_guard guard(state_->mutex);
  return state_->off;
}

std::uint64_t FaultyFiles::calls() const {
  std::lock_guard guard(state_->mutex);
  return state_->count;
}

std::uint64_t FaultyFiles::calls(Call kind) const {
  std::lock_guard guard(state_->mutex);
  return state_->counts[static_cast<std::size_t>(kind)];
}

bool FaultyFiles::armed_call_reached() const {
  std::lock_guard guard(state_->mutex);
  return state_->armed_call_reached;
}

std::string FaultyFiles::last_fault() const {
  std::lock_guard guard(state_->mutex);
  return state_->last_fault;
}

std::uint64_t FaultyFiles::faults_met() const {
  std::lock_guard guard(state_->mutex);
  return state_->faults_met;
}

void FaultyFiles::set_capacity(Bytes total) {
  std::lock_guard guard(state_->mutex);
  state_->capacity = total;
}

Bytes FaultyFiles::used() const {
  std::lock_guard guard(state_->mutex);
  return Bytes(state_->used());
}

Result<std::unique_ptr<File>> FaultyFiles::open(const Path& path, OpenMode mode) {
  std::lock_guard guard(state_->mutex);
  TARN_ASSIGN(auto fault, state_->begin(Call::kOpen, path));
  FaultyNodePtr node = state_->find(path);
  FaultyNodePtr folder = state_->find_folder(parent(path));
  bool creates = mode == OpenMode::kCreate || mode == OpenMode::kCreateNew;
  if (fault == Fault::kDiskFull && (node || !creates)) fault.reset();
  if (fault && node) return state_->failed(Call::kOpen, path, *fault);
  if (node && mode == OpenMode::kCreateNew) return fail(Code::kAlreadyExists, path + " exists");
  if (node && node->folder) return fail(Code::kIo, "cannot open " + path + ": it is a folder");
  if (!node) {
    if (!creates || !folder) return state_->refused(Call::kOpen, path, fault, not_found(path));
    node = make_faulty_file();
    TARN_TRY(state_->change(Call::kOpen, path, fault, [&] { folder->folder->set(path_names(path).back(), node); }));
  }
  return std::make_unique<OpenFile>(*state_, std::move(node), path, mode != OpenMode::kRead);
}

Result<bool> FaultyFiles::exists(const Path& path) {
  std::lock_guard guard(state_->mutex);
  TARN_TRY(state_->look(Call::kExists, path));
  return state_->find(path) != nullptr;
}

Result<void> FaultyFiles::remove(const Path& path) {
  std::lock_guard guard(state_->mutex);
  TARN_ASSIGN(auto fault, state_->begin(Call::kRemove, path));
  FaultyNodePtr node = state_->find(path);
  if (!node) return state_->refused(Call::kRemove, path, fault, not_found(path));
  if (node->folder) return state_->refused(Call::kRemove, path, fault, {Code::kIo, path + " is a folder"});
  return state_->change(Call::kRemove, path, fault,
                        [&] { state_->find(parent(path))->folder->erase(path_names(path).back()); });
}

Result<void> FaultyFiles::rename(const Path& from, const Path& to) {
  std::lock_guard guard(state_->mutex);
  TARN_ASSIGN(auto fault, state_->begin(Call::kRename, from + " to " + to));
  FaultyNodePtr node = state_->find(from), target = state_->find(to), folder = state_->find_folder(parent(to));
  if (!node || !folder) return state_->refused(Call::kRename, from, fault, not_found(node ? to : from));
  if (target && target != node && (target->folder || node->folder))
    return state_->refused(Call::kRename, from, fault, {Code::kIo, "cannot rename " + from + " over the folder " + to});
  return state_->change(Call::kRename, from, fault, [&] {
    state_->find(parent(from))->folder->move(path_names(from).back(), *folder->folder, path_names(to).back());
  });
}

Result<void> FaultyFiles::make_dirs(const Path& path) {
  std::lock_guard guard(state_->mutex);
  TARN_ASSIGN(auto fault, state_->begin(Call::kMakeDirs, path));
  std::vector<std::string> names = path_names(path);
  FaultyNodePtr node = state_->root;
  for (const std::string& name : names) {
    auto entry = node->folder->seen().find(name);
    if (entry == node->folder->seen().end()) break;
    node = entry->second;
    if (!node->folder)
      return state_->refused(Call::kMakeDirs, path, fault,
                             {Code::kAlreadyExists, path + ": " + name + " is not a folder"});
  }
  auto make = [&](std::size_t count, bool durable) {
    FaultyNodePtr at = state_->root;
    for (const std::string& name : std::span(names).first(count)) {
      if (!at->folder->seen().contains(name)) at->folder->set(name, make_faulty_folder());
      if (durable) at->folder->sync_name(name);
      at = at->folder->seen().find(name)->second;
    }
  };
  return state_->change(
      Call::kMakeDirs, path, fault, [&] { make(names.size(), true); },
      [&] { make(state_->random->next() % (names.size() + 1), state_->coin()); });
}

Result<void> FaultyFiles::remove_dirs(const Path& path) {
  std::lock_guard guard(state_->mutex);
  TARN_ASSIGN(auto fault, state_->begin(Call::kRemoveDirs, path));
  FaultyNodePtr node = state_->find(path);
  if (!node && !fault) return {};
  if (!node) return state_->failed(Call::kRemoveDirs, path, *fault);
  auto erase_some = [&](FaultyNode& folder) {
    auto seen = folder.folder->seen();
    for (const auto& [name, child] : seen) {
      if (state_->coin()) folder.folder->erase(name);
    }
  };
  auto whole = [&] { state_->find(parent(path))->folder->erase(path_names(path).back()); };
  auto part = [&] {
    if (node->folder && state_->coin())
      erase_some(*node);
    else if (state_->coin())
      whole();
  };
  return state_->change(Call::kRemoveDirs, path, fault, whole, part);
}

Result<std::vector<DirEntry>> FaultyFiles::list(const Path& path) {
  std::lock_guard guard(state_->mutex);
  TARN_TRY(state_->look(Call::kList, path));
  FaultyNodePtr node = state_->find_folder(path);
  if (!node) return std::unexpected(not_found(path));
  std::vector<DirEntry> entries;
  for (const auto& [name, child] : node->folder->seen()) entries.push_back({name, child->folder != nullptr});
  return entries;
}

Result<void> FaultyFiles::sync_dir(const Path& path) {
  std::lock_guard guard(state_->mutex);
  TARN_ASSIGN(auto fault, state_->begin(Call::kSyncDir, path));
  FaultyNodePtr node = state_->find_folder(path);
  if (!node) return state_->refused(Call::kSyncDir, path, fault, not_found(path));
  if (fault) return state_->failed(Call::kSyncDir, path, *fault);
  node->folder->sync();
  return {};
}

Result<std::unique_ptr<FileLock>> FaultyFiles::lock(const Path& path, bool exclusive) {
  std::lock_guard guard(state_->mutex);
  TARN_ASSIGN(auto fault, state_->begin(Call::kLock, path));
  if (fault) return state_->failed(Call::kLock, path, *fault);
  FaultyNodePtr node = state_->find(path);
  if (!node) {
    FaultyNodePtr folder = state_->find_folder(parent(path));
    if (!folder) return std::unexpected(not_found(path));
    node = make_faulty_file();
    folder->folder->set(path_names(path).back(), node);
  }
  State::Held held = state_->locks[node];
  if (held.exclusive || (exclusive && held.shared > 0))
    return fail(Code::kUnavailable, path + " is locked by another process");
  if (exclusive)
    state_->locks[node].exclusive = true;
  else
    ++state_->locks[node].shared;
  return std::make_unique<HeldLock>(*state_, std::move(node), exclusive);
}

Result<Space> FaultyFiles::space(const Path& path) {
  std::lock_guard guard(state_->mutex);
  TARN_TRY(state_->look(Call::kSpace, path));
  if (!state_->find(path)) return std::unexpected(not_found(path));
  return Space{state_->capacity, Bytes(state_->available())};
}

}  // namespace tarn::host
