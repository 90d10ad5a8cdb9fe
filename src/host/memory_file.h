// Unnamed files in memory (memfd_create), for rows that main and its workers share without copying: the kernel counts
// the references, and nothing outlives a crash.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "host/channel.h"

namespace tarn::host {

// A mapping of a whole memory file; unmapped with the object. Read-only once sealed.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();
  ByteView bytes() const { return {data_, size_}; }
  MutableBytes writable() { return {data_, size_}; }  // only of a file that is not sealed

 private:
  friend Result<std::pair<Descriptor, Mapping>> make_memory_file(const char* name, Bytes size);
  friend Result<Mapping> map_memory_file(int descriptor);
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// A new memory file of `size` bytes, mapped writable.
Result<std::pair<Descriptor, Mapping>> make_memory_file(const char* name, Bytes size);
// From now on the file can neither change nor shrink, so a reader in another process needs no trust.
// The writable mapping must be gone.
Result<void> seal_memory_file(int descriptor);
// A sealed memory file that holds `pieces` one after another. Cheaper than to map, copy and seal: no page is zeroed or
// faulted in first.
Result<Descriptor> make_sealed_memory_file(const char* name, std::span<const ByteView> pieces);
// Maps a sealed file for reading; kInvalidArgument if it is not sealed.
Result<Mapping> map_memory_file(int descriptor);

}  // namespace tarn::host
