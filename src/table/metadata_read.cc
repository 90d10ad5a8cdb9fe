// Table metadata from JSON (spec, Appendix C). simdjson, since opening the catalog reads every table's file.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "table/metadata.h"

namespace tarn::table {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

std::unexpected<Error> wrong(std::string_view what) {
  return fail(Code::kCorruption, fmt::format("table metadata: {}", what));
}

// One JSON object with typed access by key; messages name the key.
class Object {
 public:
  explicit Object(object json) : json_(json) {}

  bool has(std::string_view key) const {
    element value;
    return json_[key].get(value) == simdjson::SUCCESS && !value.is_null();
  }
  template <class T>
  Result<T> get(std::string_view key) const {
    T value;
    if (json_[key].get(value) != simdjson::SUCCESS)
      return wrong(fmt::format("\"{}\" is missing or of a wrong type", key));
    return value;
  }
  Result<std::string> text(std::string_view key) const {
    TARN_ASSIGN(std::string_view view, get<std::string_view>(key));
    return std::string(view);
  }
  template <class IdType>
  Result<IdType> id(std::string_view key) const {
    TARN_ASSIGN(std::int64_t value, get<std::int64_t>(key));
    if (!std::in_range<typename IdType::rep>(value)) return wrong(fmt::format("\"{}\" is out of range", key));
    return IdType(static_cast<typename IdType::rep>(value));
  }
  Result<std::int32_t> integer(std::string_view key) const {
    TARN_ASSIGN(FieldId value, id<FieldId>(key));
    return value.value();
  }
  // An absent array reads as empty.
  template <class T, class Read>
  Result<std::vector<T>> list(std::string_view key, Read read) const {
    std::vector<T> items;
    if (!has(key)) return items;
    TARN_ASSIGN(array values, get<array>(key));
    for (element value : values) {
      object inner;
      if (value.get(inner) != simdjson::SUCCESS)
        return wrong(fmt::format("\"{}\" holds something else than objects", key));
      TARN_ASSIGN(T item, read(Object(inner)));
      items.push_back(std::move(item));
    }
    return items;
  }
  Result<std::map<std::string, std::string>> texts(std::string_view key) const {
    std::map<std::string, std::string> map;
    if (!has(key)) return map;
    TARN_ASSIGN(object inner, get<object>(key));
    for (auto [name, value] : inner) {
      std::string_view text;
      if (value.get(text) != simdjson::SUCCESS)
        return wrong(fmt::format("\"{}\" holds something else than texts", key));
      map.emplace(name, text);
    }
    return map;
  }
  object json() const { return json_; }

 private:
  object json_;
};

class SchemaReader {
 public:
  Result<Schema> read(const Object& json) {
    Schema schema;
    if (json.has("schema-id")) {
      TARN_ASSIGN(schema.id, json.id<SchemaId>("schema-id"));
    }
    TARN_ASSIGN(schema.fields, fields(json, 0));
    return schema;
  }

 private:
  Result<std::vector<Field>> fields(const Object& json, int depth) {
    if (!json.has("fields")) return wrong("a struct has no \"fields\"");
    return json.list<Field>("fields", [&](const Object& field) { return read_field(field, depth); });
  }

  Result<Field> read_field(const Object& json, int depth) {
    Field field;
    TARN_ASSIGN(field.id, json.id<FieldId>("id"));
    TARN_ASSIGN(field.name, json.text("name"));
    TARN_ASSIGN(field.required, json.get<bool>("required"));
    TARN_ASSIGN(field.type, type(json, "type", depth));
    if (json.has("doc")) {
      TARN_ASSIGN(field.doc, json.text("doc"));
    }
    return field;
  }

  // The nameless field of a list or map: "element-id", "element-required", "element".
  Result<Field> part(const Object& json, std::string_view name, bool required, int depth) {
    if (++count_ > kColumnsMax) return fail(Code::kLimit, fmt::format("a schema may have {} fields", kColumnsMax));
    Field field{.name = std::string(name), .required = required};
    TARN_ASSIGN(field.id, json.id<FieldId>(fmt::format("{}-id", name)));
    if (!required) {
      TARN_ASSIGN(field.required, json.get<bool>(fmt::format("{}-required", name)));
    }
    TARN_ASSIGN(field.type, type(json, name, depth));
    return field;
  }

