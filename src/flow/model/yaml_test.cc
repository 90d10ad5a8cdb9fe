#include "flow/model/yaml.h"

#include <doctest/doctest.h>

namespace tarn::flow::model {
namespace {

Yaml parsed(const std::string& text) {
  auto yaml = parse_yaml("a.yml", text);
  REQUIRE_MESSAGE(yaml.has_value(), (yaml ? "" : yaml.error().message));
  return *yaml;
}

std::string refused(const std::string& text) {
  auto yaml = parse_yaml("a.yml", text);
  REQUIRE(!yaml.has_value());
  return yaml.error().message;
}

TEST_CASE("every value knows where it stands") {
  Yaml yaml = parsed("models:\n  - name: rides\n    columns: []\n");
  const Yaml* models = yaml.find("models");
  REQUIRE(models);
  REQUIRE(models->items.size() == 1);
  const Yaml& rides = models->items[0];
  CHECK(rides.find("name")->text == "rides");
  CHECK(rides.find("name")->line == 2);
  CHECK(rides.find("name")->column == 11);
  CHECK(rides.entries[1].key == "columns");
  CHECK(rides.entries[1].line == 3);
  CHECK(rides.entries[1].column == 5);
  CHECK(rides.find("columns")->is_list());
  CHECK(rides.find("no such key") == nullptr);
}

TEST_CASE("plain scalars mean what YAML 1.1 says, quoted ones are strings") {
  Yaml yaml = parsed("[yes, 'yes', 12, '12', 0x1f, 017, 1_000, -3, 1.5, 1e3, ~, null, '', Off]");
  CHECK(yaml_bool(yaml.items[0]) == true);
  CHECK(!yaml_bool(yaml.items[1]));
  CHECK(yaml_int(yaml.items[2]) == 12);
  CHECK(!yaml_int(yaml.items[3]));
  CHECK(yaml_int(yaml.items[4]) == 31);
  CHECK(yaml_int(yaml.items[5]) == 15);
  CHECK(yaml_int(yaml.items[6]) == 1000);
  CHECK(yaml_int(yaml.items[7]) == -3);
  CHECK(yaml_float(yaml.items[8]) == 1.5);
  CHECK(!yaml_float(yaml.items[9]));  // PyYAML takes it for a string
  CHECK(yaml.items[10].is_null());
  CHECK(yaml.items[11].is_null());
  CHECK(yaml.items[12].is_scalar());
  CHECK(yaml_bool(yaml.items[13]) == false);
}

TEST_CASE("anchors, aliases and merges are expanded") {
  Yaml yaml = parsed("base: &base {a: 1, b: 2}\nother:\n  <<: *base\n  b: 3\ncopy: *base\n");
  const Yaml* other = yaml.find("other");
  CHECK(other->find("a")->text == "1");
  CHECK(other->find("b")->text == "3");
  CHECK(yaml.find("copy")->find("b")->text == "2");
}

TEST_CASE("what is wrong is said with its line and column") {
  CHECK(refused("a: 1\nb: [1, 2\n").starts_with("a.yml:"));
  CHECK(refused("a: 1\na: 2\n") == "a.yml:2:1: the key `a` stands here twice; keep one");
  CHECK(refused("? [a]\n: 1\n") ==
        "a.yml:1:3: a key that is a list or a map; put text that begins so, like `{{ ... }}`, into quotes");
  CHECK(refused("a: {{ x }}\n").find("put text that begins so, like `{{ ... }}`, into quotes") != std::string::npos);
  CHECK(refused("a: [1, 2\nb: 3\n") == "a.yml:2:2: a `[` before this has no `]`; close it");
  CHECK(refused("a:\n  - b: 1\n c: 2\n").find("check its indentation") != std::string::npos);
  CHECK(refused("a: b: c\n") ==
        "a.yml:1:5: a `:` where no value can begin; check the indentation, put a text with `: ` into quotes");
  CHECK(refused("a: @b\n") == "a.yml:1:4: a value can't begin with this character; put it into quotes");
  CHECK(refused("a: ]\n").find("closes nothing") != std::string::npos);
  CHECK(refused("a: *b\n").find("no `&name` before it") != std::string::npos);
}

TEST_CASE("aliases of aliases end at a limit") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    std::string item = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + item;
    for (int n = 0; n < 9; ++n) text += ", " + item;
    text += "]\n";
  }
  CHECK(refused(text).find("more than 400000 values") != std::string::npos);
  CHECK(refused(std::string(100, '[') + std::string(100, ']')).find("nested deeper than 64") != std::string::npos);
}

TEST_CASE("an empty file is null") { CHECK(parsed("# nothing\n").is_null()); }

}  // namespace
}  // namespace tarn::flow::model
