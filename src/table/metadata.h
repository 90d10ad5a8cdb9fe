// An Iceberg table's metadata (spec, "Table Metadata", format v2), apart from its JSON form.
//
// A TableMetadata is a value; snapshots in it are immutable and shared between the metadata of successive commits.
// What other writers may have put in and we never look at (statistics, partition statistics) is kept as text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/result.h"
#include "base/uuid.h"
#include "table/schema.h"

namespace tarn::table {

inline constexpr std::int32_t kFormatVersion = 2;
inline constexpr std::int32_t kPartitionIdBase = 999;  // last-partition-id of an unpartitioned table
inline constexpr Bytes kMetadataBytesMax = 256_MiB;    // a metadata.json larger than that is refused
inline constexpr std::string_view kMainRef = "main";   // the ref every Iceberg client reads

struct PartitionField {
  FieldId source_id;
  std::int32_t field_id = 0;
  std::string name;
  std::string transform;  // "identity", "bucket[16]", ...
  bool operator==(const PartitionField&) const = default;
};

struct PartitionSpec {
  std::int32_t spec_id = 0;
  std::vector<PartitionField> fields;  // none: unpartitioned
  bool operator==(const PartitionSpec&) const = default;
};

struct SortField {
  FieldId source_id;
  std::string transform;
  bool ascending = true;
  bool nulls_first = true;
  bool operator==(const SortField&) const = default;
};

struct SortOrder {
  std::int32_t order_id = 0;
  std::vector<SortField> fields;  // none: unsorted
  bool operator==(const SortOrder&) const = default;
};

struct Snapshot {
  SnapshotId id;
  std::optional<SnapshotId> parent;
  SequenceNumber sequence_number;
  TimestampMs timestamp_ms;
  std::string manifest_list;                   // location
  std::map<std::string, std::string> summary;  // "operation" among them
  std::optional<SchemaId> schema_id;
  bool operator==(const Snapshot&) const = default;
};

struct SnapshotLogEntry {
  TimestampMs timestamp_ms;
  SnapshotId snapshot;
  bool operator==(const SnapshotLogEntry&) const = default;
};

struct MetadataLogEntry {
  TimestampMs timestamp_ms;
  std::string metadata_file;  // location
  bool operator==(const MetadataLogEntry&) const = default;
};

struct SnapshotRef {
  SnapshotId snapshot;
  bool is_tag = false;
  std::optional<std::int64_t> max_ref_age_ms;
  std::optional<std::int64_t> max_snapshot_age_ms;
  std::optional<std::int32_t> min_snapshots_to_keep;
  bool operator==(const SnapshotRef&) const = default;
};

struct TableMetadata {
  TableUuid uuid;
  std::string location;
  SequenceNumber last_sequence_number;
  TimestampMs last_updated_ms;
  FieldId last_column_id;
  std::vector<Schema> schemas;
  SchemaId current_schema_id;
  std::vector<PartitionSpec> partition_specs;
  std::int32_t default_spec_id = 0;
  std::int32_t last_partition_id = kPartitionIdBase;
  std::vector<SortOrder> sort_orders;
  std::int32_t default_sort_order_id = 0;
  std::map<std::string, std::string> properties;
  std::optional<SnapshotId> current_snapshot_id;
  std::vector<std::shared_ptr<const Snapshot>> snapshots;  // in the order they were made
  std::vector<SnapshotLogEntry> snapshot_log;
  std::vector<MetadataLogEntry> metadata_log;  // former metadata files, oldest first
  std::map<std::string, SnapshotRef> refs;
  std::string statistics;  // JSON arrays, as read; empty for none
  std::string partition_statistics;

  const Schema& schema() const;  // the current one
  const Schema* schema(SchemaId id) const;
  const PartitionSpec& spec() const;                              // the default one
  std::shared_ptr<const Snapshot> snapshot(SnapshotId id) const;  // null if there is none
  std::shared_ptr<const Snapshot> current_snapshot() const;       // null for an empty table
};

// A table without snapshots: unpartitioned, unsorted, schema 0 with ids assigned, gc.enabled=false.
TableMetadata new_table_metadata(TableUuid uuid, std::string location, std::vector<Field> fields,
                                 std::map<std::string, std::string> properties, TimestampMs now);

// The JSON of a metadata file, and of a REST answer.
std::string to_json(const TableMetadata& metadata);

// Reads a v2 metadata file. Everything it refers to by id (current schema, default spec and order, current snapshot,
// refs) is there in the result. Errors: kCorruption (not JSON, a field missing or wrong), kUnsupported (another format
// version), kLimit.
Result<TableMetadata> parse_metadata(std::string_view json);

// The JSON of one schema: the manifest's `schema` key holds it.
std::string to_json(const Schema& schema);
Result<Schema> parse_schema(std::string_view json);  // kCorruption, kLimit
// The array of a spec's fields: the manifest's `partition-spec` key holds it.
std::string to_json(const PartitionSpec& spec);

}  // namespace tarn::table
