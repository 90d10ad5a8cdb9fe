#include "jinja/template.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace tarn;
using namespace tarn::jinja;

namespace {

// What `text` renders to, or the error, after "error: ".
std::string render(const std::string& text, const Scope& scope = {}, const Limits& limits = {}) {
  auto parsed = Template::parse("m.sql", text);
  if (!parsed) return "error: " + parsed.error().message;
  auto out = parsed->render(scope, limits);
  return out ? *out : "error: " + out.error().message;
}

std::string print(const std::string& expression) { return render("{{ " + expression + " }}"); }

void check_all(const std::vector<std::pair<std::string, std::string>>& expected) {
  for (const auto& [text, output] : expected) {
    CAPTURE(text);
    CHECK(render(text) == output);
  }
}

Code code_of(const std::string& text) {
  auto parsed = Template::parse("m.sql", text);
  if (!parsed) return parsed.error().code;
  auto out = parsed->render({});
  REQUIRE_FALSE(out.has_value());
  return out.error().code;
}

}  // namespace

TEST_CASE("text stays as it is but for the last newline, and line ends become \\n") {
  check_all({{"select 1\n", "select 1"},
             {"select 1\n\n", "select 1\n"},
             {"a\r\nb\rc\r\n", "a\nb\nc"},
             {"", ""},
             {"\n", ""},
             {"{ not } %} }} #}", "{ not } %} }} #}"}});
}

TEST_CASE("a minus beside a tag strips white space on its side, a plus changes nothing") {
  check_all({{"a  {{- 1 -}}  b", "a1b"},
             {"a \n {%- if true +%} c {% endif -%} \n d", "a c d"},
             {"a {#- note -#} b", "ab"},
             {"a {%- raw -%} {{ x }} {%- endraw -%} b", "a{{ x }}b"},
             {"{{+1}}{{ 1-}} x", "11x"}});
}

TEST_CASE("values print as Python prints them") {
  CHECK(print("1.0 ~ ' ' ~ none ~ ' ' ~ true ~ ' ' ~ 1e16 ~ ' ' ~ 1e-5 ~ ' ' ~ 0.0001 ~ ' ' ~ 123456789012345680.0") ==
        "1.0 None True 1e+16 1e-05 0.0001 1.2345678901234568e+17");
  CHECK(print("[1, 'a', (2,), {'k': 1.5, 2: none}, \"it's\", '\\n\\\\é']") ==
        "[1, 'a', (2,), {'k': 1.5, 2: None}, \"it's\", '\\n\\\\é']");
  CHECK(print("missing") == "");
  CHECK(print("[missing]") == "[Undefined]");
  CHECK(print("range(3)") == "range(0, 3)");
}

TEST_CASE("whole numbers have 64 bits and say so past them") {
  CHECK(print("9223372036854775807") == "9223372036854775807");
  CHECK(print("-9223372036854775807 - 1") == "-9223372036854775808");
  for (std::string past : {"9223372036854775808", "9223372036854775807 + 1", "2 ** 63", "-9223372036854775807 - 2",
                           "3037000500 * 3037000500"}) {
    CAPTURE(past);
    CHECK(print(past).find("64 bits") != std::string::npos);
    CHECK(code_of("{{ " + past + " }}") == Code::kUnsupported);
  }
}

TEST_CASE("operators bind and compute as in Jinja2") {
  check_all({{"{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 2 ** 3 ** 2 }} {{ 2 ** -1 }} {{ -7.5 % 2 }}",
              "3 -4 -2 3.5 64 0.5 0.5"},
             {"{{ 1 + 2 ~ 3 * 2 }}",
              "error: m.sql:1:6: `+` does not go with int and str; `~` joins whatever there is as text"},
             {"{{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 1 == 1.0 == true }} {{ 'a' in 'abc' }} {{ 2 not in [1] }}",
              "True False True True True"},
             {"{{ 0 or 'x' }} {{ '' and 1 }}|{{ not [] }} {{ 'a' if 0 else 'b' }}|{{ 'a' if 0 }}|", "x |True b||"},
             {"{{ 'ab' * 2 }}{{ [1] * 2 + [3] }}{{ (1, 2) + (3,) }}", "abab[1, 1, 3](1, 2, 3)"},
             {"{{ 9007199254740993 / 3 }} {{ 9007199254740993 == 9007199254740992.0 }}", "3002399751580331.0 False"},
             {"{{ 'abcde'[1:-1:2] }}{{ 'héé'[1] }}{{ [1, 2, 3][::-1] }}{{ 'x'[5] }}{{ {'a': {'b': 1}}.a.b }}",
              "bdé[3, 2, 1]1"}});
}

