// The files of the write-ahead log's ring: made and pre-written once, then used again and again, each use under a new
// generation.
//
//          take()                          release_before(): a checkpoint covers it
//   free ──────────> in use, generation g ──────────────────────────────────────────> free
//
// A file's header, with its new generation, is durable before any record goes there.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.h"
#include "host/files.h"
#include "log/wal_format.h"

namespace tarn::log {

inline constexpr std::size_t kWalFilesMin = 3;  // one being written, one ready, one under checkpoint
inline constexpr Bytes kWalFileBytesMin = 64_KiB;

// What stays the same as long as the ring lives; kept in the checkpoint and in each file's header.
struct WalRingId {
  Uuid ring;
  std::uint32_t seed = 0;
  std::uint64_t file_bytes = 0;
};

struct WalFile {
  host::Path path;
  std::shared_ptr<host::File> file;
  std::uint64_t generation = 0;  // 0: never used
  bool in_use = false;
};

// Thread-safe.
class WalRing {
 public:
  // Opens what is in `folder`. All files are free until keep() says otherwise.
  static Result<std::unique_ptr<WalRing>> open(host::Files& files, host::Path folder, WalRingId id,
                                               std::size_t files_max);
  const WalRingId& id() const { return id_; }
  // The largest record (header and body) that fits.
  std::size_t record_bytes_max() const { return id_.file_bytes - 3 * kWalBlockBytes; }
  std::uint64_t bytes_max() const { return id_.file_bytes * files_max_; }

  // The file of a generation, if there is one.
  std::optional<WalFile> find(std::uint64_t generation) const;
  std::vector<std::uint64_t> generations() const;  // ascending, of files that were ever used
  void keep(std::uint64_t generation);             // recovery: in use
  Result<void> remove_strangers();                 // what was not fully made, or is an older ring's

  // A free file, made ready under the next generation. Waits for one until stop().
  // Errors: kUnavailable after stop(); kIo.
  Result<WalFile> take();
  // True if take() would have to wait, or the next one will.
  bool is_short() const;
  // True if take() is waiting.
  bool is_starved() const;
  // Makes one more file if the ring may grow and none is free. Errors: kUnavailable (disk full), kIo.
  Result<void> grow();
  bool may_grow() const;
  void release_before(std::uint64_t generation);
  void stop();

 private:
  WalRing(host::Files& files, host::Path folder, WalRingId id, std::size_t files_max)
      : files_(files), folder_(std::move(folder)), id_(id), files_max_(files_max) {}
  Result<void> scan();
  Result<bool> adopt(const host::Path& path);
  Result<void> write_zeros(host::File& file);
  WalFile* free_file();

  host::Files& files_;
  const host::Path folder_;
  const WalRingId id_;
  const std::size_t files_max_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<WalFile> ring_;
  std::vector<host::Path> strangers_;
  std::uint64_t last_generation_ = 0;
  std::size_t next_name_ = 0;
  bool starved_ = false;
  bool stopped_ = false;
};

}  // namespace tarn::log
