// Any request target ends in a request within the limits, or in none.
#include "base/assert.h"
#include "doors/http/loopback_host.h"
#include "doors/http/route.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn::doors::http;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto request = parse_target(text);
  TARN_ASSERT(!request || (request->path.size() <= kPathPartsMax && request->query.size() <= kQueryPartsMax));
  (void)is_loopback_host(text);
  (void)is_loopback_origin(text);
  (void)why_foreign("POST", "localhost:1", text);
  return 0;
}
