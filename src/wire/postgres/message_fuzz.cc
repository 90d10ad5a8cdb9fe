// Whatever a client sends: a startup packet, or a type byte and a body.
#include <tuple>

#include "wire/postgres/frontend.h"

using namespace tarn;
using namespace tarn::wire::postgres;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView input(reinterpret_cast<const std::byte*>(data), size);
  std::ignore = parse_startup(input);
  if (size >= 4) std::ignore = startup_size(input.first(4));
  if (size >= kHeaderBytes) std::ignore = parse_header(input.first(kHeaderBytes));
  if (size == 0) return 0;
  auto message = parse_message(static_cast<char>(data[0]), input.subspan(1));
  if (!message) return 0;
  if (const auto* bind = std::get_if<Bind>(&*message)) {
    for (std::size_t i = 0; i < bind->parameters.size(); ++i) std::ignore = bind->binary(i);
  }
  return 0;
}
