// The tables' metadata files under <data>/lake: reading (with a bounded cache of manifests) and durable writing.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "host/files.h"
#include "table/manifest.h"
#include "table/metadata.h"
#include "table/plan.h"

namespace tarn::catalog {

inline constexpr Bytes kManifestCacheBytesMax = 64_MiB;
inline constexpr Bytes kManifestFileBytesMax = 256_MiB;

// Reads metadata files and manifests. Thread-safe. Errors: kCorruption (missing too: what names it is durable), kIo.
class LakeReader {
 public:
  explicit LakeReader(host::Files& files) : files_(files) {}

  Result<std::shared_ptr<const table::TableMetadata>> metadata(const std::string& location);
  Result<std::vector<table::ManifestFile>> manifest_list(const table::Snapshot& snapshot);
  Result<table::Entries> manifest(const table::ManifestFile& listed);

 private:
  struct Cached {
    std::string path;
    table::Entries entries;
    Bytes bytes;
  };

  Result<Buffer> read(const std::string& location, Bytes limit);
  table::Entries cached(const std::string& path);
  void remember(const std::string& path, table::Entries entries);

  host::Files& files_;
  std::mutex mutex_;
  std::list<Cached> recent_;  // newest first
  std::unordered_map<std::string, std::list<Cached>::iterator> by_path_;
  Bytes cached_bytes_;
};

// Writes new metadata files of one transaction and makes them durable together, before the transaction.
class LakeWriter {
 public:
  explicit LakeWriter(host::Files& files) : files_(files) {}

  // Errors: kUnavailable for a full disk, kIo.
  Result<void> write(const std::string& location, ByteView content);
  // Syncs every file written since, and their folders. After an error nothing may refer to them.
  Result<void> sync();
  // Removes what was written after `mark` = written() but never referred to. Best effort: an orphan does no harm.
  void discard(std::size_t mark);
  std::size_t written() const { return written_.size(); }
  void forget() { written_.clear(); }

 private:
  struct Written {
    host::Path path;
    std::unique_ptr<host::File> file;
  };
  host::Files& files_;
  std::vector<Written> written_;
};

}  // namespace tarn::catalog
