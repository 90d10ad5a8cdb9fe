#include "sql/tree.h"

#include <pthread.h>

#include <algorithm>

#include "base/assert.h"

namespace tarn::sql {
namespace {

// Measured for every kind of chain and nesting that the grammar has: under 3.5 KiB a token in libpg_query's,
// protobuf-c's and the printer's recursive functions; several times that with a sanitizer's red zones.
#if __has_feature(address_sanitizer)
constexpr std::size_t kStackPerToken = 32 * 1024;
#else
constexpr std::size_t kStackPerToken = 4096;
#endif
constexpr std::size_t kTokensOnOwnStack = (1u << 20) / kStackPerToken;  // 1 MiB: what any thread of ours has
constexpr std::size_t kStackBase = 512 * 1024;

constexpr std::size_t kBlockBytes = 16 * 1024;
constexpr std::size_t kAlignment = 16;

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

void* run_work(void* work) {
  (*static_cast<const std::function<void()>*>(work))();
  return nullptr;
}

}  // namespace

void* Arena::allocate(std::size_t size) {
  size = (size + kAlignment - 1) / kAlignment * kAlignment;
  if (size > left_) {
    std::size_t block = std::max(size, kBlockBytes);
    blocks_.push_back(std::make_unique<std::byte[]>(block));
    next_ = blocks_.back().get();
    left_ = block;
  }
  void* result = next_;
  next_ += size;
  left_ -= size;
  return result;
}

std::int32_t Source::position(std::int32_t location) const {
  if (location < 0) return 0;
  auto bytes = std::string_view(text).substr(0, static_cast<std::size_t>(location));
  return static_cast<std::int32_t>(std::ranges::count_if(bytes, begins_character)) + 1;
}

std::vector<std::int32_t> Source::characters() const {
  std::vector<std::int32_t> result;
  result.reserve(text.size());
  std::int32_t character = 0;
  for (char c : text) result.push_back(character += begins_character(c));
  return result;
}

void with_stack_for(std::size_t tokens, const std::function<void()>& work) {
  tokens <= kTokensOnOwnStack ? work() : with_own_stack_for(tokens, work);
}

void with_own_stack_for(std::size_t tokens, const std::function<void()>& work) {
  std::size_t counted = std::clamp(tokens, kTokensOnOwnStack, kTokensMax);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBase + counted * kStackPerToken);
  pthread_t thread;
  int failed = pthread_create(&thread, &attributes, run_work, const_cast<std::function<void()>*>(&work));
  pthread_attr_destroy(&attributes);
  TARN_ASSERT(failed == 0, "no memory for a parser's stack");
  pthread_join(thread, nullptr);
}

}  // namespace tarn::sql
