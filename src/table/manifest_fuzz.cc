// Any bytes read as a manifest or manifest list end in entries or an error.
#include "table/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn::table;
  tarn::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  (void)read_manifest(bytes, {});
  (void)read_manifest_list(bytes);
  return 0;
}
