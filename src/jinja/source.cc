#include "jinja/source.h"

#include <fmt/format.h>

#include <algorithm>

#include "jinja/utf8.h"

namespace tarn::jinja {

Place Source::place(At at) const {
  const std::string_view before = std::string_view(text).substr(0, at);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {.line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1,
          .column = utf8::length(before.substr(line_start)) + 1};
}

Error Source::error(Code code, At at, std::string_view what) const {
  const Place where = place(at);
  return {code, fmt::format("{}:{}:{}: {}", file, where.line, where.column, what)};
}

}  // namespace tarn::jinja
