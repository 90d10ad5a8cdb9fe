// Any bytes end in values or an error: as a container, as a schema, and as a block of a container whose header is
// whole.
#include "base/assert.h"
#include "wire/avro/container.h"

namespace {

using namespace tarn::wire::avro;

constexpr std::string_view kSchemaJson = R"({"type":"record","name":"r","fields":[
  {"name":"a","type":["null","long"]},{"name":"b","type":"string"},{"name":"c","type":{"type":"array","items":"int"}},
  {"name":"d","type":{"type":"map","values":"double"}},{"name":"e","type":{"type":"fixed","name":"f","size":2}},
  {"name":"g","type":["null","r"]},{"name":"h","type":{"type":"array","items":"null"}}]})";

void read_block(tarn::ByteView bytes) {
  static const Schema schema = *Schema::parse(kSchemaJson);
  BinaryReader reader(bytes, 4 * bytes.size());
  auto value = reader.read(schema);
  if (!value) return;
  tarn::Buffer once, twice;
  TARN_ASSERT(encode(schema, *value, once).has_value());
  TARN_ASSERT(encode(schema, *BinaryReader(once, 4 * bytes.size()).read(schema), twice).has_value());
  TARN_ASSERT(once == twice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tarn::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  (void)read_container(bytes);
  (void)Schema::parse(tarn::as_text(bytes));
  read_block(bytes);
  return 0;
}
