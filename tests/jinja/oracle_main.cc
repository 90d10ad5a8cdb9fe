// jinja_oracle: renders templates for tests/jinja/check_jinja, which compares them with what Jinja2 makes of them.
//
// stdin: for each, size and bytes of the globals, then of the template; a size is four bytes, the lowest first. The
// globals are a dict as a template writes it; `probe(…)` is there besides and tells its arguments. stdout: for each,
// `=` (rendered), `!` (an error) or `?` (an error of what is not supported or past a limit), size, bytes.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "jinja/template.h"

using namespace tarn;
using namespace tarn::jinja;

namespace {

std::optional<std::string> read_text() {
  unsigned char size[4];
  if (std::fread(size, 1, 4, stdin) != 4) return std::nullopt;
  std::string text(size[0] | size[1] << 8 | size[2] << 16 | static_cast<std::size_t>(size[3]) << 24, '\0');
  if (std::fread(text.data(), 1, text.size(), stdin) != text.size()) return std::nullopt;
  return text;
}

void write_text(char kind, const std::string& text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  const unsigned char head[5] = {static_cast<unsigned char>(kind), static_cast<unsigned char>(size),
                                 static_cast<unsigned char>(size >> 8), static_cast<unsigned char>(size >> 16),
                                 static_cast<unsigned char>(size >> 24)};
  std::fwrite(head, 1, 5, stdout);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

Result<Value> probe(Call& call) {
  Value named = Value::dict(call.named);
  TARN_ASSIGN(const std::string text, to_repr(Value::tuple({Value::list(call.arguments), named})));
  return Value("probe" + text);
}

Result<std::string> render(const std::string& globals, const std::string& text) {
  TARN_ASSIGN(const Template values, Template::parse("globals", "{{ " + globals + " }}"));
  TARN_ASSIGN(const Value dict, values.evaluate({}));
  Scope scope;
  for (const auto& [name, value] : dict.entries()) scope.set(*name.string(), value);
  scope.set("probe", Value::function("probe", probe));
  TARN_ASSIGN(const Template parsed, Template::parse("models/m.sql", text));
  return parsed.render(scope);
}

}  // namespace

int main() {
  while (auto globals = read_text()) {
    const auto text = read_text();
    if (!text) return 1;
    auto rendered = render(*globals, *text);
    if (rendered) {
      write_text('=', *rendered);
    } else {
      const bool unsupported = rendered.error().code == Code::kUnsupported || rendered.error().code == Code::kLimit;
      write_text(unsupported ? '?' : '!', rendered.error().message);
    }
    std::fflush(stdout);
  }
  return 0;
}
