#include "host/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <vector>

#include "host/errno_error.h"

namespace tarn::host {

static constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Mapping::~Mapping() {
  if (data_) ::munmap(data_, size_);
}

// An empty file has nothing to map.
static Result<std::byte*> map_bytes(int descriptor, std::size_t size, int protection) {
  if (size == 0) return nullptr;
  void* data = ::mmap(nullptr, size, protection, MAP_SHARED, descriptor, 0);
  if (data == MAP_FAILED) return fail_errno("map", "a memory file");
  return static_cast<std::byte*>(data);
}

Result<std::pair<Descriptor, Mapping>> make_memory_file(const char* name, Bytes size) {
  Descriptor file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.valid()) return fail_errno("make memory file", name);
  // Takes the pages now: without room this fails, where a later write to the mapping would be a SIGBUS.
  if (size > 0_B &&
      retry_interrupted([&] { return ::fallocate(file.get(), 0, 0, static_cast<off_t>(size.count())); }) != 0)
    return fail_errno("make room for memory file", name);
  Mapping mapping;
  TARN_ASSIGN(mapping.data_, map_bytes(file.get(), size.count(), PROT_READ | PROT_WRITE));
  mapping.size_ = size.count();
  return std::pair{std::move(file), std::move(mapping)};
}

Result<void> seal_memory_file(int descriptor) {
  if (::fcntl(descriptor, F_ADD_SEALS, kSeals) != 0) return fail_errno("seal", "a memory file");
  return {};
}

// Writes all of `pieces`, changing them on the way.
static Result<void> write_pieces(int descriptor, std::span<iovec> pieces) {
  while (!pieces.empty()) {
    int count = static_cast<int>(std::min<std::size_t>(pieces.size(), IOV_MAX));
    ssize_t put = retry_interrupted([&] { return ::writev(descriptor, pieces.data(), count); });
    if (put < 0) return fail_errno("write", "a memory file");
    auto done = static_cast<std::size_t>(put);
    while (!pieces.empty() && done >= pieces.front().iov_len) {
      done -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
    if (pieces.empty()) break;
    pieces.front().iov_base = static_cast<std::byte*>(pieces.front().iov_base) + done;
    pieces.front().iov_len -= done;
  }
  return {};
}

Result<Descriptor> make_sealed_memory_file(const char* name, std::span<const ByteView> pieces) {
  Descriptor file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.valid()) return fail_errno("make memory file", name);
  std::vector<iovec> vectors;
  vectors.reserve(pieces.size());
  for (ByteView piece : pieces) vectors.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
  TARN_TRY(write_pieces(file.get(), vectors));
  TARN_TRY(seal_memory_file(file.get()));
  return file;
}

Result<Mapping> map_memory_file(int descriptor) {
  if (int seals = ::fcntl(descriptor, F_GET_SEALS); seals < 0 || (seals & kSeals) != kSeals)
    return fail(Code::kInvalidArgument, "a memory file to map is not sealed");
  struct stat status;
  if (::fstat(descriptor, &status) != 0) return fail_errno("read the size of", "a memory file");
  Mapping mapping;
  TARN_ASSIGN(mapping.data_, map_bytes(descriptor, static_cast<std::size_t>(status.st_size), PROT_READ));
  mapping.size_ = static_cast<std::size_t>(status.st_size);
  return mapping;
}

}  // namespace tarn::host
