#include "log/file_cache.h"

#include <fmt/format.h>

#include <utility>

#include "base/assert.h"

namespace tarn::log {

std::string segment_file_name(Offset base, std::string_view suffix) {
  return fmt::format("{:020}{}", base.value(), suffix);
}

CachedFile::~CachedFile() {
  std::lock_guard lock(cache_.mutex_);
  cache_.forget(*this);
}

host::Path CachedFile::path() const { return host::join(folder_, segment_file_name(base_, suffix_)); }

Result<std::shared_ptr<host::File>> CachedFile::open(bool create) { return cache_.open(*this, create, false); }

Result<std::shared_ptr<host::File>> CachedFile::open_to_write() { return cache_.open(*this, true, true); }

std::shared_ptr<host::File> CachedFile::take_dirty() {
  std::lock_guard lock(cache_.mutex_);
  if (!std::exchange(dirty_, false)) return nullptr;
  TARN_ASSERT(file_ != nullptr, "a dirty file is open");
  return file_;
}

Result<void> CachedFile::remove() {
  {
    std::lock_guard lock(cache_.mutex_);
    cache_.forget(*this);
  }
  Result<void> removed = cache_.files_.remove(path());
  if (!removed && removed.error().code == Code::kNotFound) return {};
  return removed;
}

Result<std::shared_ptr<host::File>> FileCache::open(CachedFile& file, bool create, bool to_write) {
  std::lock_guard lock(mutex_);
  if (file.file_) {
    recent_.splice(recent_.begin(), recent_, file.place_);
  } else {
    TARN_TRY(make_room());
    TARN_ASSIGN(file.file_, files_.open(file.path(), create ? host::OpenMode::kCreate : host::OpenMode::kReadWrite));
    recent_.push_front(&file);
    file.place_ = recent_.begin();
  }
  if (to_write) file.dirty_ = true;
  return file.file_;
}

Result<void> FileCache::make_room() {
  if (recent_.size() < open_files_max_) return {};
  CachedFile* victim = nullptr;
  for (auto at = recent_.rbegin(); at != recent_.rend(); ++at) {
    if ((*at)->file_.use_count() > 1) continue;
    if (!victim) victim = *at;
    if ((*at)->dirty_) continue;
    victim = *at;
    break;
  }
  if (!victim) return {};
  if (victim->dirty_) {
    Result<void> synced = victim->file_->sync();
    if (!synced) sync_failed_(synced.error());
    TARN_TRY(std::move(synced));
  }
  forget(*victim);
  return {};
}

void FileCache::forget(CachedFile& file) {
  if (!file.file_) return;
  recent_.erase(file.place_);
  file.file_.reset();
  file.dirty_ = false;
}

}  // namespace tarn::log
