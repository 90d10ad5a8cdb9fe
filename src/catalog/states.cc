#include "catalog/states.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::catalog {
namespace {

std::unexpected<Error> no_branch(const std::string& name) {
  return fail(Code::kNotFound, fmt::format("there is no branch {}, or no longer", name));
}

std::unexpected<Error> gone(const Ref& ref, CatalogVersion oldest) {
  return fail(Code::kNotFound, fmt::format("version {} of branch {} is kept no longer; versions from {} on are",
                                           ref.version->value(), ref.branch, oldest.value()));
}

std::string key_of(const std::string& branch, CatalogVersion version) {
  return fmt::format("{}@{}", branch, version.value());
}

}  // namespace

StatePtr States::main() const {
  std::lock_guard lock(mutex_);
  return main_;
}

CatalogVersion States::last_version() const {
  std::lock_guard lock(mutex_);
  return last_version_;
}

std::vector<BranchState> States::branches() const {
  std::lock_guard lock(mutex_);
  std::vector<BranchState> all;
  for (const auto& [name, branch] : branches_) all.push_back(branch);
  return all;
}

std::optional<BranchState> States::branch(const std::string& name) const {
  std::lock_guard lock(mutex_);
  auto found = branches_.find(name);
  if (found == branches_.end()) return std::nullopt;
  return found->second;
}

// Bindings and namespaces are main's present ones, whatever is read.
StatePtr States::shown(StatePtr content) const {
  StatePtr present = main();
  if (content == present) return content;
  auto state = std::make_shared<StateData>(*content);
  state->name_spaces = present->name_spaces;
  state->topic_bindings = present->topic_bindings;
  state->landed = std::make_shared<const StateData::Landed>();
  return state;
}

StatePtr States::known(const Ref& ref) {
  StatePtr present = main();
  if (ref.branch == kMainBranch) return !ref.version || *ref.version == present->at ? present : nullptr;
  auto info = branch(ref.branch);
  if (!info || (ref.version && *ref.version != info->at)) return nullptr;
  if (info->at == present->at) return shown(present);
  StatePtr cached = cache_.get(key_of(info->at == info->base ? std::string(kMainBranch) : ref.branch, info->at));
  return cached ? shown(cached) : nullptr;
}

Result<void> States::reset(Rows rows) {
  TARN_ASSIGN(StatePtr heads, build(StateData(), rows.heads, rows.main));
  auto next = std::make_shared<StateData>(*heads);
  next->name_spaces = std::make_shared<const StateData::Namespaces>(std::move(rows.namespaces));
  next->topic_bindings = std::make_shared<const StateData::Bindings>(std::move(rows.bindings));
  next->landed = std::make_shared<const StateData::Landed>(std::move(rows.landed));
  cache_.clear();
  std::lock_guard lock(mutex_);
  main_ = std::move(next);
  last_version_ = rows.version;
  branches_.clear();
  for (BranchState& branch : rows.branches) branches_[branch.name] = std::move(branch);
  return {};
}

Result<CatalogVersion> States::main_version(Store& store, CatalogVersion version) {
  return resolve(store, {.version = version});
}

Result<CatalogVersion> States::resolve(Store& store, const Ref& ref) {
  bool is_main = ref.branch == kMainBranch;
  auto info = branch(ref.branch);
  if (!is_main && !info) return no_branch(ref.branch);
  CatalogVersion newest = is_main ? main()->at : info->at;
  if (!ref.version) return newest;
  if (*ref.version > last_version())
    return fail(Code::kNotFound, fmt::format("there is no version {} yet: the catalog's last one is {}",
                                             ref.version->value(), last_version().value()));
  if (*ref.version >= newest) return newest;
  if (!is_main && *ref.version < info->base)
    return fail(Code::kNotFound, fmt::format("branch {} begins at version {}", ref.branch, info->base.value()));
  TARN_ASSIGN(CatalogVersion oldest, store.oldest());
  TARN_ASSIGN(auto at, store.version_at(ref.branch, *ref.version));
  if (!is_main && (!at || *ref.version == info->base)) return info->base;
  auto is_base = [&](const BranchState& other) { return at && other.base == *at; };
  if (!at || (*ref.version < oldest && !(is_main && std::ranges::any_of(branches(), is_base))))
    return gone(ref, oldest);
  return *at;
}

Result<StatePtr> States::load(Store& store, const Ref& ref) {
  TARN_ASSIGN(CatalogVersion version, resolve(store, ref));
  TARN_ASSIGN(StatePtr content, at(store, ref.branch, version));
  return shown(std::move(content));
}

