#include "table/manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "table/avro_record.h"
#include "table/manifest_schema.h"
#include "wire/avro/container.h"

namespace tarn::table {
namespace {

using wire::avro::Schema;
using wire::avro::Value;

const Schema& entry_schema() {
  static const Schema kSchema = [] {
    auto schema = Schema::parse(kManifestEntrySchema);
    TARN_ASSERT(schema.has_value(), "it is ours");
    return std::move(*schema);
  }();
  return kSchema;
}

template <class T>
Value optional_id(const std::optional<T>& id) {
  return id ? Value(id->value()) : Value();
}

// An empty map is written as null: "not collected" and "no column" are one.
template <class T>
Value map_value(const std::map<std::int32_t, T>& map) {
  if (map.empty()) return {};
  Value::List items;
  items.reserve(map.size());
  for (const auto& [key, value] : map) {
    Value::List pair;
    pair.emplace_back(std::int64_t{key});
    pair.emplace_back(value);
    items.emplace_back(std::move(pair));
  }
  return items;
}

Value split_offsets_value(const std::vector<std::int64_t>& offsets) {
  if (offsets.empty()) return {};
  return Value::List(offsets.begin(), offsets.end());
}

Value data_file_value(const DataFile& file) {
  Value::List fields;
  fields.reserve(16);
  fields.emplace_back(static_cast<std::int64_t>(file.content));
  fields.emplace_back(file.file_path);
  fields.emplace_back("PARQUET");
  fields.emplace_back(Value::List{});  // partition
  fields.emplace_back(file.record_count);
  fields.emplace_back(static_cast<std::int64_t>(file.file_size_in_bytes.count()));
  fields.push_back(map_value(file.column_sizes));
  fields.push_back(map_value(file.value_counts));
  fields.push_back(map_value(file.null_value_counts));
  fields.push_back(map_value(file.nan_value_counts));
  fields.push_back(map_value(file.lower_bounds));
  fields.push_back(map_value(file.upper_bounds));
  fields.emplace_back();  // key_metadata
  fields.push_back(split_offsets_value(file.split_offsets));
  fields.emplace_back();                                                                    // equality_ids
  fields.push_back(file.content == FileContent::kData ? Value(std::int64_t{0}) : Value());  // sort_order_id
  return fields;
}

Value entry_value(const ManifestEntry& entry) {
  bool inherits = entry.status == EntryStatus::kAdded;
  TARN_ASSERT(inherits || (entry.sequence_number && entry.file_sequence_number), "only added entries inherit");
  Value::List fields;
  fields.emplace_back(static_cast<std::int64_t>(entry.status));
  fields.push_back(optional_id(entry.snapshot_id));
  fields.push_back(inherits ? Value() : optional_id(entry.sequence_number));
  fields.push_back(inherits ? Value() : optional_id(entry.file_sequence_number));
  fields.push_back(data_file_value(entry.file));
  return fields;
}

// Counts one entry into its manifest's line.
void count(const ManifestEntry& entry, ManifestFile& listed) {
  switch (entry.status) {
    case EntryStatus::kAdded:
      ++listed.added_files;
      listed.added_rows += entry.file.record_count;
      break;
    case EntryStatus::kExisting:
      ++listed.existing_files;
      listed.existing_rows += entry.file.record_count;
      break;
    case EntryStatus::kDeleted:
      ++listed.deleted_files;
      listed.deleted_rows += entry.file.record_count;
      return;  // not live: its age is of no interest
  }
  if (entry.status == EntryStatus::kExisting)
    listed.min_sequence_number = std::min(listed.min_sequence_number, *entry.sequence_number);
}

Result<DataFile> read_data_file(AvroRecord record) {
  DataFile file;
  std::int64_t content = record.integer(134).value_or(0);
  if (content < 0 || content > static_cast<std::int64_t>(FileContent::kEqualityDeletes))
    return fail(Code::kCorruption, "manifest: a data file has an unknown content");
  file.content = static_cast<FileContent>(content);
  file.file_path = record.required_text(100);
  std::string format = record.required_text(101);
  file.record_count = record.required_integer(103);
  file.file_size_in_bytes = Bytes(static_cast<std::uint64_t>(record.required_integer(104)));
  record.map(108, file.column_sizes);
  record.map(109, file.value_counts);
  record.map(110, file.null_value_counts);
  record.map(137, file.nan_value_counts);
  record.map(125, file.lower_bounds);
  record.map(128, file.upper_bounds);
  file.split_offsets = record.integers(132);
  if (record.bad()) return fail(Code::kCorruption, "manifest: a data file lacks a required field");
  if (!std::ranges::equal(format, std::string_view("parquet"), {}, [](unsigned char c) { return std::tolower(c); }))
    return fail(Code::kUnsupported, fmt::format("manifest: files of format {} are not served", format));
  return file;
}

Result<ManifestEntry> read_entry(AvroRecord record, const ManifestFile& listed) {
  ManifestEntry entry;
  std::int64_t status = record.required_integer(0);
  auto file = record.record(2);
  if (record.bad() || !file || status < 0 || status > static_cast<std::int64_t>(EntryStatus::kDeleted))
    return fail(Code::kCorruption, "manifest: an entry lacks a required field");
  entry.status = static_cast<EntryStatus>(status);
  entry.snapshot_id = SnapshotId(record.integer(1).value_or(listed.added_snapshot_id.value()));
  auto sequence_number = record.integer(3), file_sequence_number = record.integer(4);
  if (entry.status != EntryStatus::kAdded && !(sequence_number && file_sequence_number))
    return fail(Code::kCorruption, "manifest: an entry that is not new has no sequence number");
  entry.sequence_number = SequenceNumber(sequence_number.value_or(listed.sequence_number.value()));
  entry.file_sequence_number = SequenceNumber(file_sequence_number.value_or(listed.sequence_number.value()));
  TARN_ASSIGN(entry.file, read_data_file(*file));
  return entry;
}

}  // namespace

Result<NewManifest> write_manifest(std::string path, ManifestContent content, std::span<const ManifestEntry> entries,
                                   const TableMetadata& metadata, SnapshotId snapshot, SequenceNumber sequence_number,
                                   const Uuid& sync) {
  const PartitionSpec& spec = metadata.spec();
  if (!spec.fields.empty())
    return fail(Code::kUnsupported,
                fmt::format("table at {}: writing to partitioned tables is not served yet", metadata.location));
  std::map<std::string, std::string> keys{{"schema", to_json(metadata.schema())},
                                          {"schema-id", std::to_string(metadata.current_schema_id.value())},
                                          {"partition-spec", to_json(spec)},
                                          {"partition-spec-id", std::to_string(spec.spec_id)},
                                          {"format-version", std::to_string(kFormatVersion)},
                                          {"content", content == ManifestContent::kData ? "data" : "deletes"}};
  wire::avro::ContainerWriter writer(entry_schema(), kManifestEntrySchema, keys, wire::avro::Codec::kDeflate, sync);
  NewManifest manifest{.listed = {.path = std::move(path),
                                  .partition_spec_id = spec.spec_id,
                                  .content = content,
                                  .sequence_number = sequence_number,
                                  .min_sequence_number = sequence_number,
                                  .added_snapshot_id = snapshot}};
  for (const ManifestEntry& entry : entries) {
    TARN_TRY(writer.append(entry_value(entry)));
    count(entry, manifest.listed);
  }
  manifest.bytes = writer.finish();
  manifest.listed.length = Bytes(manifest.bytes.size());
  return manifest;
}

Result<std::vector<ManifestEntry>> read_manifest(ByteView file, const ManifestFile& listed) {
  TARN_ASSIGN(wire::avro::Container container, wire::avro::read_container(file));
  if (container.schema.root().kind != wire::avro::Kind::kRecord)
    return fail(Code::kCorruption, "manifest: it holds no records");
  std::vector<ManifestEntry> entries;
  entries.reserve(container.values.size());
  for (const Value& value : container.values) {
    TARN_ASSIGN(ManifestEntry entry, read_entry(AvroRecord(container.schema, container.schema.root(), value), listed));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace tarn::table
