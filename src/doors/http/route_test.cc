#include "doors/http/route.h"

#include <doctest/doctest.h>

#include "doors/http/loopback_host.h"

namespace tarn::doors::http {

TEST_CASE("a target's parts and query come decoded") {
  auto request =
      parse_target("/iceberg/v1/main%7Ctarn/namespaces/a%1Fb/tables/x%2Fy/?snapshots=refs&q=a+b%2B&snapshots=all&flag");
  REQUIRE(request);
  CHECK(request->path == std::vector<std::string>{"iceberg", "v1", "main|tarn", "namespaces",
                                                  "a\x1f"
                                                  "b",
                                                  "tables", "x/y"});
  CHECK(request->query.at("snapshots") == "refs");
  CHECK(request->query.at("q") == "a b+");
  CHECK(request->query.at("flag") == "");
  CHECK(parse_target("/")->path.empty());
}

TEST_CASE("a malformed or oversized target is refused") {
  for (const char* target : {"", "x", "http://h/x", "/%", "/%4", "/%zz", "/a%00b", "/?a=%"})
    CHECK_MESSAGE(!parse_target(target), target);
  std::string deep;
  for (std::size_t i = 0; i <= kPathPartsMax; ++i) deep += "/a";
  CHECK(!parse_target(deep));
  std::string wide = "/?";
  for (std::size_t i = 0; i <= kQueryPartsMax; ++i) wide += "a&";
  CHECK(!parse_target(wide));
}

TEST_CASE("the first route that matches answers, and a known path with another method is told apart") {
  auto text = [](const char* name) { return [name](const Request&) { return Answer{.body = name}; }; };
  RouteTable routes(
      {{"GET", "/a/{x}", text("one")}, {"GET", "/a/b", text("two")}, {"POST", "/c/{rest...}", text("rest")}});
  auto ask = [&](const char* method, const char* target, bool& known) -> std::string {
    auto request = parse_target(target);
    request->method = method;
    const Route* route = routes.find(*request, known);
    return route ? route->handle(*request).body + request->bound["x"] : "";
  };
  bool known = false;
  CHECK(ask("GET", "/a/b", known) == "oneb");
  CHECK(ask("POST", "/c", known) == "rest");
  CHECK(ask("POST", "/c/d/e", known) == "rest");
  CHECK(ask("GET", "/c/d", known) == "");
  CHECK(known);
  CHECK(ask("GET", "/a", known) == "");
  CHECK(!known);
}

TEST_CASE("only loopback hosts and origins are ours") {
  for (const char* host :
       {"", "localhost", "LOCALHOST:8276", "127.0.0.1:1", "127.1.2.3", "[::1]:8276", "[::1]", "tarn.localhost"})
    CHECK_MESSAGE(is_loopback_host(host), host);
  for (const char* host :
       {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.evil", "10.0.0.1", "[::2]", "[::1]x"})
    CHECK_MESSAGE(!is_loopback_host(host), host);
  CHECK(is_loopback_origin(""));
  CHECK(is_loopback_origin("http://localhost:8276"));
  for (const char* origin : {"null", "http://", "https://evil.example", "http://localhost.evil.example"})
    CHECK_MESSAGE(!is_loopback_origin(origin), origin);
}

TEST_CASE("only a page of the door's own address may do more than read") {
  for (const char* host : {"localhost:8276", "127.0.0.1:8276", "[::1]:8276", "LOCALHOST:8276"}) {
    CHECK(why_foreign("POST", host, "http://" + std::string(host)).empty());
    CHECK(why_foreign("POST", host, "").empty());  // no page: a command
    CHECK(!why_foreign("POST", host, "http://localhost:3000").empty());
    CHECK(why_foreign("GET", host, "http://localhost:3000").empty());
    CHECK(!why_foreign("GET", host, "http://evil.example").empty());
  }
  CHECK(why_foreign("POST", "localhost:8276", "http://LocalHost:8276").empty());
  for (const char* origin : {"http://127.0.0.1:8276", "http://evil.localhost:8276", "http://localhost", "null",
                             "http://localhost:82761", "http://localhost:8276/"})
    CHECK_MESSAGE(!why_foreign("DELETE", "localhost:8276", origin).empty(), origin);
  CHECK(!why_foreign("POST", "", "http://localhost:8276").empty());
}

}  // namespace tarn::doors::http