Result<StatePtr> States::at(Store& store, const std::string& branch_name, CatalogVersion version) {
  bool is_main = branch_name == kMainBranch;
  StatePtr present = main();
  if (is_main && version == present->at) return present;
  std::string key = key_of(branch_name, version);
  if (StatePtr cached = cache_.get(key)) return cached;
  StatePtr under = std::make_shared<StateData>();
  if (!is_main) {
    auto info = branch(branch_name);
    if (!info) return no_branch(branch_name);
    TARN_ASSIGN(under, at(store, std::string(kMainBranch), info->base));
    if (version == info->base) return under;
  }
  TARN_ASSIGN(std::vector<Head> heads, store.heads(branch_name, version));
  TARN_ASSIGN(StatePtr state, build(*under, heads, version));
  cache_.put(key, state, Bytes(1));
  return state;
}

Result<BranchContent> States::content(Store& store, const std::string& name) {
  auto info = branch(name);
  if (!info) return no_branch(name);
  BranchContent content{.info = *info};
  TARN_ASSIGN(content.base, at(store, std::string(kMainBranch), info->base));
  TARN_ASSIGN(content.now, at(store, name, info->at));
  TARN_ASSIGN(std::vector<Head> heads, store.heads(name, info->at));
  for (Head& head : heads) content.names.push_back(std::move(head.name));
  return content;
}

Result<StatePtr> States::build(const StateData& under, const std::vector<Head>& heads, CatalogVersion version) {
  std::vector<HeadChange> changes;
  for (const Head& head : heads) {
    Entry before = under.entry(head.name), now;
    if (!head.location.empty()) {
      TARN_ASSIGN(now, entry(head));
    }
    if (before && (!now || now.uuid() != before.uuid())) changes.push_back({.name = head.name, .uuid = before.uuid()});
    if (now) changes.push_back({.name = head.name, .uuid = head.uuid, .next = std::move(now)});
  }
  auto state = std::make_shared<StateData>(under);
  state->at = version;
  put_heads(*state, changes);
  return state;
}

Result<Entry> States::entry(const Head& head) {
  {
    std::lock_guard lock(mutex_);
    if (auto found = tables_.find(head.location); found != tables_.end()) {
      if (auto table = found->second.lock()) return Entry{.table = std::move(table)};
    }
    if (auto found = views_.find(head.location); found != views_.end()) {
      if (auto view = found->second.lock()) return Entry{.view = std::move(view)};
    }
  }
  Entry read;
  if (head.is_view) {
    TARN_ASSIGN(auto metadata, reader_.view_metadata(head.location));
    read.view = std::make_shared<const ViewState>(ViewState{head.uuid, head.name, head.location, std::move(metadata)});
  } else {
    TARN_ASSIGN(auto metadata, reader_.metadata(head.location));
    read.table =
        std::make_shared<const TableState>(TableState{head.uuid, head.name, head.location, std::move(metadata)});
  }
  std::lock_guard lock(mutex_);
  remember(read);
  return read;
}

void States::remember(const Entry& entry) {
  if (entry.table) tables_[entry.table->metadata_location] = entry.table;
  if (entry.view) views_[entry.view->metadata_location] = entry.view;
  if (tables_.size() + views_.size() <= forget_at_) return;
  auto is_gone = [](const auto& known) { return known.second.expired(); };
  std::erase_if(tables_, is_gone);
  std::erase_if(views_, is_gone);
  forget_at_ = 2 * (tables_.size() + views_.size()) + kKnownLocations;
}

bool States::is_held(const std::string& location) const {
  std::lock_guard lock(mutex_);
  auto table = tables_.find(location);
  auto view = views_.find(location);
  return (table != tables_.end() && !table->second.expired()) || (view != views_.end() && !view->second.expired());
}

void States::committed(const Changes& changes) {
  bool is_main = changes.branch == kMainBranch;
  StatePtr before = main();
  StatePtr next;
  if (is_main) {
    next = apply(*before, changes);
  } else if (StatePtr old = known({.branch = changes.branch})) {
    next = apply(*old, changes);
    cache_.put(key_of(changes.branch, changes.version), next, Bytes(1));
  }
  std::lock_guard lock(mutex_);
  for (const HeadChange& head : changes.heads) remember(head.next);
  last_version_ = changes.version;
  for (const std::string& name : changes.published) branches_.erase(name);
  if (is_main)
    main_ = std::move(next);
  else if (auto branch = branches_.find(changes.branch); branch != branches_.end())
    branch->second.at = changes.version;
}

void States::put_branch(const BranchState& branch) {
  // Its base is main's present state more often than not: keep that for later.
  StatePtr present = main();
  if (branch.base == present->at) cache_.put(key_of(std::string(kMainBranch), present->at), present, Bytes(1));
  std::lock_guard lock(mutex_);
  branches_[branch.name] = branch;
}

void States::remove_branch(const std::string& name) {
  std::lock_guard lock(mutex_);
  branches_.erase(name);
}

}  // namespace tarn::catalog