  Result<Type> type(const Object& json, std::string_view key, int depth) {
    if (++count_ > kColumnsMax) return fail(Code::kLimit, fmt::format("a schema may have {} fields", kColumnsMax));
    if (depth > kNestingMax) return fail(Code::kLimit, fmt::format("a schema may be nested {} deep", kNestingMax));
    TARN_ASSIGN(element value, json.get<element>(key));
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) return primitive(text);
    TARN_ASSIGN(object inner, json.get<object>(key));
    return nested(Object(inner), depth + 1);
  }

  Result<Type> nested(const Object& json, int depth) {
    TARN_ASSIGN(std::string_view kind, json.get<std::string_view>("type"));
    Type result;
    if (kind == "struct") {
      result.kind = TypeKind::kStruct;
      TARN_ASSIGN(result.children, fields(json, depth));
    } else if (kind == "list") {
      result.kind = TypeKind::kList;
      TARN_ASSIGN(Field element, part(json, "element", false, depth));
      result.children.push_back(std::move(element));
    } else if (kind == "map") {
      result.kind = TypeKind::kMap;
      TARN_ASSIGN(Field map_key, part(json, "key", true, depth));
      TARN_ASSIGN(Field map_value, part(json, "value", false, depth));
      result.children = {std::move(map_key), std::move(map_value)};
    } else {
      return wrong(fmt::format("\"{}\" is no nested type", kind));
    }
    return result;
  }

  static Result<Type> primitive(std::string_view text) {
    if (text.starts_with("fixed[") && text.ends_with(']')) {
      Type result{.kind = TypeKind::kFixed};
      std::string_view number = text.substr(6, text.size() - 7);
      auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), result.length);
      if (error != std::errc{} || end != number.data() + number.size() || result.length < 0)
        return wrong("a fixed type's length");
      return result;
    }
    auto result = parse_type(text);
    if (!result || result->is_nested()) return wrong(fmt::format("\"{}\" is no primitive type", text));
    return result;
  }

  std::size_t count_ = 0;
};

Result<PartitionSpec> read_spec(const Object& json) {
  PartitionSpec spec;
  TARN_ASSIGN(spec.spec_id, json.integer("spec-id"));
  TARN_ASSIGN(spec.fields, json.list<PartitionField>("fields", [](const Object& inner) -> Result<PartitionField> {
    PartitionField field;
    TARN_ASSIGN(field.source_id, inner.id<FieldId>("source-id"));
    TARN_ASSIGN(field.field_id, inner.integer("field-id"));
    TARN_ASSIGN(field.name, inner.text("name"));
    TARN_ASSIGN(field.transform, inner.text("transform"));
    return field;
  }));
  return spec;
}

Result<SortOrder> read_sort_order(const Object& json) {
  SortOrder order;
  TARN_ASSIGN(order.order_id, json.integer("order-id"));
  TARN_ASSIGN(order.fields, json.list<SortField>("fields", [](const Object& inner) -> Result<SortField> {
    SortField field;
    TARN_ASSIGN(field.source_id, inner.id<FieldId>("source-id"));
    TARN_ASSIGN(field.transform, inner.text("transform"));
    TARN_ASSIGN(std::string_view direction, inner.get<std::string_view>("direction"));
    TARN_ASSIGN(std::string_view nulls, inner.get<std::string_view>("null-order"));
    field.ascending = direction == "asc";
    field.nulls_first = nulls == "nulls-first";
    return field;
  }));
  return order;
}

