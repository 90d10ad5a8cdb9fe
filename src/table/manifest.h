// Manifests and manifest lists (spec, "Manifests" and "Manifest Lists", format v2): Avro files that name data files.
//
// Written with the spec's field ids and key-values, deflated; read by field id, whoever wrote them. Values that
// DataFile does not hold (partition, key metadata, equality ids) are written empty, so only unpartitioned specs are
// written.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/result.h"
#include "base/uuid.h"
#include "table/data_file.h"
#include "table/metadata.h"

namespace tarn::table {

enum class EntryStatus : std::uint8_t { kExisting = 0, kAdded = 1, kDeleted = 2 };

// manifest_entry. Added entries are written with null sequence numbers, which readers inherit from the manifest list.
struct ManifestEntry {
  EntryStatus status = EntryStatus::kAdded;
  std::optional<SnapshotId> snapshot_id;
  std::optional<SequenceNumber> sequence_number;
  std::optional<SequenceNumber> file_sequence_number;
  DataFile file;
  bool operator==(const ManifestEntry&) const = default;
};

enum class ManifestContent : std::uint8_t { kData = 0, kDeletes = 1 };

// manifest_file: a line of a manifest list.
struct ManifestFile {
  std::string path;  // location
  Bytes length;
  std::int32_t partition_spec_id = 0;
  ManifestContent content = ManifestContent::kData;
  SequenceNumber sequence_number;
  SequenceNumber min_sequence_number;
  SnapshotId added_snapshot_id;
  std::int64_t added_files = 0;
  std::int64_t existing_files = 0;
  std::int64_t deleted_files = 0;
  std::int64_t added_rows = 0;
  std::int64_t existing_rows = 0;
  std::int64_t deleted_rows = 0;
  bool operator==(const ManifestFile&) const = default;
};

struct NewManifest {
  ManifestFile listed;
  Buffer bytes;
};

// Encodes a manifest of `entries` that snapshot `snapshot` with `sequence_number` adds at location `path`.
// kUnsupported for a partitioned spec.
Result<NewManifest> write_manifest(std::string path, ManifestContent content, std::span<const ManifestEntry> entries,
                                   const TableMetadata& metadata, SnapshotId snapshot, SequenceNumber sequence_number,
                                   const Uuid& sync);

// Entries with snapshot id and sequence numbers inherited from `listed`. Errors: kCorruption, kUnsupported, kLimit.
Result<std::vector<ManifestEntry>> read_manifest(ByteView file, const ManifestFile& listed);

Result<Buffer> write_manifest_list(std::span<const ManifestFile> manifests, const Snapshot& snapshot, const Uuid& sync);
Result<std::vector<ManifestFile>> read_manifest_list(ByteView file);

}  // namespace tarn::table
