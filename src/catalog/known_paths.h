// For each table of main, hashes of all its live data files' paths, so that no file is added twice. A path too many
// costs a look into the manifests; one too few must not happen.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/uuid.h"

namespace tarn::catalog {

inline constexpr std::size_t kKnownPathsMax = 1'000'000;  // over all tables; some 40 bytes each

class KnownPaths {
 public:
  using Hashes = std::unordered_set<std::size_t>;
  static std::size_t hash(const std::string& path) { return std::hash<std::string>{}(path); }

  bool has(TableUuid table) const { return by_table_.contains(table); }
  void put(TableUuid table, Hashes hashes) {
    count_ += hashes.size();
    by_table_[table] = std::move(hashes);
  }
  // True if the path may be there already. From now on it is. The table is known.
  bool test_and_put(TableUuid table, const std::string& path) {
    bool is_new = by_table_[table].insert(hash(path)).second;
    count_ += is_new;
    return !is_new;
  }
  // What a publish replaced.
  void forget(TableUuid table) {
    auto found = by_table_.find(table);
    if (found == by_table_.end()) return;
    count_ -= found->second.size();
    by_table_.erase(found);
  }
  void clear() {
    by_table_.clear();
    count_ = 0;
  }
  // Forgets everything when it has become too much. Called before a table is looked at.
  void trim() {
    if (count_ > kKnownPathsMax) clear();
  }

 private:
  std::unordered_map<TableUuid, Hashes> by_table_;
  std::size_t count_ = 0;
};

}  // namespace tarn::catalog
