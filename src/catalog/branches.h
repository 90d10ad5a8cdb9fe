// Branches: states of all tables and views beside main, for runs that publish whole or not at all.
//
// A branch is its base (main at one version) and rows of its own for what was changed on it, so making one costs the
// same whatever the catalog holds. Tables keep their uuid and folder on every branch. Landed offsets, bindings of
// topics and namespaces are main's alone.
//
// Publishing brings all that a branch changed to main in one transaction, or nothing:
//
//   on the branch       on main since the base        then
//   ──────────────────  ────────────────────────────  ─────────────────────────────────────────────
//   any change          none                          main takes the branch's, as it is
//   only appended       only appended                 the branch's files are appended to main's table
//   anything else       changed, dropped or made      kConflict; Change::conflict says which and why
//   not only appended   a topic lands in the table    kConflict
//
// The branch goes with it. An outcome that stayed unknown (kCommitUnknown) is known by calling again: a run that was
// published answers its Published once more.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "catalog/runs.h"
#include "catalog/table_name.h"

namespace tarn::catalog {

inline constexpr std::size_t kBranchesMax = 100;          // past it the oldest one of a finished run makes room
inline constexpr std::chrono::hours kBranchKeep{7 * 24};  // of a branch that nobody publishes or drops
inline constexpr std::size_t kConflictsShownMax = 20;     // tables that a refused publish names

struct BranchState {
  std::string name;
  CatalogVersion base;  // main's version that it began at
  CatalogVersion at;    // of its last commit; `base` before the first
  TimestampMs created;
  std::optional<TimestampMs> expires;  // none: main
};

enum class ChangeKind : std::uint8_t { kAdded, kChanged, kDropped };

// One name that a branch changed, as compared with its base.
struct Change {
  TableName name;
  ChangeKind kind = ChangeKind::kAdded;
  bool is_view = false;  // what it is now, or was before it was dropped
  bool appends = false;  // a table that only got more files
  std::string conflict;  // why publishing would be refused, as main is now; empty: it would not
};

struct Publish {
  std::string branch;
  std::optional<RunFinish> finish;  // the run that ends with it, in the same transaction
};

struct Published {
  CatalogVersion version;
  std::size_t changed = 0;  // tables and views that main has from the branch
};

}  // namespace tarn::catalog
