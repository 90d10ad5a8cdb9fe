#include "log/checkpoint.h"

#include <fmt/format.h>

#include "base/crc32c.h"

namespace tarn::log {
namespace {

constexpr std::uint64_t kMagic = 0x54504B434E524154;  // "TARNCKPT" read little-endian
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kBodyAt = 16;

std::unexpected<Error> damaged(const host::Path& path, std::string_view why) {
  return fail(Code::kCorruption, fmt::format("{} is damaged ({}); restore the data folder from a backup", path, why));
}

}  // namespace

host::Path checkpoint_path(const host::Path& log_folder) { return host::join(log_folder, "wal/checkpoint"); }

Result<void> write_checkpoint(host::Files& files, const host::Path& log_folder, const CheckpointHead& head,
                              std::uint32_t partition_count, ByteView partitions) {
  Encoder body;
  body.put(head.ring.ring);
  body.put(head.ring.seed);
  body.put(head.ring.file_bytes);
  body.put(head.position.generation);
  body.put(head.position.position);
  body.put(head.position.sequence);
  body.put(head.position.run);
  body.put(head.clean);
  body.put(partition_count);
  Encoder content;
  content.put(kMagic);
  content.put(kVersion);
  content.put(crc32c(partitions, crc32c(body.bytes())));
  Buffer bytes = content.take();
  bytes.insert(bytes.end(), body.bytes().begin(), body.bytes().end());
  bytes.insert(bytes.end(), partitions.begin(), partitions.end());
  return host::write_file_atomically(files, checkpoint_path(log_folder), bytes);
}

Result<std::optional<Checkpoint>> read_checkpoint(host::Files& files, const host::Path& log_folder) {
  host::Path path = checkpoint_path(log_folder);
  TARN_ASSIGN(bool there, files.exists(path));
  if (!there) return std::optional<Checkpoint>();
  Checkpoint read;
  TARN_ASSIGN(read.content, host::read_file(files, path, kCheckpointBytesMax));
  Decoder in(read.content);
  if (in.get<std::uint64_t>() != kMagic || !in.ok()) return damaged(path, "it does not begin as one");
  if (auto version = in.get<std::uint32_t>(); version != kVersion) {
    return fail(Code::kUnsupported, fmt::format("{} has version {}, this program reads {}; start the newer program",
                                                path, version, kVersion));
  }
  auto crc = in.get<std::uint32_t>();
  if (!in.ok() || crc != crc32c(ByteView(read.content).subspan(kBodyAt))) return damaged(path, "its CRC is wrong");
  CheckpointHead& head = read.head;
  head.ring.ring = in.get_uuid();
  head.ring.seed = in.get<std::uint32_t>();
  head.ring.file_bytes = in.get<std::uint64_t>();
  head.position.generation = in.get<std::uint64_t>();
  head.position.position = in.get<std::uint64_t>();
  head.position.sequence = in.get<std::uint64_t>();
  head.position.run = in.get<std::uint32_t>();
  head.clean = in.get_bool();
  if (!in.ok() || head.ring.file_bytes < kWalFileBytesMin.count() || head.ring.file_bytes % kWalBlockBytes != 0 ||
      head.ring.file_bytes > kCheckpointBytesMax.count() || head.position.sequence == 0 ||
      head.position.position > head.ring.file_bytes || head.position.position % kWalBlockBytes != 0) {
    return damaged(path, "its head is impossible");
  }
  read.partitions_at = in.position();
  return read;
}

}  // namespace tarn::log
