#include "host/random.h"

#include <sys/random.h>

#include <atomic>
#include <cstring>

#include "base/assert.h"
#include "host/errno_error.h"

namespace tarn::host {
namespace {

class RealRandom final : public Random {
 public:
  void fill(MutableBytes out) override {
    while (!out.empty()) {
      ssize_t got = retry_interrupted([&] { return ::getrandom(out.data(), out.size(), 0); });
      TARN_ASSERT(got > 0, "the kernel has randomness");
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(MutableBytes out) override {
    while (!out.empty()) {
      std::uint64_t value = step();
      std::size_t count = std::min(out.size(), sizeof value);
      std::memcpy(out.data(), &value, count);
      out = out.subspan(count);
    }
  }

 private:
  std::uint64_t step() {
    constexpr std::uint64_t kGamma = 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_.fetch_add(kGamma) + kGamma;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  std::atomic<std::uint64_t> state_;
};

}  // namespace

std::uint64_t Random::next() {
  std::uint64_t value;
  fill({reinterpret_cast<std::byte*>(&value), sizeof value});
  return value;
}

Uuid Random::uuid() {
  Uuid uuid;
  fill(uuid.bytes);
  uuid.bytes[6] = (uuid.bytes[6] & std::byte{0x0F}) | std::byte{0x40};
  uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3F}) | std::byte{0x80};
  return uuid;
}

std::unique_ptr<Random> real_random() { return std::make_unique<RealRandom>(); }
std::unique_ptr<Random> seeded_random(std::uint64_t seed) { return std::make_unique<SeededRandom>(seed); }

}  // namespace tarn::host