Result<std::shared_ptr<const Snapshot>> read_snapshot(const Object& json) {
  Snapshot snapshot;
  TARN_ASSIGN(snapshot.id, json.id<SnapshotId>("snapshot-id"));
  if (json.has("parent-snapshot-id")) {
    TARN_ASSIGN(SnapshotId parent, json.id<SnapshotId>("parent-snapshot-id"));
    snapshot.parent = parent;
  }
  TARN_ASSIGN(snapshot.sequence_number, json.id<SequenceNumber>("sequence-number"));
  TARN_ASSIGN(snapshot.timestamp_ms, json.id<TimestampMs>("timestamp-ms"));
  TARN_ASSIGN(snapshot.manifest_list, json.text("manifest-list"));
  TARN_ASSIGN(snapshot.summary, json.texts("summary"));
  if (json.has("schema-id")) {
    TARN_ASSIGN(SchemaId schema, json.id<SchemaId>("schema-id"));
    snapshot.schema_id = schema;
  }
  return std::make_shared<const Snapshot>(std::move(snapshot));
}

Result<SnapshotLogEntry> read_snapshot_log_entry(const Object& json) {
  SnapshotLogEntry entry;
  TARN_ASSIGN(entry.timestamp_ms, json.id<TimestampMs>("timestamp-ms"));
  TARN_ASSIGN(entry.snapshot, json.id<SnapshotId>("snapshot-id"));
  return entry;
}

Result<MetadataLogEntry> read_metadata_log_entry(const Object& json) {
  MetadataLogEntry entry;
  TARN_ASSIGN(entry.timestamp_ms, json.id<TimestampMs>("timestamp-ms"));
  TARN_ASSIGN(entry.metadata_file, json.text("metadata-file"));
  return entry;
}

Result<SnapshotRef> read_ref(const Object& json) {
  SnapshotRef ref;
  TARN_ASSIGN(ref.snapshot, json.id<SnapshotId>("snapshot-id"));
  TARN_ASSIGN(std::string_view type, json.get<std::string_view>("type"));
  ref.is_tag = type == "tag";
  if (json.has("max-ref-age-ms")) {
    TARN_ASSIGN(ref.max_ref_age_ms, json.get<std::int64_t>("max-ref-age-ms"));
  }
  if (json.has("max-snapshot-age-ms")) {
    TARN_ASSIGN(ref.max_snapshot_age_ms, json.get<std::int64_t>("max-snapshot-age-ms"));
  }
  if (json.has("min-snapshots-to-keep")) {
    TARN_ASSIGN(ref.min_snapshots_to_keep, json.integer("min-snapshots-to-keep"));
  }
  return ref;
}

Result<void> read_refs(const Object& json, TableMetadata& metadata) {
  if (json.has("refs")) {
    TARN_ASSIGN(object refs, json.get<object>("refs"));
    for (auto [name, value] : refs) {
      object inner;
      if (value.get(inner) != simdjson::SUCCESS) return wrong("\"refs\" holds something else than objects");
      TARN_ASSIGN(metadata.refs[std::string(name)], read_ref(Object(inner)));
    }
  } else if (metadata.current_snapshot_id) {  // the spec's default
    metadata.refs[std::string(kMainRef)] = {.snapshot = *metadata.current_snapshot_id};
  }
  return {};
}

std::string kept_text(const Object& json, std::string_view key) {
  array kept;
  if (json.json()[key].get(kept) != simdjson::SUCCESS || kept.begin() == kept.end()) return "";
  return simdjson::minify(kept);
}

Result<void> read_ids(const Object& json, TableMetadata& metadata) {
  TARN_ASSIGN(std::string uuid, json.text("table-uuid"));
  std::optional<Uuid> parsed = Uuid::parse(uuid);
  if (!parsed) return wrong("\"table-uuid\" is no uuid");
  metadata.uuid = *parsed;
  TARN_ASSIGN(metadata.location, json.text("location"));
  TARN_ASSIGN(metadata.last_sequence_number, json.id<SequenceNumber>("last-sequence-number"));
  TARN_ASSIGN(metadata.last_updated_ms, json.id<TimestampMs>("last-updated-ms"));
  TARN_ASSIGN(metadata.last_column_id, json.id<FieldId>("last-column-id"));
  TARN_ASSIGN(metadata.current_schema_id, json.id<SchemaId>("current-schema-id"));
  TARN_ASSIGN(metadata.default_spec_id, json.integer("default-spec-id"));
  TARN_ASSIGN(metadata.last_partition_id, json.integer("last-partition-id"));
  TARN_ASSIGN(metadata.default_sort_order_id, json.integer("default-sort-order-id"));
  if (json.has("current-snapshot-id")) {
    TARN_ASSIGN(SnapshotId current, json.id<SnapshotId>("current-snapshot-id"));
    if (current != SnapshotId(-1)) metadata.current_snapshot_id = current;
  }
  return {};
}

