#include "host/sqlite_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <new>

#include "host/clock.h"
#include "host/random.h"

namespace tarn::host {

struct SqliteVfs::State {
  explicit State(Files& f) : files(f) {}

  Files& files;
  std::string name;
  std::string last_error;
  bool sync_failed = false;
  std::unique_ptr<Clock> clock = real_clock();
  std::unique_ptr<Random> random = real_random();
  sqlite3_vfs vfs{};

  // SQLite's number for an error: `number`, or SQLITE_FULL where the disk is.
  int failed(const Error& error, int number) {
    last_error = error.message;
    return error.code == Code::kUnavailable ? SQLITE_FULL : number;
  }
  int refuse_after_failed_sync(int number) {
    last_error = "an earlier sync failed: restart to recover from what is on disk";
    return number;
  }
};

namespace {

using Vfs = sqlite3_vfs;

constexpr int kSectorSize = 4096;
constexpr int kPathMax = 4096;
// The database's lock bytes (https://www.sqlite.org/fileformat.html, "The Lock-Byte Page").
constexpr off_t kLockBytes = 0x40000000;
constexpr off_t kLockBytesCount = 512;

// Lives in the memory that SQLite gives to xOpen; SQLite sees its first member.
struct VfsFile {
  sqlite3_file base;
  SqliteVfs::State* vfs;
  std::unique_ptr<File> file;
  Path path;
  bool name_synced;
};

VfsFile& self(sqlite3_file* file) { return *reinterpret_cast<VfsFile*>(file); }

int close_file(sqlite3_file* file) {
  self(file).~VfsFile();
  return SQLITE_OK;
}

int read_file_at(sqlite3_file* file, void* out, int count, sqlite3_int64 position) {
  VfsFile& f = self(file);
  MutableBytes bytes(static_cast<std::byte*>(out), static_cast<std::size_t>(count));
  auto got = f.file->read_at(bytes, Bytes(static_cast<std::uint64_t>(position)));
  if (!got) return f.vfs->failed(got.error(), SQLITE_IOERR_READ);
  if (*got == bytes.size()) return SQLITE_OK;
  std::memset(bytes.data() + *got, 0, bytes.size() - *got);
  return SQLITE_IOERR_SHORT_READ;
}

int write_file_at(sqlite3_file* file, const void* data, int count, sqlite3_int64 position) {
  VfsFile& f = self(file);
  if (f.vfs->sync_failed) return f.vfs->refuse_after_failed_sync(SQLITE_IOERR_WRITE);
  ByteView bytes(static_cast<const std::byte*>(data), static_cast<std::size_t>(count));
  auto written = f.file->write_at(bytes, Bytes(static_cast<std::uint64_t>(position)));
  return written ? SQLITE_OK : f.vfs->failed(written.error(), SQLITE_IOERR_WRITE);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  VfsFile& f = self(file);
  if (f.vfs->sync_failed) return f.vfs->refuse_after_failed_sync(SQLITE_IOERR_TRUNCATE);
  auto done = f.file->truncate(Bytes(static_cast<std::uint64_t>(size)));
  return done ? SQLITE_OK : f.vfs->failed(done.error(), SQLITE_IOERR_TRUNCATE);
}

int sync_file(sqlite3_file* file, int) {
  VfsFile& f = self(file);
  if (f.vfs->sync_failed) return f.vfs->refuse_after_failed_sync(SQLITE_IOERR_FSYNC);
  Result<void> synced = f.file->sync();
  if (synced && !f.name_synced) synced = f.vfs->files.sync_dir(parent(f.path));
  if (synced) {
    f.name_synced = true;
    return SQLITE_OK;
  }
  f.vfs->sync_failed = true;
  f.vfs->last_error = synced.error().message;
  return SQLITE_IOERR_FSYNC;
}

int file_size(sqlite3_file* file, sqlite3_int64* out) {
  VfsFile& f = self(file);
  auto size = f.file->size();
  if (!size) return f.vfs->failed(size.error(), SQLITE_IOERR_FSTAT);
  *out = static_cast<sqlite3_int64>(size->count());
  return SQLITE_OK;
}

// All of the lock bytes at once, whatever level is asked for: the connection is the only one. Released by closing.
int lock_file(sqlite3_file* file, int) {
  VfsFile& f = self(file);
  if (f.file->descriptor() < 0) return SQLITE_OK;
  struct flock range{};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = kLockBytes;
  range.l_len = kLockBytesCount;
  if (::fcntl(f.file->descriptor(), F_OFD_SETLK, &range) == 0) return SQLITE_OK;
  f.vfs->last_error = f.path + " is open in another program";
  return SQLITE_BUSY;
}

int unlock_file(sqlite3_file*, int) { return SQLITE_OK; }

int check_reserved_lock(sqlite3_file*, int* out) {
  *out = 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return kSectorSize; }
int device_characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

const sqlite3_io_methods kFileMethods = {
    .iVersion = 1,  // without shared memory and memory maps
    .xClose = close_file,
    .xRead = read_file_at,
    .xWrite = write_file_at,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
};

SqliteVfs::State& state_of(Vfs* vfs) { return *static_cast<SqliteVfs::State*>(vfs->pAppData); }

OpenMode mode_of(int flags) {
  if (!(flags & SQLITE_OPEN_READWRITE)) return OpenMode::kRead;
  if (!(flags & SQLITE_OPEN_CREATE)) return OpenMode::kReadWrite;
  return flags & SQLITE_OPEN_EXCLUSIVE ? OpenMode::kCreateNew : OpenMode::kCreate;
}

int open_file(Vfs* vfs, const char* name, sqlite3_file* out, int flags, int* out_flags) {
  out->pMethods = nullptr;
  SqliteVfs::State& state = state_of(vfs);
  if (!name) return SQLITE_CANTOPEN;  // temporary files: temp_store=MEMORY asks for none
  auto file = state.files.open(name, mode_of(flags));
  if (!file) return state.failed(file.error(), SQLITE_CANTOPEN);
  new (out) VfsFile{{&kFileMethods}, &state, std::move(*file), name, false};
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(Vfs* vfs, const char* name, int sync_folder) {
  SqliteVfs::State& state = state_of(vfs);
  auto removed = state.files.remove(name);
  if (!removed && removed.error().code == Code::kNotFound) return SQLITE_IOERR_DELETE_NOENT;
  if (!removed) return state.failed(removed.error(), SQLITE_IOERR_DELETE);
  if (!sync_folder) return SQLITE_OK;
  auto synced = state.files.sync_dir(parent(name));
  if (synced) return SQLITE_OK;
  state.sync_failed = true;
  state.last_error = synced.error().message;
  return SQLITE_IOERR_DIR_FSYNC;
}

int access_file(Vfs* vfs, const char* name, int, int* out) {
  SqliteVfs::State& state = state_of(vfs);
  auto there = state.files.exists(name);
  if (!there) return state.failed(there.error(), SQLITE_IOERR_ACCESS);
  *out = *there;
  return SQLITE_OK;
}

int full_path(Vfs*, const char* name, int size, char* out) {
  std::size_t length = std::strlen(name);
  if (length >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(out, name, length + 1);
  return SQLITE_OK;
}

int randomness(Vfs* vfs, int count, char* out) {
  state_of(vfs).random->fill({reinterpret_cast<std::byte*>(out), static_cast<std::size_t>(count)});
  return count;
}

int sleep_no(Vfs*, int) { return 0; }  // only waiting for locks sleeps, and there is nobody to wait for

int current_time_ms(Vfs* vfs, sqlite3_int64* out) {
  constexpr sqlite3_int64 kUnixEpochMs = 210'866'760'000'000;  // in milliseconds of Julian days
  *out = kUnixEpochMs + state_of(vfs).clock->wall_ms().value();
  return SQLITE_OK;
}

int current_time(Vfs* vfs, double* out) {
  sqlite3_int64 ms = 0;
  current_time_ms(vfs, &ms);
  *out = static_cast<double>(ms) / 86'400'000.0;
  return SQLITE_OK;
}

int last_error_number(Vfs*, int, char*) { return 0; }

}  // namespace

SqliteVfs::SqliteVfs(Files& files) : state_(std::make_unique<State>(files)) {
  static std::atomic<std::uint64_t> registered = 0;
  state_->name = "tarn-" + std::to_string(++registered);
  state_->vfs = sqlite3_vfs{
      .iVersion = 2,
      .szOsFile = sizeof(VfsFile),
      .mxPathname = kPathMax,
      .zName = state_->name.c_str(),
      .pAppData = state_.get(),
      .xOpen = open_file,
      .xDelete = delete_file,
      .xAccess = access_file,
      .xFullPathname = full_path,
      .xRandomness = randomness,
      .xSleep = sleep_no,
      .xCurrentTime = current_time,
      .xGetLastError = last_error_number,
      .xCurrentTimeInt64 = current_time_ms,
  };
  sqlite3_vfs_register(&state_->vfs, 0);
}

SqliteVfs::~SqliteVfs() { sqlite3_vfs_unregister(&state_->vfs); }

const std::string& SqliteVfs::name() const { return state_->name; }
const std::string& SqliteVfs::last_error() const { return state_->last_error; }

}  // namespace tarn::host
