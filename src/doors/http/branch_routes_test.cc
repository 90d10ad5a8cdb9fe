#include "doors/http/branch_routes.h"

#include "catalog/fixture_test.h"

namespace tarn::doors::http {
using catalog::must;

namespace {

Answer ask(catalog::Catalog& catalog, const std::string& method, const std::string& target) {
  RouteTable routes(branch_routes(catalog));
  auto request = parse_target("/api/v1/branches" + target);
  REQUIRE(request);
  request->method = method;
  request->principal = access::local_admin("test");
  bool known = false;
  const Route* route = routes.find(*request, known);
  REQUIRE(route);
  return route->handle(*request);
}

}  // namespace

TEST_CASE("branches are listed, what they change is shown with rows and conflicts, and they are dropped") {
  catalog::Fixture fixture;
  TableUuid rides = fixture.make_table("rides");
  must(fixture.append(rides, {"a"}));
  must(fixture.catalog().create_branch("run/7"));
  must(fixture.catalog().commit(fixture.replacing("run/7", "daily", {"d"})));
  std::string listed = ask(fixture.catalog(), "GET", "").body;
  CHECK(listed.contains("\"name\":\"main\""));
  CHECK(listed.contains("\"name\":\"run/7\""));
  CHECK(listed.contains("\"expires\":null"));

  std::string diff = ask(fixture.catalog(), "GET", "/run%2F7/diff").body;
  CHECK(diff.contains("\"branch\":\"run/7\""));
  CHECK(diff.contains(R"("kind":"added","name":"public.daily")"));
  CHECK(diff.contains("\"rows_before\":null"));
  CHECK(diff.contains("\"conflict\":null"));
  fixture.make_table("daily");
  CHECK_FALSE(ask(fixture.catalog(), "GET", "/run%2F7/diff").body.contains("\"conflict\":null"));

  CHECK(ask(fixture.catalog(), "DELETE", "/run%2F7").status == 200);
  CHECK_FALSE(ask(fixture.catalog(), "GET", "").body.contains("run/7"));
}

TEST_CASE("a branch that is not there, and main, can't be dropped") {
  catalog::Fixture fixture;
  CHECK(ask(fixture.catalog(), "DELETE", "/nix").status == 404);
  CHECK(ask(fixture.catalog(), "GET", "/nix/diff").status == 404);
  CHECK(ask(fixture.catalog(), "DELETE", "/main").status >= 400);
  CHECK(ask(fixture.catalog(), "GET", "").body.contains("\"name\":\"main\""));
}

}  // namespace tarn::doors::http
