#include "base/assert.h"
#include "table/avro_record.h"
#include "table/manifest.h"
#include "table/manifest_schema.h"
#include "wire/avro/container.h"

namespace tarn::table {
namespace {

using wire::avro::Schema;
using wire::avro::Value;

const Schema& list_schema() {
  static const Schema kSchema = [] {
    auto schema = Schema::parse(kManifestFileSchema);
    TARN_ASSERT(schema.has_value(), "it is ours");
    return std::move(*schema);
  }();
  return kSchema;
}

Value manifest_value(const ManifestFile& manifest) {
  Value::List fields;
  fields.emplace_back(manifest.path);
  fields.emplace_back(static_cast<std::int64_t>(manifest.length.count()));
  fields.emplace_back(std::int64_t{manifest.partition_spec_id});
  fields.emplace_back(static_cast<std::int64_t>(manifest.content));
  fields.emplace_back(manifest.sequence_number.value());
  fields.emplace_back(manifest.min_sequence_number.value());
  fields.emplace_back(manifest.added_snapshot_id.value());
  fields.emplace_back(manifest.added_files);
  fields.emplace_back(manifest.existing_files);
  fields.emplace_back(manifest.deleted_files);
  fields.emplace_back(manifest.added_rows);
  fields.emplace_back(manifest.existing_rows);
  fields.emplace_back(manifest.deleted_rows);
  fields.emplace_back(Value::List{});  // partitions: one summary a partition field, and there is none
  fields.emplace_back();               // key_metadata
  return fields;
}

Result<ManifestFile> read_manifest_file(AvroRecord record) {
  ManifestFile manifest;
  manifest.path = record.required_text(500);
  manifest.length = Bytes(static_cast<std::uint64_t>(record.required_integer(501)));
  manifest.partition_spec_id = static_cast<std::int32_t>(record.required_integer(502));
  std::int64_t content = record.integer(517).value_or(0);
  manifest.sequence_number = SequenceNumber(record.integer(515).value_or(0));
  manifest.min_sequence_number = SequenceNumber(record.integer(516).value_or(0));
  manifest.added_snapshot_id = SnapshotId(record.required_integer(503));
  manifest.added_files = record.required_integer(504);
  manifest.existing_files = record.required_integer(505);
  manifest.deleted_files = record.required_integer(506);
  manifest.added_rows = record.required_integer(512);
  manifest.existing_rows = record.required_integer(513);
  manifest.deleted_rows = record.required_integer(514);
  if (record.bad() || content < 0 || content > 1)
    return fail(Code::kCorruption, "manifest list: a required field is missing or wrong");
  manifest.content = static_cast<ManifestContent>(content);
  return manifest;
}

}  // namespace

Result<Buffer> write_manifest_list(std::span<const ManifestFile> manifests, const Snapshot& snapshot,
                                   const Uuid& sync) {
  std::map<std::string, std::string> keys{
      {"snapshot-id", std::to_string(snapshot.id.value())},
      {"parent-snapshot-id", snapshot.parent ? std::to_string(snapshot.parent->value()) : "null"},
      {"sequence-number", std::to_string(snapshot.sequence_number.value())},
      {"format-version", std::to_string(kFormatVersion)}};
  wire::avro::ContainerWriter writer(list_schema(), kManifestFileSchema, keys, wire::avro::Codec::kDeflate, sync);
  for (const ManifestFile& manifest : manifests) TARN_TRY(writer.append(manifest_value(manifest)));
  return writer.finish();
}

Result<std::vector<ManifestFile>> read_manifest_list(ByteView file) {
  TARN_ASSIGN(wire::avro::Container container, wire::avro::read_container(file));
  if (container.schema.root().kind != wire::avro::Kind::kRecord)
    return fail(Code::kCorruption, "manifest list: it holds no records");
  std::vector<ManifestFile> manifests;
  for (const Value& value : container.values) {
    TARN_ASSIGN(ManifestFile manifest,
                read_manifest_file(AvroRecord(container.schema, container.schema.root(), value)));
    manifests.push_back(std::move(manifest));
  }
  return manifests;
}

}  // namespace tarn::table
