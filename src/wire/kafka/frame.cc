#include "wire/kafka/frame.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::wire::kafka {

const ApiInfo* find_api(std::int16_t key) {
  auto found = std::ranges::find(apis(), static_cast<ApiKey>(key), &ApiInfo::key);
  return found == apis().end() ? nullptr : &*found;
}

// An ApiVersions request newer than we know may have any header: it is answered without being read (KIP-511).
bool request_header_has_tags(const ApiInfo& api, std::int16_t version) {
  return version >= api.flexible_from && !(api.key == ApiKey::kApiVersions && version > api.advertised_max);
}

bool response_header_has_tags(const ApiInfo& api, std::int16_t version) {
  return version >= api.flexible_from && api.key != ApiKey::kApiVersions;
}

Result<Request> parse_request(ByteView frame) {
  Reader in(frame);
  Request request;
  request.header.api_key = in.int16();
  request.header.api_version = in.int16();
  request.header.correlation_id = in.int32();
  if (!in.ok()) return std::unexpected(in.error("request header"));
  request.api = find_api(request.header.api_key);
  if (!request.api) return fail(Code::kUnsupported, fmt::format("API key {} is not served", request.header.api_key));
  request.header.client_id = in.nullable_string(false, true);
  if (request_header_has_tags(*request.api, request.header.api_version)) in.skip_tags();
  if (!in.ok()) return std::unexpected(in.error("request header"));
  request.body = in.rest();
  return request;
}

void begin_response(Writer& out, const ApiInfo& api, std::int16_t version, std::int32_t correlation_id) {
  out.int32(0);
  out.int32(correlation_id);
  if (response_header_has_tags(api, version)) out.no_tags();
}

void finish_response(Writer& out) { out.patch_int32(0, static_cast<std::int32_t>(out.size() - kFrameSizeBytes)); }

}  // namespace tarn::wire::kafka
