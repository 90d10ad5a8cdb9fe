// The envelope of a request and its response.
//
//   +-----------+--------------------------------------------------------------------+------+
//   | size: i32 | request header: api_key i16, api_version i16, correlation_id i32,  | body |
//   |           |   client_id nullable string (never compact), tags from header v2   |      |
//   +-----------+--------------------------------------------------------------------+------+
//   | size: i32 | response header: correlation_id i32, tags from header v1           | body |
//   +-----------+--------------------------------------------------------------------+------+
//
// `size` counts what follows it. The newer headers come with an API's first flexible version; the ApiVersions response
// keeps header v0, so that a client can read it before it knows what the broker speaks (KIP-511).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/kafka/apis.h"
#include "wire/kafka/codec.h"

namespace tarn::wire::kafka {

inline constexpr std::size_t kFrameSizeBytes = 4;

struct RequestHeader {
  std::int16_t api_key = 0;
  std::int16_t api_version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id;
};

struct Request {
  RequestHeader header;
  const ApiInfo* api;  // never null
  ByteView body;       // of the frame
};

// `frame` is what follows the size. Errors: kUnsupported for an API without a codec, kInvalidArgument.
Result<Request> parse_request(ByteView frame);

// The header versions of a request and a response.
bool request_header_has_tags(const ApiInfo& api, std::int16_t version);
bool response_header_has_tags(const ApiInfo& api, std::int16_t version);

// Starts a response in an empty Writer, leaving room for its size; finish_response() fills that in.
void begin_response(Writer& out, const ApiInfo& api, std::int16_t version, std::int32_t correlation_id);
void finish_response(Writer& out);

}  // namespace tarn::wire::kafka
