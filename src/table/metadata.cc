#include "table/metadata.h"

#include <algorithm>

#include "base/assert.h"

namespace tarn::table {

const Schema* TableMetadata::schema(SchemaId id) const {
  auto found = std::ranges::find(schemas, id, &Schema::id);
  return found == schemas.end() ? nullptr : &*found;
}

const Schema& TableMetadata::schema() const {
  const Schema* current = schema(current_schema_id);
  TARN_ASSERT(current != nullptr, "parse_metadata and new_table_metadata see to it");
  return *current;
}

const PartitionSpec& TableMetadata::spec() const {
  auto found = std::ranges::find(partition_specs, default_spec_id, &PartitionSpec::spec_id);
  TARN_ASSERT(found != partition_specs.end(), "parse_metadata and new_table_metadata see to it");
  return *found;
}

std::shared_ptr<const Snapshot> TableMetadata::snapshot(SnapshotId id) const {
  // Newest first: the current one is asked for most.
  for (auto at = snapshots.rbegin(); at != snapshots.rend(); ++at) {
    if ((*at)->id == id) return *at;
  }
  return nullptr;
}

std::shared_ptr<const Snapshot> TableMetadata::current_snapshot() const {
  return current_snapshot_id ? snapshot(*current_snapshot_id) : nullptr;
}

TableMetadata new_table_metadata(TableUuid uuid, std::string location, std::vector<Field> fields,
                                 std::map<std::string, std::string> properties, TimestampMs now) {
  TableMetadata metadata{.uuid = uuid, .location = std::move(location), .last_updated_ms = now};
  Schema schema{.id = SchemaId(0), .fields = std::move(fields)};
  metadata.last_column_id = last_field_id(schema);
  assign_ids(schema, metadata.last_column_id);
  metadata.schemas.push_back(std::move(schema));
  metadata.partition_specs.push_back({});
  metadata.sort_orders.push_back({});
  metadata.properties = std::move(properties);
  metadata.properties["gc.enabled"] = "false";  // branches share files: only Tarn deletes any
  return metadata;
}

}  // namespace tarn::table
