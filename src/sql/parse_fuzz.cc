// Any text: parse, and rewrite what parses, over two tables.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sql/rewrite.h"

using namespace tarn::sql;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<ColumnInfo> kColumns{
      {"a", 23, -1}, {"b", 25, -1}, {"c", 1700, ((10 << 16) | 2) + 4}, {"d", 1184, -1}};
  auto parsed = parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!parsed) return 0;
  Context context;
  context.table = [](std::string_view, std::string_view name) {
    return name == "t" || name == "u" ? &kColumns : nullptr;
  };
  for (const Parsed& outer : *parsed) {
    const Parsed& statement = outer.inner ? *outer.inner : outer;
    if (statement.kind != Kind::kSelect && statement.kind != Kind::kExplain) continue;
    auto result = rewrite(statement, context);
    if (result) (void)result->client_position(static_cast<std::int32_t>(result->sql.size() / 2));
  }
  return 0;
}
