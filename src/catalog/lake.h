// The tables' metadata files under <data>/lake: reading (with bounded caches) and durable writing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "catalog/bounded_cache.h"
#include "host/files.h"
#include "table/data_file.h"
#include "table/manifest.h"
#include "table/metadata.h"
#include "table/plan.h"
#include "table/view_metadata.h"

namespace tarn::catalog {

inline constexpr Bytes kManifestCacheBytesMax = 32_MiB;
inline constexpr Bytes kDataFilesCacheBytesMax = 16_MiB;
inline constexpr Bytes kManifestFileBytesMax = 256_MiB;

// Reads metadata files and manifests. Thread-safe. Errors: kCorruption (missing too: what names it is durable), kIo.
class LakeReader {
 public:
  explicit LakeReader(host::Files& files) : files_(files) {}

  Result<std::shared_ptr<const table::TableMetadata>> metadata(const std::string& location);
  Result<std::shared_ptr<const table::ViewMetadata>> view_metadata(const std::string& location);
  Result<std::vector<table::ManifestFile>> manifest_list(const table::Snapshot& snapshot);
  Result<table::Entries> manifest(const table::ManifestFile& listed);
  // All live data files of a snapshot. kUnsupported if it has delete files: whoever reads without them reads wrong
  // rows.
  Result<std::shared_ptr<const std::vector<table::DataFile>>> data_files(const table::Snapshot& snapshot);

 private:
  Result<Buffer> read(const std::string& location, Bytes limit);

  host::Files& files_;
  BoundedCache<std::vector<table::ManifestEntry>> manifests_{kManifestCacheBytesMax};  // by location
  BoundedCache<std::vector<table::DataFile>> data_files_{kDataFilesCacheBytesMax};     // by manifest list's location
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
