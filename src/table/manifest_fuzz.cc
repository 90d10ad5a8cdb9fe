// Any bytes read as a manifest or manifest list, whole or behind a sound header, end in entries or an error.
#include "table/manifest.h"
#include "table/manifest_schema.h"
#include "wire/avro/container.h"

namespace {

// A container with one block that holds `bytes` and claims `count` objects.
tarn::Buffer with_header(std::string_view schema_json, std::int64_t count, tarn::ByteView bytes) {
  using namespace tarn::wire::avro;
  static const Schema any = *Schema::parse("\"null\"");
  tarn::Buffer file = ContainerWriter(any, schema_json, {}, Codec::kNull, {}).finish();
  put_long(file, count);
  put_long(file, static_cast<std::int64_t>(bytes.size()));
  file.insert(file.end(), bytes.begin(), bytes.end());
  file.resize(file.size() + 16);  // the sync marker, zeros too
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn::table;
  tarn::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  (void)read_manifest(bytes, {});
  (void)read_manifest_list(bytes);
  if (size == 0) return 0;
  (void)read_manifest(with_header(kManifestEntrySchema, data[0], bytes.subspan(1)), {});
  (void)read_manifest_list(with_header(kManifestFileSchema, data[0], bytes.subspan(1)));
  return 0;
}
