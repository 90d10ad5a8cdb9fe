#include "jinja/template.h"

#include <doctest/doctest.h>

#include <string>

using namespace tarn;
using namespace tarn::jinja;

namespace {

std::string render(const std::string& text, const Scope& scope = {}) {
  auto parsed = Template::parse("m.sql", text);
  if (!parsed) return "parse: " + parsed.error().message;
  auto out = parsed->render(scope);
  return out ? *out : "render: " + out.error().message;
}

}  // namespace

TEST_CASE("text stays as it is but for the last newline, and values print as in Python") {
  CHECK(render("select 1\n") == "select 1");
  CHECK(render("select 1\n\n") == "select 1\n");
  CHECK(render("{{ 1 }} {{ 1.0 }} {{ none }} {{ true }} {{ 'a' }} {{ [1, 'a', (2,)] }} {{ {'a': 1e16} }}") ==
        "1 1.0 None True a [1, 'a', (2,)] {'a': 1e+16}");
  CHECK(render("a {{- 1 -}} b {%- if true +%} c {% endif -%} d") == "a1b c d");
}

TEST_CASE("a function of the caller gets its arguments, and its errors get a place") {
  Scope scope;
  scope.set("ref", Value::function("ref", [](Call& call) -> Result<Value> {
              if (call.arguments.empty()) return fail(Code::kInvalidArgument, "`ref` needs a model");
              return Value("\"tarn\".\"public\".\"" + *call.arguments[0].string() + "\"");
            }));
  CHECK(render("select * from {{ ref('a') }}", scope) == "select * from \"tarn\".\"public\".\"a\"");
  CHECK(render("select *\nfrom {{ ref() }}", scope) == "render: m.sql:2:9: `ref` needs a model");
}
