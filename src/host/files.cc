#include "host/files.h"

namespace tarn::host {

Path join(std::string_view folder, std::string_view name) {
  Path path(folder);
  if (!path.empty() && path.back() != '/') path += '/';
  return path.append(name);
}

Path parent(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  while (slash > 0 && path[slash - 1] == '/') --slash;
  return Path(slash == 0 ? "/" : path.substr(0, slash));
}

Result<Buffer> read_file(Files& files, const Path& path, Bytes limit) {
  TARN_ASSIGN(auto file, files.open(path, OpenMode::kRead));
  TARN_ASSIGN(Bytes size, file->size());
  if (size > limit) {
    return fail(Code::kLimit, path + " has " + std::to_string(size.count()) + " bytes, more than the limit of " +
                                  std::to_string(limit.count()));
  }
  Buffer content(size.count());
  TARN_ASSIGN(std::size_t got, file->read_at(content, 0_B));
  content.resize(got);
  return content;
}

static Result<void> write_and_sync(Files& files, const Path& path, ByteView content) {
  TARN_ASSIGN(auto file, files.open(path, OpenMode::kCreate));
  TARN_TRY(file->truncate(0_B));
  TARN_TRY(file->write_at(content, 0_B));
  return file->sync();
}

Result<void> write_file_atomically(Files& files, const Path& path, ByteView content) {
  Path temporary = path + ".tmp";
  Result<void> written = write_and_sync(files, temporary, content);
  if (written) written = files.rename(temporary, path);
  if (!written) {
    (void)files.remove(temporary);  // gives its room back; a leftover is harmless
    return written;
  }
  return files.sync_dir(parent(path));
}

}  // namespace tarn::host
