// Files over Linux system calls.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <unordered_set>

#include "host/channel.h"
#include "host/errno_error.h"
#include "host/files.h"

namespace tarn::host {
namespace {

// Folders whose names make_dirs knows to be durable; forgotten all at once when full.
constexpr std::size_t kDurableFoldersMax = 4096;

class RealFile final : public File {
 public:
  RealFile(Descriptor descriptor, Path path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<std::size_t> read_at(MutableBytes out, Bytes position) override {
    std::size_t done = 0;
    while (done < out.size()) {
      ssize_t got = retry_interrupted([&] {
        return ::pread(descriptor(), out.data() + done, out.size() - done, static_cast<off_t>(position.count() + done));
      });
      if (got < 0) return fail_errno("read", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Result<void> write_at(ByteView data, Bytes position) override {
    std::size_t done = 0;
    while (done < data.size()) {
      ssize_t put = retry_interrupted([&] {
        return ::pwrite(descriptor(), data.data() + done, data.size() - done,
                        static_cast<off_t>(position.count() + done));
      });
      if (put < 0) return fail_errno("write", path_);
      done += static_cast<std::size_t>(put);
    }
    return {};
  }

  // Not retried on EINTR: whether an interrupted sync has reported and forgotten an error is not ours to guess.
  Result<void> sync() override {
    if (::fdatasync(descriptor()) != 0) return fail_errno("sync", path_);
    return {};
  }

  Result<Bytes> size() override {
    struct stat status;
    if (::fstat(descriptor(), &status) != 0) return fail_errno("read the size of", path_);
    return Bytes(static_cast<std::uint64_t>(status.st_size));
  }

  Result<void> truncate(Bytes size) override {
    if (retry_interrupted([&] { return ::ftruncate(descriptor(), static_cast<off_t>(size.count())); }) != 0)
      return fail_errno("truncate", path_);
    return {};
  }

  Result<void> reserve(Bytes size) override {
    if (size == 0_B) return {};
    if (retry_interrupted(
            [&] { return ::fallocate(descriptor(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size.count())); }) != 0)
      return fail_errno("reserve room for", path_);
    return {};
  }

  int descriptor() const override { return descriptor_.get(); }
  const Path& path() const override { return path_; }

 private:
  Descriptor descriptor_;
  Path path_;
};

class RealFileLock final : public FileLock {
 public:
  explicit RealFileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  int descriptor() const override { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
};

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead: return O_RDONLY;
    case OpenMode::kReadWrite: return O_RDWR;
    case OpenMode::kCreate: return O_RDWR | O_CREAT;
    case OpenMode::kCreateNew: return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

Descriptor open_descriptor(const Path& path, int flags) {
  return Descriptor(retry_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0640); }));
}

class RealFiles final : public Files {
 public:
  Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
    Descriptor descriptor = open_descriptor(path, open_flags(mode) | O_NONBLOCK);  // a pipe would wait for its writer
    struct stat status;
    if (!descriptor.valid() || ::fstat(descriptor.get(), &status) != 0) return fail_errno("open", path);
    if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
      return fail(Code::kIo, "cannot open " + path + ": it is no file");
    }
    return std::make_unique<RealFile>(std::move(descriptor), path);
  }

  Result<bool> exists(const Path& path) override {
    struct stat status;
    if (::stat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return fail_errno("look at", path);
  }

  Result<void> remove(const Path& path) override {
    if (::unlink(path.c_str()) != 0) return fail_errno("remove", path);
    return {};
  }

  Result<void> rename(const Path& from, const Path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return fail_errno("rename to " + to, from);
    return {};
  }

  Result<void> make_dirs(const Path& path) override {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      Path folder = path.substr(0, end);
      TARN_TRY(make_one_dir(folder));
      if (end == Path::npos) return {};
    }
  }

  Result<void> remove_dirs(const Path& path) override {
    forget_durable_folders();
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return std::unexpected(errno_error("remove", path, error.value()));
    return {};
  }

  Result<std::vector<DirEntry>> list(const Path& path) override {
    std::error_code error;
    std::vector<DirEntry> entries;
    std::filesystem::directory_iterator entry(path, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      std::error_code gone;  // an entry removed meanwhile counts as a file
      entries.push_back({entry->path().filename().string(), entry->is_directory(gone)});
    }
    if (error) return std::unexpected(errno_error("list", path, error.value()));
    std::ranges::sort(entries, {}, &DirEntry::name);
    return entries;
  }

  Result<void> sync_dir(const Path& path) override {
    Descriptor descriptor = open_descriptor(path, O_RDONLY | O_DIRECTORY);
    if (!descriptor.valid()) return fail_errno("open folder", path);
    if (::fsync(descriptor.get()) != 0) return fail_errno("sync folder", path);
    return {};
  }

  Result<std::unique_ptr<FileLock>> lock(const Path& path, bool exclusive) override {
    Descriptor descriptor = open_descriptor(path, O_RDWR | O_CREAT);
    if (!descriptor.valid()) return fail_errno("open", path);
    int operation = (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
    if (retry_interrupted([&] { return ::flock(descriptor.get(), operation); }) != 0) {
      if (errno == EWOULDBLOCK) return fail(Code::kUnavailable, path + " is locked by another process");
      return fail_errno("lock", path);
    }
    return std::make_unique<RealFileLock>(std::move(descriptor));
  }

  Result<Space> space(const Path& path) override {
    struct statvfs status;
    if (retry_interrupted([&] { return ::statvfs(path.c_str(), &status); }) != 0)
      return fail_errno("read the free space of", path);
    return Space{Bytes(status.f_blocks * status.f_frsize), Bytes(status.f_bavail * status.f_frsize)};
  }

 private:
  // A folder that is there already may have been made by a process that was killed before it synced the parent, so the
  // parent is synced unless this object did so before. In a parent that we may not change, nobody of us made it.
  Result<void> make_one_dir(const Path& folder) {
    bool made = ::mkdir(folder.c_str(), 0750) == 0;
    if (!made) {
      int refusal = errno;
      struct stat status;
      if (::stat(folder.c_str(), &status) != 0) return std::unexpected(errno_error("make folder", folder, refusal));
      if (!S_ISDIR(status.st_mode)) return fail(Code::kAlreadyExists, folder + " exists and is not a folder");
      if (known_durable(folder)) return {};
    }
    if (made || may_change(parent(folder))) TARN_TRY(sync_dir(parent(folder)));
    remember_durable(folder);
    return {};
  }

  // Opens it too: a sandbox refuses that where access() sees nothing wrong.
  static bool may_change(const Path& folder) {
    return ::access(folder.c_str(), W_OK) == 0 && open_descriptor(folder, O_RDONLY | O_DIRECTORY).valid();
  }

  bool known_durable(const Path& folder) {
    std::lock_guard guard(mutex_);
    return durable_folders_.contains(folder);
  }
  void remember_durable(const Path& folder) {
    std::lock_guard guard(mutex_);
    if (durable_folders_.size() >= kDurableFoldersMax) durable_folders_.clear();
    durable_folders_.insert(folder);
  }
  void forget_durable_folders() {
    std::lock_guard guard(mutex_);
    durable_folders_.clear();
  }

  std::mutex mutex_;
  std::unordered_set<Path> durable_folders_;
};

}  // namespace

std::unique_ptr<File> received_file(Descriptor descriptor, Path name) {
  return std::make_unique<RealFile>(std::move(descriptor), std::move(name));
}

std::unique_ptr<Files> real_files() { return std::make_unique<RealFiles>(); }

}  // namespace tarn::host
