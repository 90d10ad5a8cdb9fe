#include "log/wal_ring.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tarn::log {
namespace {

constexpr std::string_view kPrefix = "ring-";
constexpr std::size_t kZerosBytes = 1 << 20;

}  // namespace

Result<std::unique_ptr<WalRing>> WalRing::open(host::Files& files, host::Path folder, WalRingId id,
                                               std::size_t files_max) {
  std::unique_ptr<WalRing> ring(new WalRing(files, std::move(folder), id, std::max(files_max, kWalFilesMin)));
  TARN_TRY(ring->scan());
  return ring;
}

Result<void> WalRing::scan() {
  TARN_ASSIGN(std::vector<host::DirEntry> entries, files_.list(folder_));
  for (const host::DirEntry& entry : entries) {
    if (!entry.name.starts_with(kPrefix)) continue;
    std::size_t number = std::strtoul(entry.name.c_str() + kPrefix.size(), nullptr, 10);
    next_name_ = std::max(next_name_, number + 1);
    host::Path path = host::join(folder_, entry.name);
    TARN_ASSIGN(bool ours, adopt(path));
    if (!ours) strangers_.push_back(path);
  }
  return {};
}

// A file that was not fully made (a crash), or that is an older ring's, is none of ours.
Result<bool> WalRing::adopt(const host::Path& path) {
  TARN_ASSIGN(auto file, files_.open(path, host::OpenMode::kReadWrite));
  TARN_ASSIGN(Bytes size, file->size());
  if (size.count() != id_.file_bytes) return false;
  Buffer block(kWalBlockBytes);
  TARN_ASSIGN(std::size_t got, file->read_at(block, 0_B));
  std::optional<WalFileHeader> header = decode_file_header(ByteView(block).first(got));
  if (header && header->ring != id_.ring) return false;
  std::uint64_t generation = header ? header->generation : 0;
  last_generation_ = std::max(last_generation_, generation);
  ring_.push_back({path, std::move(file), generation, false});
  return true;
}

Result<void> WalRing::remove_strangers() {
  for (const host::Path& path : std::exchange(strangers_, {})) TARN_TRY(files_.remove(path));
  return {};
}

std::optional<WalFile> WalRing::find(std::uint64_t generation) const {
  std::lock_guard lock(mutex_);
  for (const WalFile& file : ring_) {
    if (file.generation == generation) return file;
  }
  return std::nullopt;
}

std::vector<std::uint64_t> WalRing::generations() const {
  std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> all;
  for (const WalFile& file : ring_) {
    if (file.generation > 0) all.push_back(file.generation);
  }
  std::ranges::sort(all);
  return all;
}

void WalRing::keep(std::uint64_t generation) {
  std::lock_guard lock(mutex_);
  for (WalFile& file : ring_) {
    if (file.generation == generation) file.in_use = true;
  }
}

WalFile* WalRing::free_file() {
  WalFile* oldest = nullptr;
  for (WalFile& file : ring_) {
    if (!file.in_use && (!oldest || file.generation < oldest->generation)) oldest = &file;
  }
  return oldest;
}

Result<WalFile> WalRing::take() {
  std::unique_lock lock(mutex_);
  starved_ = !free_file();
  freed_.wait(lock, [&] { return stopped_ || free_file(); });
  starved_ = false;
  WalFile* file = free_file();
  if (!file) return fail(Code::kUnavailable, "the log is stopping");
  file->in_use = true;
  file->generation = ++last_generation_;
  WalFile taken = *file;
  lock.unlock();
  TARN_TRY(taken.file->write_at(encode_file_header({id_.ring, id_.seed, taken.generation, id_.file_bytes}), 0_B));
  TARN_TRY(taken.file->sync());
  return taken;
}

bool WalRing::is_short() const {
  std::lock_guard lock(mutex_);
  return std::ranges::none_of(ring_, [](const WalFile& file) { return !file.in_use; });
}

bool WalRing::is_starved() const {
  std::lock_guard lock(mutex_);
  return starved_;
}

bool WalRing::may_grow() const {
  std::lock_guard lock(mutex_);
  return ring_.size() < files_max_;
}

Result<void> WalRing::grow() {
  if (!may_grow() || !is_short()) return {};
  host::Path path = host::join(folder_, fmt::format("{}{:03}", kPrefix, next_name_++));
  TARN_ASSIGN(std::shared_ptr<host::File> file, files_.open(path, host::OpenMode::kCreate));
  Result<void> made = write_zeros(*file);
  if (made) made = files_.sync_dir(folder_);
  if (!made) {
    (void)files_.remove(path);  // gives its room back; a leftover is removed at the next start
    return made;
  }
  std::lock_guard lock(mutex_);
  ring_.push_back({path, std::move(file), 0, false});
  freed_.notify_all();
  return {};
}

Result<void> WalRing::write_zeros(host::File& file) {
  Buffer zeros(std::min<std::size_t>(kZerosBytes, id_.file_bytes));
  for (std::uint64_t at = 0; at < id_.file_bytes; at += zeros.size()) {
    std::size_t count = std::min<std::uint64_t>(zeros.size(), id_.file_bytes - at);
    TARN_TRY(file.write_at(ByteView(zeros).first(count), Bytes(at)));
  }
  return file.sync();
}

void WalRing::release_before(std::uint64_t generation) {
  std::lock_guard lock(mutex_);
  for (WalFile& file : ring_) {
    if (file.in_use && file.generation < generation) file.in_use = false;
  }
  freed_.notify_all();
}

void WalRing::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  freed_.notify_all();
}

}  // namespace tarn::log
