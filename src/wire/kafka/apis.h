// The table of APIs that have codecs, generated from tools/kafka_codegen/messages.
#pragma once

#include <cstdint>
#include <span>

#include "wire/kafka/api_key.h"

namespace tarn::wire::kafka {

struct ApiInfo {
  ApiKey key;
  const char* name;             // as Kafka's tools print it
  std::int16_t advertised_min;  // what ApiVersions tells. Below `decoded_min` a request is refused with
  std::int16_t advertised_max;  // UNSUPPORTED_VERSION: Produce 0-2, which old librdkafka must see (KAFKA-18659)
  std::int16_t decoded_min;
  std::int16_t flexible_from;  // the first version with compact forms, tagged fields and the newer headers (KIP-482)
};

// By ascending key.
std::span<const ApiInfo> apis();

// Null for a key that has no codec.
const ApiInfo* find_api(std::int16_t key);

}  // namespace tarn::wire::kafka
