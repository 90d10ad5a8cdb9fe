// Any bytes as the body of any message of any version: decoded, or refused. The first two bytes choose the message and
// the version. What decodes must encode, and decode again to the same bytes.
#include "base/assert.h"
#include "wire/kafka/frame.h"
#include "wire/kafka/testing/all_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn;
  using namespace tarn::wire::kafka;
  ByteView input(reinterpret_cast<const std::byte*>(data), size);
  (void)parse_request(input);
  if (size < 2) return 0;
  auto messages = wire::kafka::testing::all_messages();
  const auto& message = messages[data[0] % messages.size()];
  auto version =
      static_cast<std::int16_t>(message.version_min + data[1] % (message.version_max - message.version_min + 1));
  Result<Buffer> once = message.reencode(input.subspan(2), version);
  if (!once) return 0;
  Result<Buffer> twice = message.reencode(*once, version);
  TARN_ASSERT(twice && *twice == *once);
  return 0;
}
