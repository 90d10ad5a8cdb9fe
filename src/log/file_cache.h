// Open segment and index files: at most so many at once, the least recently used closed first.
//
// A file with un-synced writes is synced before it is closed, since the kernel may forget, once nobody has the file
// open, that writing it back failed. Files in use elsewhere are not closed; if all are, the bound gives way.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "host/files.h"

namespace tarn::log {

class FileCache;

// One file of a segment: <folder>/<20 digits of base><suffix>. Closed or open; the cache decides. Not movable.
class CachedFile {
 public:
  // `folder` outlives this.
  CachedFile(FileCache& cache, const host::Path& folder, Offset base, std::string_view suffix)
      : cache_(cache), folder_(folder), base_(base), suffix_(suffix) {}
  ~CachedFile();
  CachedFile(const CachedFile&) = delete;
  CachedFile& operator=(const CachedFile&) = delete;

  host::Path path() const;
  // The open file. `create` makes it if missing. Errors: kNotFound, kUnavailable, kIo.
  Result<std::shared_ptr<host::File>> open(bool create = false);
  // open(true), and remembers that un-synced writes follow.
  Result<std::shared_ptr<host::File>> open_to_write();
  // The file if it has un-synced writes (null if not), counting it as synced: the caller does that next. No write may
  // be going on meanwhile.
  std::shared_ptr<host::File> take_dirty();
  // Removes the file; fine if missing.
  Result<void> remove();

 private:
  friend class FileCache;
  FileCache& cache_;
  const host::Path& folder_;
  const Offset base_;
  const std::string_view suffix_;
  // Guarded by the cache's mutex.
  std::shared_ptr<host::File> file_;
  std::list<CachedFile*>::iterator place_;
  bool dirty_ = false;
};

// Thread-safe.
class FileCache {
 public:
  // `sync_failed` is told when the sync before a close failed.
  FileCache(host::Files& files, std::size_t open_files_max, std::function<void(const Error&)> sync_failed)
      : files_(files), open_files_max_(open_files_max), sync_failed_(std::move(sync_failed)) {}
  host::Files& files() { return files_; }

 private:
  friend class CachedFile;
  Result<std::shared_ptr<host::File>> open(CachedFile& file, bool create, bool to_write);
  Result<void> make_room();
  void forget(CachedFile& file);

  host::Files& files_;
  const std::size_t open_files_max_;
  const std::function<void(const Error&)> sync_failed_;
  std::mutex mutex_;
  std::list<CachedFile*> recent_;  // most recently used first
};

// "00000000000000001234.log"
std::string segment_file_name(Offset base, std::string_view suffix);

}  // namespace tarn::log
