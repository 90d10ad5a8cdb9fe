// CRC-32C (Castagnoli, RFC 3720 appendix B.4): Kafka's record batches and our WAL records.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace tarn {

// The CRC of `bytes`, going on from `crc` (0 to begin): crc32c(b, crc32c(a)) == crc32c(a + b).
std::uint32_t crc32c(ByteView bytes, std::uint32_t crc = 0);

}  // namespace tarn
