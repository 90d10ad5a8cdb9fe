// Any bytes as a segment: records, or an error, within bounds. CRCs are set right first, or nothing would get past
// them.
#include <cstring>

#include "base/crc32c.h"
#include "base/endian.h"
#include "host/faulty_files.h"
#include "worker/land/json_decoder.h"
#include "worker/land/record_source.h"

using namespace tarn;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Buffer bytes(size);
  if (size != 0) std::memcpy(bytes.data(), data, size);
  std::size_t at = 0;
  while (bytes.size() - at >= wire::kafka::kBatchHeaderBytes) {
    auto header = wire::kafka::parse_batch_header(ByteView(bytes).subspan(at));
    if (!header || header->size() > bytes.size() - at) break;
    ByteView covered = ByteView(bytes).subspan(at + 21, header->size() - 21);
    store_be<std::uint32_t>(bytes.data() + at + 17, crc32c(covered));
    at += header->size();
  }
  host::FaultyFiles files(1);
  auto file = files.open("segment", host::OpenMode::kCreate);
  if (!(*file)->write_at(bytes, 0_B)) return 0;
  std::vector<std::unique_ptr<host::File>> opened;
  opened.push_back(std::move(*file));
  worker::land::RecordSource source;
  unsigned sum = 0;
  auto take = [&](const worker::land::SourceRecord& record) {
    if (record.record.value) {
      const std::byte* end = record.record.value->data() + record.record.value->size();
      if (record.broken.empty())
        for (std::size_t i = 0; i < worker::land::kJsonPadding; ++i) sum += std::to_integer<unsigned>(end[i]);
    }
    return ++sum != 0;
  };
  (void)source.read({{0_B, Bytes(size)}}, opened, Offset(0), Offset(INT64_MAX), take);
  return 0;
}
