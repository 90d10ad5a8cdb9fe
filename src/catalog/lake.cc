#include "catalog/lake.h"

#include <fmt/format.h>

#include <set>

#include "table/data_file.h"

namespace tarn::catalog {
namespace {

// Roughly what a data file takes in memory: a map's node is some 72 bytes, a bound in it a little more.
Bytes memory_of(const table::DataFile& file) {
  std::size_t nodes = file.column_sizes.size() + file.value_counts.size() + file.null_value_counts.size() +
                      file.nan_value_counts.size() + 2 * (file.lower_bounds.size() + file.upper_bounds.size());
  return Bytes(sizeof(table::ManifestEntry) + file.file_path.size() + 72 * nodes);
}

}  // namespace

Result<Buffer> LakeReader::read(const std::string& location, Bytes limit) {
  std::string path = table::from_uri(location);
  if (path.empty()) return fail(Code::kUnsupported, fmt::format("{} is no file:/// location", location));
  auto content = host::read_file(files_, path, limit);
  if (!content && content.error().code == Code::kNotFound)
    return fail(Code::kCorruption,
                fmt::format("{} is missing, though the catalog names it; restore it from a backup", path));
  return content;
}

Result<std::shared_ptr<const table::TableMetadata>> LakeReader::metadata(const std::string& location) {
  TARN_ASSIGN(Buffer content, read(location, table::kMetadataBytesMax));
  auto metadata = table::parse_metadata(as_text(content));
  if (!metadata) return std::unexpected(std::move(metadata.error()).with_context(location));
  return std::make_shared<const table::TableMetadata>(std::move(*metadata));
}

Result<std::shared_ptr<const table::ViewMetadata>> LakeReader::view_metadata(const std::string& location) {
  TARN_ASSIGN(Buffer content, read(location, table::kViewMetadataBytesMax));
  auto metadata = table::parse_view_metadata(as_text(content));
  if (!metadata) return std::unexpected(std::move(metadata.error()).with_context(location));
  return std::make_shared<const table::ViewMetadata>(std::move(*metadata));
}

Result<std::vector<table::ManifestFile>> LakeReader::manifest_list(const table::Snapshot& snapshot) {
  TARN_ASSIGN(Buffer content, read(snapshot.manifest_list, kManifestFileBytesMax));
  auto manifests = table::read_manifest_list(content);
  if (!manifests) return std::unexpected(std::move(manifests.error()).with_context(snapshot.manifest_list));
  return manifests;
}

Result<table::Entries> LakeReader::manifest(const table::ManifestFile& listed) {
  if (auto entries = manifests_.get(listed.path)) return entries;
  TARN_ASSIGN(Buffer content, read(listed.path, kManifestFileBytesMax));
  auto read = table::read_manifest(content, listed);
  if (!read) return std::unexpected(std::move(read.error()).with_context(listed.path));
  Bytes bytes;
  for (const table::ManifestEntry& entry : *read) bytes += memory_of(entry.file);
  auto entries = std::make_shared<const std::vector<table::ManifestEntry>>(std::move(*read));
  manifests_.put(listed.path, entries, bytes);
  return entries;
}

Result<std::shared_ptr<const std::vector<table::DataFile>>> LakeReader::data_files(const table::Snapshot& snapshot) {
  if (auto known = data_files_.get(snapshot.manifest_list)) return known;
  TARN_ASSIGN(auto manifests, manifest_list(snapshot));
  auto files = std::make_shared<std::vector<table::DataFile>>();
  Bytes bytes;
  for (const table::ManifestFile& listed : manifests) {
    if (listed.content == table::ManifestContent::kDeletes)
      return fail(Code::kUnsupported, "it has delete files, which cannot be read yet");
    TARN_ASSIGN(table::Entries entries, manifest(listed));
    for (const table::ManifestEntry& entry : *entries) {
      if (entry.status == table::EntryStatus::kDeleted) continue;
      files->push_back(entry.file);
      bytes += memory_of(entry.file);
    }
  }
  data_files_.put(snapshot.manifest_list, files, bytes);
  return files;
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
