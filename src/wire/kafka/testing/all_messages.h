// Every message's codec behind one table, for tests, fuzzing and the comparison with Apache Kafka's own classes.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace tarn::wire::kafka::testing {

struct MessageCodec {
  const char* name;
  std::int16_t api_key;
  bool is_request;
  std::int16_t version_min;
  std::int16_t version_max;
  Result<Buffer> (*reencode)(ByteView body, std::int16_t version);   // decodes, then encodes
  Buffer (*random_bytes)(std::uint64_t seed, std::int16_t version);  // a message with random fields, encoded
};

std::span<const MessageCodec> all_messages();

}  // namespace tarn::wire::kafka::testing
