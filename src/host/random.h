// Randomness: the kernel's for ids that must not repeat or be guessed, a seeded one for tests.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/uuid.h"

namespace tarn::host {

// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableBytes out) = 0;
  std::uint64_t next();
  Uuid uuid();  // version 4 (RFC 9562)
};

std::unique_ptr<Random> real_random();
// splitmix64: the same seed gives the same bytes.
std::unique_ptr<Random> seeded_random(std::uint64_t seed);

}  // namespace tarn::host
