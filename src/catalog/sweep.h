// Housekeeping: branches that nobody wants any more, versions past their time, and the files that nothing refers to
// then.
//
//   head row
//      │   its version is no longer kept, and no branch begins at it
//      ▼
//   doomed    a metadata.json, still whole
//      │   nothing else names its files
//      ▼
//   garbage   files, due in an hour
//      ▼
//   gone
//
// No file is removed on a guess. Only what a commit once named is looked at, never what merely lies in a folder (a file
// may be on its way into a commit). A metadata file and what it names become garbage when no head row of the table, on
// any branch or kept version, and no state that anyone in this process still holds, names it too; if one of those
// cannot be read, nothing of the table is removed. Garbage is removed an hour after it was found to be such, for
// readers of other programs. A crash anywhere leaves rows that the next pass goes on with.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "catalog/lake.h"
#include "catalog/queue.h"

namespace tarn::catalog {

// Of one pass; the next one goes on.
inline constexpr std::size_t kDoomedHeadsMax = 5000;
inline constexpr std::size_t kSweptTablesMax = 200;    // tables and views
inline constexpr std::size_t kSweptMetadataMax = 500;  // metadata files of one of them
inline constexpr std::size_t kRemovedFilesMax = 2000;

class Sweep {
 public:
  Sweep(host::Host host, const host::Path& data, const CatalogOptions& options, LakeReader& reader, Queue& queue);
  Result<Swept> run();

 private:
  // What refers to the files of one table or view.
  struct Table {
    Doomed doomed;
    std::vector<std::string> kept;  // metadata locations
    std::vector<std::string> gone;  // doomed ones that nobody holds
  };

  Result<void> expire(Swept& swept);
  Result<void> sweep_table(Doomed doomed, Swept& swept);
  Result<std::set<std::string>> garbage_of(const Table& table);
  Result<void> remove_due(Swept& swept);

  host::Host host_;
  std::string lake_;  // file:/// URI that every file of ours begins with
  CatalogOptions options_;
  LakeReader& reader_;
  Queue& queue_;
};

}  // namespace tarn::catalog
