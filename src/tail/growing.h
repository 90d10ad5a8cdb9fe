// Bytes that grow at the end, without zeroing what is about to be overwritten.
#pragma once

#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"

namespace tarn::tail {

class Growing {
 public:
  Growing() = default;
  Growing(Growing&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Growing& operator=(Growing&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Growing() { std::free(data_); }

  std::size_t size() const { return size_; }
  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  ByteView view() const { return {data_, size_}; }

  // Room for `count` more bytes, not initialised.
  std::byte* extend(std::size_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      grow(count);
    std::byte* at = data_ + size_;
    size_ += count;
    return at;
  }
  void append(const void* from, std::size_t count) {
    if (count != 0) std::memcpy(extend(count), from, count);
  }
  template <class T>
  void put(T value) {
    std::memcpy(extend(sizeof value), &value, sizeof value);
  }
  void shrink(std::size_t size) { size_ = size; }

 private:
  void grow(std::size_t count) {
    capacity_ = std::max<std::size_t>({capacity_ * 2, size_ + count, 256});
    data_ = static_cast<std::byte*>(std::realloc(data_, capacity_));
    TARN_ASSERT(data_ != nullptr, "out of memory");
  }

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tarn::tail
