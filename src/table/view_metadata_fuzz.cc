// Any bytes read as view metadata end in metadata that survives its own JSON form, or in an error.
#include "base/assert.h"
#include "table/view_metadata.h"

using namespace tarn::table;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto metadata = parse_view_metadata({reinterpret_cast<const char*>(data), size});
  if (!metadata) return 0;
  (void)metadata->version();
  auto again = parse_view_metadata(to_json(*metadata));
  TARN_ASSERT(again.has_value());
  TARN_ASSERT(again->schemas == metadata->schemas);
  return 0;
}
