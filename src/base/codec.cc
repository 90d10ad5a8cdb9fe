#include "base/codec.h"

#include <algorithm>

namespace tarn {

Uuid Decoder::get_uuid() {
  Uuid uuid;
  if (!need(uuid.bytes.size())) return uuid;
  std::copy_n(input_.begin() + static_cast<std::ptrdiff_t>(at_), uuid.bytes.size(), uuid.bytes.begin());
  at_ += uuid.bytes.size();
  return uuid;
}

ByteView Decoder::get_view() {
  std::uint32_t size = get<std::uint32_t>();
  if (!need(size)) return {};
  ByteView view = input_.subspan(at_, size);
  at_ += size;
  return view;
}

std::uint32_t Decoder::get_count(std::size_t min_bytes_each) {
  std::uint32_t count = get<std::uint32_t>();
  if (!need(count * min_bytes_each)) return 0;
  return count;
}

}  // namespace tarn
