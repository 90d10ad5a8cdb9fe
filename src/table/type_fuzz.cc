// Any text read as a type ends in a type that reads back the same, or an error; any bytes as a schema or data file too.
#include "base/assert.h"
#include "table/data_file.h"
#include "table/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn::table;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto type = parse_type(text); type && !type->is_nested()) TARN_ASSERT(parse_type(to_string(*type)) == *type);
  tarn::Decoder schema(tarn::as_bytes(text)), file(tarn::as_bytes(text));
  (void)decode_schema(schema);
  (void)decode_data_file(file);
  return 0;
}
