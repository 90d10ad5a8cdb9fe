#include "catalog/lake.h"

#include <fmt/format.h>

#include <set>

#include "table/data_file.h"

namespace tarn::catalog {
namespace {

// Roughly what an entry takes in memory: a map's node is some 72 bytes, a bound in it a little more.
Bytes memory_of(const std::vector<table::ManifestEntry>& entries) {
  std::size_t bytes = 0;
  for (const table::ManifestEntry& entry : entries) {
    const table::DataFile& file = entry.file;
    std::size_t nodes = file.column_sizes.size() + file.value_counts.size() + file.null_value_counts.size() +
                        file.nan_value_counts.size() + 2 * (file.lower_bounds.size() + file.upper_bounds.size());
    bytes += sizeof entry + file.file_path.size() + 72 * nodes;
  }
  return Bytes(bytes);
}

}  // namespace

Result<Buffer> LakeReader::read(const std::string& location, Bytes limit) {
  std::string path = table::from_uri(location);
  if (path.empty()) return fail(Code::kUnsupported, fmt::format("{} is no file:/// location", location));
  auto content = host::read_file(files_, path, limit);
  if (!content && content.error().code == Code::kNotFound)
    return fail(Code::kCorruption, fmt::format("{} is missing, though the catalog names it; restore it from a backup", path));
  return content;
}

Result<std::shared_ptr<const table::TableMetadata>> LakeReader::metadata(const std::string& location) {
  TARN_ASSIGN(Buffer content, read(location, table::kMetadataBytesMax));
  auto metadata = table::parse_metadata(as_text(content));
  if (!metadata) return std::unexpected(std::move(metadata.error()).with_context(location));
  return std::make_shared<const table::TableMetadata>(std::move(*metadata));
}

Result<std::vector<table::ManifestFile>> LakeReader::manifest_list(const table::Snapshot& snapshot) {
  TARN_ASSIGN(Buffer content, read(snapshot.manifest_list, kManifestFileBytesMax));
  auto manifests = table::read_manifest_list(content);
  if (!manifests) return std::unexpected(std::move(manifests.error()).with_context(snapshot.manifest_list));
  return manifests;
}

Result<table::Entries> LakeReader::manifest(const table::ManifestFile& listed) {
  if (auto entries = cached(listed.path)) return entries;
  TARN_ASSIGN(Buffer content, read(listed.path, kManifestFileBytesMax));
  auto read = table::read_manifest(content, listed);
  if (!read) return std::unexpected(std::move(read.error()).with_context(listed.path));
  auto entries = std::make_shared<const std::vector<table::ManifestEntry>>(std::move(*read));
  remember(listed.path, entries);
  return entries;
}

table::Entries LakeReader::cached(const std::string& path) {
  std::lock_guard lock(mutex_);
  auto found = by_path_.find(path);
  if (found == by_path_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->entries;
}

void LakeReader::remember(const std::string& path, table::Entries entries) {
  Bytes bytes = memory_of(*entries);
  std::lock_guard lock(mutex_);
  if (bytes > kManifestCacheBytesMax || by_path_.contains(path)) return;
  recent_.push_front({path, std::move(entries), bytes});
  by_path_[path] = recent_.begin();
  cached_bytes_ += bytes;
  while (cached_bytes_ > kManifestCacheBytesMax) {
    cached_bytes_ -= recent_.back().bytes;
    by_path_.erase(recent_.back().path);
    recent_.pop_back();
  }
}

Result<void> LakeWriter::write(const std::string& location, ByteView content) {
  host::Path path = table::from_uri(location);
  if (path.empty()) return fail(Code::kUnsupported, fmt::format("{} is no file:/// location", location));
  TARN_TRY(files_.make_dirs(host::parent(path)));
  TARN_ASSIGN(auto file, files_.open(path, host::OpenMode::kCreateNew));
  written_.push_back({path, std::move(file)});
  return written_.back().file->write_at(content, Bytes(0));
}

Result<void> LakeWriter::sync() {
  std::set<host::Path> folders;
  for (Written& written : written_) {
    TARN_TRY(written.file->sync());
    folders.insert(host::parent(written.path));
  }
  for (const host::Path& folder : folders) TARN_TRY(files_.sync_dir(folder));
  return {};
}

void LakeWriter::discard(std::size_t mark) {
  while (written_.size() > mark) {
    (void)files_.remove(written_.back().path);
    written_.pop_back();
  }
}

}  // namespace tarn::catalog
