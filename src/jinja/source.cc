#include "jinja/source.h"

#include <fmt/format.h>

#include <algorithm>

#include "jinja/utf8.h"

namespace tarn::jinja {

Source::Source(std::string its_file, std::string its_text)
    : file(std::move(its_file)), text(std::move(its_text)), line_starts{0} {
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', end + 1)) {
    line_starts.push_back(static_cast<At>(end + 1));
  }
}

Place Source::place(At at) const {
  const auto line = std::ranges::upper_bound(line_starts, at) - line_starts.begin();  // the first starts at 0
  const std::size_t start = line_starts[static_cast<std::size_t>(line) - 1];
  return {.line = static_cast<std::size_t>(line),
          .column = utf8::length(std::string_view(text).substr(start, at - start)) + 1};
}

Error Source::error(Code code, At at, std::string_view what) const {
  const Place where = place(at);
  return {code, fmt::format("{}:{}:{}: {}", file, where.line, where.column, what)};
}

}  // namespace tarn::jinja
