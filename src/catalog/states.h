// The states of all refs: main's present one and the list of branches in memory, other states loaded when asked for and
// kept for a while.
//
// A state of a branch is main as it was at the branch's base, with the branch's own rows in place of main's. Tables and
// views that are alive in any state are shared, by the location of their metadata; so whoever holds one pins it, and
// housekeeping can tell.
//
// Reading what is in memory is thread-safe; what takes a Store, and all changes, is for the queue's thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/bounded_cache.h"
#include "catalog/draft.h"
#include "catalog/lake.h"
#include "catalog/state.h"
#include "catalog/store.h"

namespace tarn::catalog {

inline constexpr std::size_t kStatesCached = 32;      // of branches and older versions
inline constexpr std::size_t kKnownLocations = 1000;  // metadata locations that may be remembered for nothing

class States {
 public:
  explicit States(LakeReader& reader) : reader_(reader) {}

  StatePtr main() const;
  CatalogVersion last_version() const;
  std::vector<BranchState> branches() const;  // by name, main not among them
  std::optional<BranchState> branch(const std::string& name) const;
  // The state of a ref, if that is in memory; null: it has to be loaded.
  StatePtr known(const Ref& ref);

  Result<void> reset(Rows rows);
  // kNotFound says which branch, or why there is no such version.
  Result<StatePtr> load(Store& store, const Ref& ref);
  Result<BranchContent> content(Store& store, const std::string& branch);
  // The version of main that a ref means, if it is kept.
  Result<CatalogVersion> main_version(Store& store, CatalogVersion version);
  void committed(const Changes& changes);
  void put_branch(const BranchState& branch);
  void remove_branch(const std::string& name);
  void forget_cached() { cache_.clear(); }
  // Whether anyone holds the table or view of this metadata.
  bool is_held(const std::string& location) const;

 private:
  Result<CatalogVersion> resolve(Store& store, const Ref& ref);
  Result<StatePtr> at(Store& store, const std::string& branch, CatalogVersion version);
  Result<StatePtr> build(const StateData& under, const std::vector<Head>& heads, CatalogVersion version);
  Result<Entry> entry(const Head& head);
  void remember(const Entry& entry);
  StatePtr shown(StatePtr content) const;

  LakeReader& reader_;
  BoundedCache<StateData> cache_{Bytes(kStatesCached)};  // by "branch@version"; each counts as one
  mutable std::mutex mutex_;                             // guards what follows
  StatePtr main_;
  CatalogVersion last_version_;
  std::map<std::string, BranchState> branches_;
  std::unordered_map<std::string, std::weak_ptr<const TableState>> tables_;  // by metadata location
  std::unordered_map<std::string, std::weak_ptr<const ViewState>> views_;
  std::size_t forget_at_ = kKnownLocations;  // then those that nobody holds go
};

}  // namespace tarn::catalog
