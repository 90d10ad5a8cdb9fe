// Table metadata to JSON (spec, Appendix C).
#include <nlohmann/json.hpp>

#include "table/metadata.h"

namespace tarn::table {
namespace {

using Json = nlohmann::ordered_json;

Json type_json(const Type& type);

Json field_json(const Field& field) {
  Json json{
      {"id", field.id.value()}, {"name", field.name}, {"required", field.required}, {"type", type_json(field.type)}};
  if (!field.doc.empty()) json["doc"] = field.doc;
  return json;
}

Json type_json(const Type& type) {
  switch (type.kind) {
    case TypeKind::kStruct: {
      Json fields = Json::array();
      for (const Field& field : type.children) fields.push_back(field_json(field));
      return Json{{"type", "struct"}, {"fields", std::move(fields)}};
    }
    case TypeKind::kList: {
      const Field& element = type.children.at(0);
      return Json{{"type", "list"},
                  {"element-id", element.id.value()},
                  {"element-required", element.required},
                  {"element", type_json(element.type)}};
    }
    case TypeKind::kMap: {
      const Field& key = type.children.at(0);
      const Field& value = type.children.at(1);
      return Json{{"type", "map"},
                  {"key-id", key.id.value()},
                  {"key", type_json(key.type)},
                  {"value-id", value.id.value()},
                  {"value-required", value.required},
                  {"value", type_json(value.type)}};
    }
    default: return to_string(type);
  }
}

Json schema_json(const Schema& schema) {
  Json fields = Json::array();
  for (const Field& field : schema.fields) fields.push_back(field_json(field));
  return Json{{"type", "struct"}, {"schema-id", schema.id.value()}, {"fields", std::move(fields)}};
}

Json spec_fields_json(const PartitionSpec& spec) {
  Json fields = Json::array();
  for (const PartitionField& field : spec.fields) {
    fields.push_back({{"source-id", field.source_id.value()},
                      {"field-id", field.field_id},
                      {"name", field.name},
                      {"transform", field.transform}});
  }
  return fields;
}

Json sort_order_json(const SortOrder& order) {
  Json fields = Json::array();
  for (const SortField& field : order.fields) {
    fields.push_back({{"transform", field.transform},
                      {"source-id", field.source_id.value()},
                      {"direction", field.ascending ? "asc" : "desc"},
                      {"null-order", field.nulls_first ? "nulls-first" : "nulls-last"}});
  }
  return Json{{"order-id", order.order_id}, {"fields", std::move(fields)}};
}

Json snapshot_json(const Snapshot& snapshot) {
  Json json{{"snapshot-id", snapshot.id.value()}};
  if (snapshot.parent) json["parent-snapshot-id"] = snapshot.parent->value();
  json["sequence-number"] = snapshot.sequence_number.value();
  json["timestamp-ms"] = snapshot.timestamp_ms.value();
  json["manifest-list"] = snapshot.manifest_list;
  json["summary"] = snapshot.summary;
  if (snapshot.schema_id) json["schema-id"] = snapshot.schema_id->value();
  return json;
}

Json ref_json(const SnapshotRef& ref) {
  Json json{{"snapshot-id", ref.snapshot.value()}, {"type", ref.is_tag ? "tag" : "branch"}};
  if (ref.max_ref_age_ms) json["max-ref-age-ms"] = *ref.max_ref_age_ms;
  if (ref.max_snapshot_age_ms) json["max-snapshot-age-ms"] = *ref.max_snapshot_age_ms;
  if (ref.min_snapshots_to_keep) json["min-snapshots-to-keep"] = *ref.min_snapshots_to_keep;
  return json;
}

Json kept_json(const std::string& text) { return text.empty() ? Json::array() : Json::parse(text, nullptr, false); }

template <class Items, class ToJson>
Json array_json(const Items& items, ToJson to) {
  Json array = Json::array();
  for (const auto& item : items) array.push_back(to(item));
  return array;
}

// Text that is not UTF-8 (a property, a doc) is mended rather than losing the table.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void put_history(Json& json, const TableMetadata& metadata) {
  json["snapshots"] = array_json(metadata.snapshots, [](const auto& snapshot) { return snapshot_json(*snapshot); });
  json["snapshot-log"] = array_json(metadata.snapshot_log, [](const SnapshotLogEntry& entry) {
    return Json{{"timestamp-ms", entry.timestamp_ms.value()}, {"snapshot-id", entry.snapshot.value()}};
  });
  json["metadata-log"] = array_json(metadata.metadata_log, [](const MetadataLogEntry& entry) {
    return Json{{"timestamp-ms", entry.timestamp_ms.value()}, {"metadata-file", entry.metadata_file}};
  });
}

}  // namespace

std::string to_json(const Schema& schema) { return dump(schema_json(schema)); }
std::string to_json(const PartitionSpec& spec) { return dump(spec_fields_json(spec)); }

std::string to_json(const TableMetadata& metadata) {
  Json json{{"format-version", kFormatVersion},
            {"table-uuid", metadata.uuid.to_string()},
            {"location", metadata.location},
            {"last-sequence-number", metadata.last_sequence_number.value()},
            {"last-updated-ms", metadata.last_updated_ms.value()},
            {"last-column-id", metadata.last_column_id.value()},
            {"current-schema-id", metadata.current_schema_id.value()}};
  json["schemas"] = array_json(metadata.schemas, schema_json);
  json["default-spec-id"] = metadata.default_spec_id;
  json["partition-specs"] = array_json(metadata.partition_specs, [](const PartitionSpec& spec) {
    return Json{{"spec-id", spec.spec_id}, {"fields", spec_fields_json(spec)}};
  });
  json["last-partition-id"] = metadata.last_partition_id;
  json["default-sort-order-id"] = metadata.default_sort_order_id;
  json["sort-orders"] = array_json(metadata.sort_orders, sort_order_json);
  json["properties"] = metadata.properties;
  // -1, as Java writes it for v2: some readers want the key.
  json["current-snapshot-id"] = metadata.current_snapshot_id ? metadata.current_snapshot_id->value() : -1;
  json["refs"] = Json::object();
  for (const auto& [name, ref] : metadata.refs) json["refs"][name] = ref_json(ref);
  put_history(json, metadata);
  json["statistics"] = kept_json(metadata.statistics);
  json["partition-statistics"] = kept_json(metadata.partition_statistics);
  return dump(json);
}

}  // namespace tarn::table
