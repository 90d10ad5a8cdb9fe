// Any bytes read as a container end in a result or an error.
#include "wire/avro/container.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)tarn::wire::avro::read_container({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