TEST_CASE("lists and dicts are shared, and what a method changes is seen by all names") {
  check_all(
      {{"{% set a = [1] %}{% set b = a %}{% do b.append(2) %}{{ a }}", "[1, 2]"},
       {"{% set d = {'a': 1} %}{% do d.update(b=2) %}{% do d.update({'a': 3}) %}{{ d }}{{ d.items() | list }}",
        "{'a': 3, 'b': 2}[('a', 3), ('b', 2)]"},
       {"{% set d = {1: 'x'} %}{{ d[1.0] }}{{ d[true] }}{{ d.get(2, 'no') }}", "xxno"},
       {"{% set l = [1, 2] %}{% for i in l %}{% if i == 1 %}{% do l.append(3) %}{% endif %}{{ i }}{% endfor %}", "123"},
       {"{% set d = {'a': 1} %}{% for k in d %}{% do d.update(b=1) %}{% endfor %}",
        "error: m.sql:1:26: a dict changed its size while a loop was in it; loop over a copy: `| list`"}});
}

TEST_CASE("a filter that computes as it is read gives its items once") {
  CHECK(render("{% set l = ['a'] %}{% set g = l | map('upper') %}{% do l.append('b') %}{{ g | list }}{{ g | list }}") ==
        "['A', 'B'][]");
}

TEST_CASE("what a loop sets is gone after its turn, but a namespace stays") {
  check_all({{"{% set x = 0 %}{% for i in [1, 2] %}{{ x }}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", "01020"},
             {"{% set ns = namespace(x=0) %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}", "3"},
             {"{% if true %}{% set x = 1 %}{% endif %}{{ x }}", "1"},
             {"{% set a, b = 1, [2] %}{{ a }}{{ b }}{% set c | upper %}x{{ a }}{% endset %}{{ c }}", "1[2]X1"},
             {"{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}", "3"}});
}

TEST_CASE("a name that its scope sets later is undefined in the loops before, whatever global there is") {
  Scope scope;
  scope.set("x", Value("global"));
  CHECK(render("{% for i in [1] %}[{{ x }}]{% endfor %}{% set x = 1 %}", scope) == "[]");
  CHECK(render("{{ x }}{% for i in [1] %}[{{ x }}]{% endfor %}{% set x = 1 %}", scope) == "global[global]");
  CHECK(render("{% for i in [1] %}[{{ x }}]{% endfor %}{% if i %}{% set x = 1 %}{% endif %}", scope) == "[global]");
}

TEST_CASE("loop tells where it is, and else runs where no turn came to its end") {
  check_all({{"{% for i in 'abc' %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ "
              "loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
              "1032TrueFalse3 2121FalseFalse3 3210FalseTrue3 "},
             {"{% for i in [1, 2, 3] if i != 2 %}{{ i }}{{ loop.nextitem }}{{ loop.previtem }}{{ ',' if not loop.last "
              "}}{% endfor %}",
              "13,31"},
             {"{% for i in [] %}x{% else %}none{% endfor %}", "none"},
             {"{% for i in [1] %}{% continue %}{% else %}none{% endfor %}", "none"},
             {"{% for i in range(9) %}{% if i > 2 %}{% break %}{% endif %}{{ i }}{% endfor %}", "012"},
             {"{% for a in [1, 2] %}{% for b in [3] %}{{ loop.cycle('x', 'y') }}{% endfor %}{{ loop.cycle('x', 'y') "
              "}}{% endfor %}",
              "xxxy"}});
}

TEST_CASE("an undefined value prints nothing and fails in whatever else is done with it") {
  CHECK(render("{{ missing }}{{ missing is defined }}{{ missing | default('d') }}{% for i in missing %}x{% endfor %}{{ "
               "not missing }}") == "FalsedTrue");
  CHECK(render("select 1\n  {{ missing.x }}") ==
        "error: m.sql:2:14: there is no `missing` here: neither a name that was set nor a function; macros and "
        "packages are not read: "
        "write what they make into the file");
  CHECK(render("{{ dbt_utils.star('x') }}") ==
        "error: m.sql:1:14: there is no `dbt_utils` here: neither a name that was set nor a function; macros and "
        "packages are not read: "
        "write what they make into the file");
}

TEST_CASE("errors say file, line and column, and what is not supported is told apart from what is wrong") {
  CHECK(render("{% if x %}") == "error: m.sql:1:4: `if` has no end; close it with `{% endif %}`");
  CHECK(render("é\n {{ 'é' + 1 }}") ==
        "error: m.sql:2:9: `+` does not go with str and int; `~` joins whatever there is as text");
  CHECK(render("{% macro m() %}{% endmacro %}") ==
        "error: m.sql:1:4: `macro`: macros are not supported yet; write what it makes into the model");
  CHECK(render("{{ x | uper }}") == "error: m.sql:1:8: there is no filter `uper` here; did you mean `upper`?");
  CHECK(render("a\n{{ x }\nb") == "error: m.sql:2:7: a `}` is missing here: `{{` is closed by `}}`");
  CHECK(render("{{ x %} b") == "error: m.sql:1:7: this tag began with `{{`; close it with `}}`");
  CHECK(render("{% if x }} b") == "error: m.sql:1:9: this tag began with `{%`; close it with `%}`");
  CHECK(render("{{ x") == "error: m.sql:1:1: this tag has no end; close it with `}}`");
  CHECK(code_of("{% include 'a' %}") == Code::kUnsupported);
  CHECK(code_of("{{ 1 + }}") == Code::kInvalidArgument);
  CHECK(code_of("\xff") == Code::kInvalidArgument);
}

