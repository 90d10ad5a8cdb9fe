// Any bytes, in lines: pieces together are no longer than what was fed, and reading ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "shell/statements.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  tarn::shell::StatementReader reader;
  std::size_t bytes = 0;
  while (!text.empty()) {
    std::size_t line = std::min(text.find('\n'), text.size() - 1) + 1;
    reader.feed(text.substr(0, line));
    text.remove_prefix(line);
    while (auto piece = reader.next()) bytes += piece->text.size();
    (void)reader.state();
  }
  if (auto piece = reader.rest()) bytes += piece->text.size();
  TARN_ASSERT(bytes <= size, "pieces come from the text alone");
  return 0;
}