template <class Items, class Id, class Member>
bool holds(const Items& items, Id id, Member member) {
  return std::ranges::find(items, id, member) != items.end();
}

Result<void> check_references(const TableMetadata& metadata) {
  if (!metadata.schema(metadata.current_schema_id)) return wrong("the current schema is missing");
  if (!holds(metadata.partition_specs, metadata.default_spec_id, &PartitionSpec::spec_id))
    return wrong("the default partition spec is missing");
  if (!holds(metadata.sort_orders, metadata.default_sort_order_id, &SortOrder::order_id))
    return wrong("the default sort order is missing");
  if (metadata.current_snapshot_id && !metadata.current_snapshot()) return wrong("the current snapshot is missing");
  for (const auto& [name, ref] : metadata.refs) {
    if (!metadata.snapshot(ref.snapshot)) return wrong(fmt::format("the snapshot of ref \"{}\" is missing", name));
  }
  return {};
}

Result<TableMetadata> read_metadata(const Object& json) {
  TARN_ASSIGN(std::int64_t version, json.get<std::int64_t>("format-version"));
  if (version != kFormatVersion)
    return fail(Code::kUnsupported,
                fmt::format("table metadata has format version {}, only {} is served", version, kFormatVersion));
  TableMetadata metadata;
  TARN_TRY(read_ids(json, metadata));
  TARN_ASSIGN(metadata.schemas,
              json.list<Schema>("schemas", [](const Object& inner) { return SchemaReader().read(inner); }));
  TARN_ASSIGN(metadata.partition_specs, json.list<PartitionSpec>("partition-specs", read_spec));
  TARN_ASSIGN(metadata.sort_orders, json.list<SortOrder>("sort-orders", read_sort_order));
  TARN_ASSIGN(metadata.properties, json.texts("properties"));
  TARN_ASSIGN(metadata.snapshots, json.list<std::shared_ptr<const Snapshot>>("snapshots", read_snapshot));
  TARN_ASSIGN(metadata.snapshot_log, json.list<SnapshotLogEntry>("snapshot-log", read_snapshot_log_entry));
  TARN_ASSIGN(metadata.metadata_log, json.list<MetadataLogEntry>("metadata-log", read_metadata_log_entry));
  TARN_TRY(read_refs(json, metadata));
  metadata.statistics = kept_text(json, "statistics");
  metadata.partition_statistics = kept_text(json, "partition-statistics");
  TARN_TRY(check_references(metadata));
  return metadata;
}

}  // namespace

Result<Schema> parse_schema(std::string_view json) {
  simdjson::dom::parser parser;
  object root;
  if (auto error = parser.parse(json.data(), json.size()).get(root))
    return wrong(fmt::format("a schema is no JSON object ({})", simdjson::error_message(error)));
  return SchemaReader().read(Object(root));
}

Result<TableMetadata> parse_metadata(std::string_view json) {
  if (json.size() > kMetadataBytesMax.count())
    return fail(Code::kLimit, fmt::format("table metadata of {} bytes is over the limit of {}", json.size(),
                                          kMetadataBytesMax.count()));
  simdjson::dom::parser parser;
  object root;
  if (auto error = parser.parse(json.data(), json.size()).get(root))
    return wrong(fmt::format("no JSON object ({})", simdjson::error_message(error)));
  return read_metadata(Object(root));
}

}  // namespace tarn::table