TEST_CASE("a function of the caller gets its arguments, and its errors get a place and keep their code") {
  Scope outer;
  outer.set("ref", Value::function("ref", [](Call& call) -> Result<Value> {
              constexpr std::string_view kNames[] = {"model", "version"};
              TARN_ASSIGN(const auto taken, call.take("ref", kNames, 1));
              if (*taken[0]->string() == "gone") return fail(Code::kNotFound, "there is no model `gone`");
              return Value("\"" + *taken[0]->string() + "\"@" + std::to_string(call.line) + ":" +
                           std::to_string(call.column));
            }));
  Scope scope(&outer);
  scope.set("name", Value("a"));
  CHECK(render("\nfrom {{ ref(name) }} {{ ref(model='b') }}", scope) == "\nfrom \"a\"@2:9 \"b\"@2:25");
  CHECK(render("{{ ref() }}", scope) == "error: m.sql:1:4: `ref` needs the argument `model`");
  CHECK(render("{{ ref('a', x=1) }}", scope) == "error: m.sql:1:4: `ref` has no argument `x`; it has model, version");
  CHECK(Template::parse("m.sql", "{{ ref('gone') }}")->render(scope).error().code == Code::kNotFound);
}

TEST_CASE("an object of the caller prints its text and has its attributes") {
  struct Relation final : Object {
    Result<std::string> text(Meter&) const override { return "\"tarn\".\"public\".\"a\""; }
    Result<std::optional<Value>> attribute(const std::shared_ptr<Object>&, std::string_view name) override {
      if (name == "identifier") return Value("a");
      return std::nullopt;
    }
  };
  Scope scope;
  scope.set("this", Value(std::static_pointer_cast<Object>(std::make_shared<Relation>())));
  CHECK(render("{{ this }} {{ this.identifier }} {{ this['identifier'] }} {{ this.nothing }}", scope) ==
        "\"tarn\".\"public\".\"a\" a a ");
}

TEST_CASE("a template that is one expression can be asked for its value") {
  Scope scope;
  scope.set("v", Value::list({1, 2}));
  CHECK(Template::parse("y", "{{ v }}")->evaluate(scope)->items()->size() == 2);
  CHECK(*Template::parse("y", "{{ v[0] }}")->evaluate(scope)->integer() == 1);
  CHECK(*Template::parse("y", "a{{ v[0] }}")->evaluate(scope)->string() == "a1");
  CHECK(Template::parse("y", "{{ nothing }}")->evaluate(scope).error().message ==
        "y:1:4: there is no `nothing` here: neither a name that was set nor a function; macros and packages are not "
        "read: write what they "
        "make into the file");
}

TEST_CASE("no template takes all memory, stack or time") {
  const Limits little{.steps_max = 10'000, .value_bytes_max = 1 << 20, .output_bytes_max = 1000};
  const auto limited = [&](const std::string& text) {
    auto parsed = Template::parse("m.sql", text);
    if (!parsed) return parsed.error().code;
    return parsed->render({}, little).error().code;
  };
  std::string nested;
  for (int i = 0; i < 10'000; ++i) nested += "[";
  for (int i = 0; i < 10'000; ++i) nested += "]";
  std::vector<std::string> bombs = {
      "{% for a in range(99999) %}{% endfor %}",
      "{% set l = [1] %}{% for i in l %}{% do l.append(i) %}{% endfor %}",
      "{{ 'a' * 2000 }}",
      "{% set x = 'a' * 9000000 %}",
      "{% set x = [1] * 9000000 %}",
      "{% set ns = namespace(s='a') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
      "{% set ns = namespace(l=[]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
      "{% set ns = namespace(l=[]) %}{% for i in range(300) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l == 1 or ns.l "
      "}}",
      "{{ " + nested + " }}"};
  for (const std::string& bomb : bombs) {
    CAPTURE(bomb.substr(0, 100));
    CHECK(limited(bomb) == Code::kLimit);
  }
}

TEST_CASE("lists within lists without end are freed without end of the stack") {
  CHECK(render("{% set root = [] %}{% set ns = namespace(l=root) %}{% for i in range(90000) %}{% set inner = [] %}{% "
               "do ns.l.append(inner) %}"
               "{% set ns.l = inner %}{% endfor %}done") == "done");
}

TEST_CASE("a list that would contain itself is refused, so nothing is left behind") {
  for (std::string text :
       {"{% set l = [] %}{% do l.append(l) %}", "{% set d = {} %}{% do d.update(x=[d]) %}",
        "{% set l = [] %}{% do l.append(l.append) %}", "{% set l = [1] %}{% do l.append(l | map('string')) %}",
        "{% set ns = namespace() %}{% set ns.x = [ns] %}",
        "{% set l = [1] %}{% for i in l %}{% do l.append(loop) %}{% endfor %}"}) {
    CAPTURE(text);
    CHECK(code_of(text) == Code::kUnsupported);
  }
}
