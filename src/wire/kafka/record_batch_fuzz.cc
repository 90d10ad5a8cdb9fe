// Any bytes as a record batch (its CRC made right, so that the fuzzer gets past it), decompressed and read.
#include "base/crc32c.h"
#include "base/endian.h"
#include "wire/kafka/record_batch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn;
  using namespace tarn::wire::kafka;
  Buffer batch = to_buffer({reinterpret_cast<const std::byte*>(data), size});
  if (batch.size() >= kBatchHeaderBytes) {
    store_be<std::int32_t>(batch.data() + 8, static_cast<std::int32_t>(batch.size() - kBatchPrefixBytes));
    batch[16] = std::byte{2};
    store_be<std::uint32_t>(batch.data() + 17, crc32c(ByteView(batch).subspan(21)));
  }
  auto header = check_batch(batch);
  if (!header) return 0;
  static Decompressor decompressor;
  auto records = decompressor.decompress(header->codec(), ByteView(batch).subspan(kBatchHeaderBytes), 1_MiB);
  if (!records) return 0;
  RecordReader reader(*header, *records);
  Record record;
  while (reader.next(record)) {
  }
  (void)reader.status();
  return 0;
}
