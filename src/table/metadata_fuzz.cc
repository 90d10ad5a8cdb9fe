// Any bytes read as table metadata end in metadata that survives its own JSON form, or in an error.
#include "base/assert.h"
#include "table/metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn::table;
  auto metadata = parse_metadata({reinterpret_cast<const char*>(data), size});
  if (!metadata) return 0;
  auto again = parse_metadata(to_json(*metadata));
  TARN_ASSERT(again.has_value());
  TARN_ASSERT(again->schemas == metadata->schemas);
  return 0;
}
