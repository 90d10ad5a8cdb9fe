// The file system, behind an interface that tests can break.
//
// Real: RealFiles (files_real.cc), Linux only. Fake: FaultyFiles (faulty_files.h), in memory, which can fail any call,
// tear and reorder what was not synced, fill up, and crash at any call.
//
// What every caller has to know about durability, on both:
//   - bytes written are durable after File::sync() returned success, and the file's name after sync_dir() of its
//   folder;
//   - until then a crash may keep any subset of the un-synced writes, in any order, torn at any 512-byte sector;
//   - a failed sync means: unknown, and a second sync that succeeds proves nothing (the kernel may have dropped the
//   dirty
//     pages). Nobody retries a sync; the caller stops what depended on it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tarn::host {

class Descriptor;  // channel.h

using Path = std::string;  // '/'-separated, absolute or relative to the process's folder

// "a/b" from "a" and "b".
Path join(std::string_view folder, std::string_view name);
// "a/b" of "a/b/c"; "." if there is no slash.
Path parent(std::string_view path);

// An open file. Reads and writes name their position, so threads may share one; sync covers all writes that returned
// before it began. Closing neither syncs nor fails.
class File {
 public:
  virtual ~File() = default;

  // Reads up to out.size() bytes from `position`; returns how many, fewer only at the end of the file.
  virtual Result<std::size_t> read_at(MutableBytes out, Bytes position) = 0;
  // Writes all of `data` at `position`, growing the file as needed. kIo, or kUnavailable when the disk is full;
  // either may leave part of it written.
  virtual Result<void> write_at(ByteView data, Bytes position) = 0;
  // fdatasync: data and the file's length.
  virtual Result<void> sync() = 0;
  virtual Result<Bytes> size() = 0;
  virtual Result<void> truncate(Bytes size) = 0;
  // Reserves room on disk without changing the size (fallocate with KEEP_SIZE). kUnavailable when the disk is full.
  virtual Result<void> reserve(Bytes size) = 0;
  // The descriptor, to send to another process or to sendfile from; -1 in fakes.
  virtual int descriptor() const = 0;
  virtual const Path& path() const = 0;  // as it was opened, for messages
};

enum class OpenMode {
  kRead,       // must exist; read only
  kReadWrite,  // must exist
  kCreate,     // made if missing, kept if there
  kCreateNew,  // must not exist
};

// Held while the object lives; released by its end or the process's death.
class FileLock {
 public:
  virtual ~FileLock() = default;
  // The descriptor that carries the lock (flock): a child that inherits it holds the lock too. -1 in fakes.
  virtual int descriptor() const = 0;
};

struct DirEntry {
  std::string name;
  bool is_dir = false;
};

struct Space {
  Bytes total;
  Bytes available;  // to us
};

// Thread-safe. Errors: kNotFound for a missing file or folder, kAlreadyExists from kCreateNew, kUnavailable for a full
// disk or too many open files, kIo for the rest; messages name the path and errno's text.
class Files {
 public:
  virtual ~Files() = default;

  virtual Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) = 0;
  virtual Result<bool> exists(const Path& path) = 0;
  virtual Result<void> remove(const Path& path) = 0;                  // a file
  virtual Result<void> rename(const Path& from, const Path& to) = 0;  // atomic; replaces `to`
  virtual Result<void> make_dirs(const Path& path) = 0;               // like mkdir -p; syncs each parent it adds to
  virtual Result<void> remove_dirs(const Path& path) = 0;             // like rm -r; fine if missing
  virtual Result<std::vector<DirEntry>> list(const Path& path) = 0;   // sorted by name, without . and ..
  virtual Result<void> sync_dir(const Path& path) = 0;                // makes names in this folder durable
  // Exclusive or shared advisory lock on a file (made if missing). kUnavailable at once if another holds it.
  virtual Result<std::unique_ptr<FileLock>> lock(const Path& path, bool exclusive) = 0;
  virtual Result<Space> space(const Path& path) = 0;
};

// Whole-file conveniences over the interface.
Result<Buffer> read_file(Files& files, const Path& path, Bytes limit);
// Writes `path`.tmp, syncs it, renames it over `path`, syncs the folder: readers see the old or the new, whole.
Result<void> write_file_atomically(Files& files, const Path& path, ByteView content);

// The kernel's file system.
std::unique_ptr<Files> real_files();
// A file that another process opened and sent here; `name` is for messages.
std::unique_ptr<File> received_file(Descriptor descriptor, Path name);

}  // namespace tarn::host
