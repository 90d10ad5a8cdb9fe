// Any text: parsed, and rendered with little fuel. It must end, soon, in a text or an error with a place.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "jinja/template.h"

using namespace tarn;
using namespace tarn::jinja;

namespace {

const Scope& globals() {
  static const Scope kScope = [] {
    Scope scope;
    scope.set("n", Value(7));
    scope.set("s", Value("a_b é"));
    scope.set("ref", Value::function("ref", [](Call& call) -> Result<Value> { return Value(call.arguments.size()); }));
    return scope;
  }();
  return kScope;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto parsed = Template::parse("m.sql", std::string(reinterpret_cast<const char*>(data), size));
  if (!parsed) {
    if (!parsed.error().message.starts_with("m.sql:")) std::abort();
    return 0;
  }
  Scope scope(&globals());
  scope.set("items", Value::list({3, 1, 2}));
  scope.set("d", Value::dict({{"a", 1}, {"b", "x"}}));
  auto text = parsed->render(scope, {.steps_max = 20'000, .value_bytes_max = 4 << 20, .output_bytes_max = 1 << 20});
  if (!text && !text.error().message.starts_with("m.sql:")) std::abort();
  return 0;
}
