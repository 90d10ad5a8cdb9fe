// Any bytes to each decompressor: the first byte chooses the codec.
#include "base/assert.h"
#include "wire/kafka/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn;
  using namespace tarn::wire::kafka;
  if (size == 0) return 0;
  static Decompressor decompressor;
  auto out = decompressor.decompress(static_cast<Compression>(data[0] % 6),
                                     {reinterpret_cast<const std::byte*>(data + 1), size - 1}, 1_MiB);
  TARN_ASSERT(!out || out->size() <= (1 << 20));
  return 0;
}
