// Any bytes as what a start finds on disk. The first byte says where the rest goes: into the ring as it is, into the
// ring as records with right numbers and CRCs (so that the fuzzer gets past them), into the checkpoint with a right
// CRC, or behind the checkpointed end of a fsync=never segment. A start that succeeds is done again and must find the
// same.
#include <algorithm>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/endian.h"
#include "host/faulty_files.h"
#include "host/logging.h"
#include "log/recovery.h"
#include "log/testing.h"

namespace {

using namespace tarn;
using namespace tarn::log;

LogOptions options() {
  LogOptions tiny;
  tiny.wal_bytes = 256_KiB;
  tiny.wal_file_bytes = 64_KiB;
  return tiny;
}

void overwrite(host::Files& files, const host::Path& path, ByteView bytes, std::uint64_t at) {
  auto file = must(files.open(path, host::OpenMode::kCreate));
  must(file->write_at(bytes, Bytes(at)));
}

// Records of u8 kind, u16 length, body each; one group.
Buffer as_records(ByteView input, const CheckpointHead& head) {
  Buffer out;
  std::uint64_t sequence = head.position.sequence;
  std::uint32_t seed = head.ring.seed;
  while (input.size() >= 3) {
    std::size_t length = std::min<std::size_t>(load_le<std::uint16_t>(input.data() + 1), input.size() - 3);
    ByteView body = input.subspan(3, length);
    std::size_t at = out.size();
    out.resize(align_up(at + kWalRecordHeaderBytes + length, 8));
    auto kind = static_cast<WalKind>(1 + std::to_integer<unsigned>(input[0]) % 8);
    put_record_header(out.data() + at,
                      {crc32c(body, seed), static_cast<std::uint32_t>(length), kind, false, sequence++, 0,
                       head.position.generation, head.position.run},
                      seed);
    std::copy(body.begin(), body.end(), out.begin() + static_cast<std::ptrdiff_t>(at + kWalRecordHeaderBytes));
    input = input.subspan(3 + length);
  }
  if (out.size() > 60'000) out.resize(60'000);
  return out;
}

std::string outcome(host::Files& files) {
  TestHost host(files);
  LogOptions tiny = options();
  FileCache cache(files, 8, [](const Error&) {});
  Recovery recovery(host.host(), "data/log", tiny, cache, nullptr);
  auto recovered = recovery.run();
  if (!recovered) return "error";
  std::vector<std::string> ends;
  for (const auto& [id, partition] : recovered->partitions) {
    ends.push_back(id.topic.to_string() + std::to_string(id.partition.value()) + " " +
                   std::to_string(partition->next().value()));
  }
  std::ranges::sort(ends);
  std::string all;
  for (const std::string& end : ends) all += end + "\n";
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 50'000) return 0;
  host::set_log_level(host::Level::kOff);
  ByteView input{reinterpret_cast<const std::byte*>(data + 1), size - 1};
  host::FaultyFiles files(1);
  TestHost host(files);
  TopicId topic;
  {
    auto log = must(Log::open(host.host(), "data", options(), nullptr, nullptr));
    topic = must(log->create_topic({"t", 1, {{"tarn.fsync", "never"}}})).id;
  }
  Checkpoint checkpoint = std::move(*must(read_checkpoint(files, "data/log")));
  const CheckpointHead& head = checkpoint.head;
  switch (data[0] % 4) {
    case 0: overwrite(files, "data/log/wal/ring-000", input, head.position.position); break;
    case 1: overwrite(files, "data/log/wal/ring-000", as_records(input, head), head.position.position); break;
    case 2: {
      Buffer content(checkpoint.content.begin(), checkpoint.content.begin() + 16);
      content.insert(content.end(), input.begin(), input.end());
      store_le<std::uint32_t>(content.data() + 12, crc32c(input));
      must(host::write_file_atomically(files, "data/log/wal/checkpoint", content));
      break;
    }
    default: {
      host::Path folder = partition_folder("data/log", {topic, PartitionId(0)});
      must(files.make_dirs(folder));
      overwrite(files, host::join(folder, segment_file_name(Offset(0), ".log")), input, 0);
      overwrite(files, "data/log/wal/ring-000", as_records(as_bytes("\x07\x01"), head), head.position.position);
    }
  }
  std::string first = outcome(files);
  files.restart();
  TARN_ASSERT(outcome(files) == first, "a second start finds the same");
  return 0;
}
