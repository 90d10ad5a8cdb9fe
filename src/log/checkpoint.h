// The checkpoint: where the write-ahead log must be read from, and every partition's state as of then.
//
//   <data>/log/wal/checkpoint, replaced atomically. Little-endian.
//     0 u64 magic "TARNCKPT" | 8 u32 version | 12 u32 CRC-32C of all that follows
//    16 16  ring | u32 seed | u64 file_bytes                      the ring (wal_ring.h)
//       u64 generation | u64 position | u64 sequence | u32 run    read on from here (wal_format.h)
//       u8 clean                                                  1: by a clean stop
//       u32 count, then per partition u32 length and
//         16 topic | i32 partition | i64 log_start | i64 next
//         u32 count × 64-byte segment state (segment.h)
//         u32 count × (i32 epoch, i64 start)
//         u32 count × producer: i64 id | i16 epoch | i64 last_used | i32 expected | u8 count ×
//                               (i32 first_sequence, i32 last_sequence, i64 base, i64 last)
#pragma once

#include <optional>
#include <string>

#include "base/codec.h"
#include "base/result.h"
#include "host/files.h"
#include "log/wal_ring.h"

namespace tarn::log {

inline constexpr Bytes kCheckpointBytesMax = 1_GiB;

struct CheckpointHead {
  WalRingId ring;
  WalPosition position;
  bool clean = false;
};

struct Checkpoint {
  CheckpointHead head;
  Buffer content;             // the file
  std::size_t partitions_at;  // where in it the partitions' count is
};

host::Path checkpoint_path(const host::Path& log_folder);
// `partitions`: as Partition::sync() put them.
Result<void> write_checkpoint(host::Files& files, const host::Path& log_folder, const CheckpointHead& head,
                              std::uint32_t partition_count, ByteView partitions);
// nullopt: there is none. kCorruption if it is damaged.
Result<std::optional<Checkpoint>> read_checkpoint(host::Files& files, const host::Path& log_folder);

}  // namespace tarn::log
