// A file system in memory that breaks on purpose, for tests. Deterministic: the same seed and the same calls give the
// same disk.
//
// What it models, as harshly as Linux and POSIX allow:
//   - A file has durable bytes and a list of un-synced writes and truncates. Power loss keeps, for each 512-byte
//   sector,
//     the state after any number of those operations, independent of other sectors, and the file's length after any of
//     them; a truncate that is dropped takes what came after it along.
//   - A folder has durable names and a list of un-synced changes (create, rename, remove). Power loss keeps any subset;
//     a rename is one change. sync() of a file does not make its name durable, sync_dir() of its folder does; a rename
//     between folders is durable with sync_dir() of the target. make_dirs() makes the folders it names durable.
//   - kill -9 keeps everything written so far (the page cache outlives the process), still un-synced.
//   - A sync that fails leaves any part of its data durable; the rest is never made durable by a later sync, though
//   reads
//     see it until power is lost. Names are kinder: a failed sync_dir() leaves them un-synced, as journals do.
//   - After a crash every call, on files opened before too, fails with kIo until restart().
//
// Every call on Files or File has a number, from 0. Typical use (see fault_sweep.h for all numbers and faults):
//
//   FaultyFiles files(seed);
//   files.inject(17, Fault::kPowerLoss);
//   run(files);                  // call 17 does a part of its work, or none; it and all after it fail
//   files.restart();
//   recover(files);              // what was acknowledged must be here
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "host/files.h"

namespace tarn::host {

enum class Call {
  kOpen,
  kExists,
  kRemove,
  kRename,
  kMakeDirs,
  kRemoveDirs,
  kList,
  kSyncDir,
  kLock,
  kSpace,  // of Files
  kRead,
  kWrite,
  kSync,
  kSize,
  kTruncate,
  kReserve,  // of File
};
inline constexpr std::size_t kCallKinds = 16;
const char* call_name(Call kind);

enum class Fault {
  kIo,         // nothing happens, kIo; a sync fails as described above
  kDiskFull,   // a write, or whatever needs room, does a part of it and returns kUnavailable; other calls succeed
  kTear,       // a write does a part of it, another change happens or not; kIo
  kKill,       // as kTear, then the process is dead: kill -9
  kPowerLoss,  // as kTear, then the machine is off
};
const char* fault_name(Fault fault);

// Thread-safe. Must outlive what it opened.
class FaultyFiles final : public Files {
 public:
  explicit FaultyFiles(std::uint64_t seed);
  ~FaultyFiles() override;

  // Faults. Each is taken once, but those of inject_from and inject_on, which hold until clear_faults().
  void inject(std::uint64_t call, Fault fault);
  void inject_from(std::uint64_t first_call, Fault fault);
  // On calls of `kind` whose path contains `path_part`.
  void inject_on(Call kind, std::string path_part, Fault fault);
  void clear_faults();
  // Dies here and now: kKill or kPowerLoss.
  void crash(Fault how);
  // Starts anew after a crash, or kills and starts: earlier files are closed and locks free. Faults stay injected.
  void restart();

  bool crashed() const;
  // Calls so far: also the number of the next one.
  std::uint64_t calls() const;
  std::uint64_t calls(Call kind) const;
  // Whether any call had the number of the last inject() or inject_from(), or a higher one. Stays true when faults are
  // cleared: a sweep ends where this is false.
  bool armed_call_reached() const;
  // The last call that met a fault: "call 17 (sync data/log/0.log): power-loss"; empty if none did.
  std::string last_fault() const;
  std::uint64_t faults_met() const;  // by calls

  // A disk of this size; files count with their length or reserved room. Lower than what is used: no more writes.
  void set_capacity(Bytes total);
  Bytes used() const;

  Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override;
  Result<bool> exists(const Path& path) override;
  Result<void> remove(const Path& path) override;
  Result<void> rename(const Path& from, const Path& to) override;
  Result<void> make_dirs(const Path& path) override;
  Result<void> remove_dirs(const Path& path) override;
  Result<std::vector<DirEntry>> list(const Path& path) override;
  Result<void> sync_dir(const Path& path) override;
  Result<std::unique_ptr<FileLock>> lock(const Path& path, bool exclusive) override;
  Result<Space> space(const Path& path) override;

 private:
  struct State;
  class OpenFile;
  class HeldLock;
  std::unique_ptr<State> state_;
};

}  // namespace tarn::host
