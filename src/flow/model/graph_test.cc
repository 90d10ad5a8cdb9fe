#include "flow/model/graph.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace tarn::flow::model {
namespace {

Graph graph_of(std::initializer_list<std::pair<std::string, std::vector<std::string>>> edges) {
  Graph graph;
  for (const auto& [name, needs] : edges) {
    GraphNode& node = graph[name];
    node.name = name;
    node.file = fmt::format("models/{}/{}.sql", name.substr(0, 1), name);
    if (name == "b") node.tags = {"nightly"};
    for (const std::string& needed : needs) node.needs[needed] = {node.file, 3, 7};
  }
  return graph;
}

using Names = std::vector<std::string>;
using Set = std::set<std::string>;

TEST_CASE("models come after what they need, else by name") {
  Problems problems;
  CHECK(order(graph_of({{"a", {"c"}}, {"b", {}}, {"c", {}}, {"d", {"a", "b"}}}), problems) ==
        Names{"b", "c", "a", "d"});
  CHECK(problems.empty());
}

TEST_CASE("a cycle is told as the way around it") {
  Problems problems;
  CHECK(order(graph_of({{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}, {"d", {}}}), problems).empty());
  REQUIRE(problems.lines().size() == 1);
  CHECK(problems.lines()[0] ==
        "models/b/b.sql:3:7: models need each other in a circle: b (models/b/b.sql:3:7) -> c (models/c/c.sql:3:7) -> "
        "b; break "
        "it at one of them");
  Problems self;
  CHECK(order(graph_of({{"a", {"a"}}}), self).empty());
  CHECK(self.lines()[0].find("a (models/a/a.sql:3:7) -> a;") != std::string::npos);
}

TEST_CASE("a selection picks names, tags and paths, with what they need and what needs them") {
  Graph graph = graph_of({{"a", {}}, {"b", {"a"}}, {"c", {"b"}}, {"cc", {}}});
  Problems problems;
  CHECK(select(graph, {"b"}, problems) == Set{"b"});
  CHECK(select(graph, {"+b"}, problems) == Set{"a", "b"});
  CHECK(select(graph, {"b+"}, problems) == Set{"b", "c"});
  CHECK(select(graph, {"+b+,cc"}, problems) == Set{"a", "b", "c", "cc"});
  CHECK(select(graph, {"a c"}, problems) == Set{"a", "c"});
  CHECK(select(graph, {"c*"}, problems) == Set{"c", "cc"});
  CHECK(select(graph, {"tag:nightly"}, problems) == Set{"b"});
  CHECK(select(graph, {"path:models/c"}, problems) == Set{"c", "cc"});
  CHECK(select(graph, {"models/a/a.sql"}, problems) == Set{"a"});
  CHECK(problems.empty());
  CHECK(select(graph, {"ccc"}, problems).empty());
  CHECK(problems.lines() == Names{"--select ccc: no model or test is called so; did you mean `cc`?"});
  auto why = [&](const std::string& word) {
    Problems wrong;
    CHECK(select(graph, {word}, wrong).empty());
    return wrong.lines()[0];
  };
  CHECK(why("tag:daily+") == "--select tag:daily+: nothing has the tag `daily`; there are nightly");
  CHECK(why("path:staging").find("no model or test lies at staging; paths begin at the project's folder") !=
        std::string::npos);
  CHECK(why("state:modified").find("`state:` selects nothing here; there are NAME, tag:T and path:FOLDER") !=
        std::string::npos);
  CHECK(why("2+b").find("numbers with `+` are not supported") != std::string::npos);
}

}  // namespace
}  // namespace tarn::flow::model
