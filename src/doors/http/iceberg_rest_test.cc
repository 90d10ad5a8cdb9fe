#include "doors/http/iceberg_rest.h"

#include "catalog/fixture_test.h"

namespace tarn::doors::http {
using catalog::must;

namespace {

class Client {
 public:
  explicit Client(const catalog::Catalog& catalog) : routes_(iceberg_routes(catalog)) {}

  Answer ask(const std::string& method, const std::string& target) {
    auto request = parse_target("/iceberg" + target);
    REQUIRE(request);
    request->method = method;
    request->principal = access::local_admin("test");
    bool known = false;
    const Route* route = routes_.find(*request, known);
    REQUIRE(route);
    return route->handle(*request);
  }
  std::string get(const std::string& target) { return ask("GET", target).body; }

 private:
  RouteTable routes_;
};

}  // namespace

TEST_CASE("namespaces and tables are listed, by pages if asked") {
  catalog::Fixture fixture;
  fixture.make_table("a");
  fixture.make_table("b");
  Client client(fixture.catalog());
  CHECK(client.get("/v1/namespaces") == R"({"namespaces":[["public"]]})");
  CHECK(client.get("/v1/namespaces?parent=public") == R"({"namespaces":[]})");
  CHECK(client.get("/v1/namespaces/public") == R"({"namespace":["public"],"properties":{}})");
  std::string all = R"({"identifiers":[{"namespace":["public"],"name":"a"},{"namespace":["public"],"name":"b"}]})";
  CHECK(client.get("/v1/namespaces/public/tables") == all);
  CHECK(client.get("/v1/main%7Ctarn/namespaces/public/tables") == all);
  CHECK(client.get("/v1/namespaces/public/tables?pageToken=&pageSize=1") ==
        R"({"identifiers":[{"namespace":["public"],"name":"a"}],"next-page-token":"a"})");
  CHECK(client.get("/v1/namespaces/public/tables?pageToken=a&pageSize=1") ==
        R"({"identifiers":[{"namespace":["public"],"name":"b"}]})");
}

TEST_CASE("a table is loaded with its location and metadata, with only the refs' snapshots if asked") {
  catalog::Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  must(fixture.append(uuid, {"a"}));
  must(fixture.append(uuid, {"b"}));
  Client client(fixture.catalog());
  auto table = fixture.table(uuid);
  std::string body = client.get("/v1/namespaces/public/tables/rides");
  CHECK(body.starts_with("{\"metadata-location\":\"" + table->metadata_location +
                         "\",\"metadata\":{\"format-version\":2,"));
  auto metadata_of = [](const std::string& text) {
    std::size_t begin = text.find("\"metadata\":") + 11;
    return must(table::parse_metadata(text.substr(begin, text.rfind(",\"config\"") - begin)));
  };
  CHECK(metadata_of(body).snapshots.size() == 2);
  auto few = metadata_of(client.get("/v1/namespaces/public/tables/rides?snapshots=refs"));
  CHECK(few.snapshots.size() == 1);
  CHECK(few.current_snapshot_id == table->metadata->current_snapshot_id);
}

TEST_CASE("a prefix reads its branch, or main and the branch as they were") {
  catalog::Fixture fixture;
  TableUuid uuid = fixture.make_table("rides");
  auto first = must(fixture.append(uuid, {"a"})).version;
  must(fixture.catalog().create_branch("run/7"));
  auto built = must(fixture.catalog().commit(fixture.replacing("run/7", "daily", {"d"}))).version;
  must(fixture.catalog().commit(fixture.viewing("run/7", "top", "select 1")));
  must(fixture.append(uuid, {"b"}));
  Client client(fixture.catalog());
  auto names = [&](const std::string& prefix) { return client.get("/v1" + prefix + "/namespaces/public/tables"); };
  std::string rides = R"({"identifiers":[{"namespace":["public"],"name":"rides"}]})";
  std::string both =
      R"({"identifiers":[{"namespace":["public"],"name":"daily"},{"namespace":["public"],"name":"rides"}]})";
  CHECK(names("") == rides);
  CHECK(names("/main%7Ctarn") == rides);
  CHECK(names("/run%2F7%7Ctarn") == both);
  CHECK(names("/run%2F7") == both);
  CHECK(names("/run%2F7%40" + std::to_string(built.value()) + "%7Ctarn") == both);
  CHECK(names("/run%2F7%40" + std::to_string(first.value()) + "%7Ctarn") == rides);
  auto snapshots = [&](const std::string& prefix) {
    std::string body = client.get("/v1/" + prefix + "/namespaces/public/tables/rides");
    std::size_t begin = body.find("\"metadata\":") + 11;
    return must(table::parse_metadata(body.substr(begin, body.rfind(",\"config\"") - begin))).snapshots.size();
  };
  CHECK(snapshots("main%7Ctarn") == 2);
  CHECK(snapshots("main%40" + std::to_string(first.value()) + "%7Ctarn") == 1);
  CHECK(snapshots("run%2F7%7Ctarn") == 1);
  std::string config = client.get("/v1/config?warehouse=run%2F7%40" + std::to_string(built.value()) + "%7Ctarn");
  CHECK(config.find("\"prefix\":\"run%2F7%40" + std::to_string(built.value()) + "%7Ctarn\"") != std::string::npos);
  CHECK(client.ask("GET", "/v1/config?warehouse=run%2F7%40999%7Ctarn").status == 404);
  CHECK(client.ask("GET", "/v1/main%40999%7Ctarn/namespaces").body.find("no version 999 yet") != std::string::npos);
  CHECK(client.ask("GET", "/v1/main%40x%7Ctarn/namespaces").status == 404);
  CHECK(client.ask("GET", "/v1/main%7Cother/namespaces").status == 404);
}

TEST_CASE("views are listed and loaded as the view specification has them") {
  catalog::Fixture fixture;
  fixture.make_table("rides");
  must(fixture.catalog().commit(fixture.viewing("main", "a", "select \"id\" from rides")));
  must(fixture.catalog().commit(fixture.viewing("main", "b", "select 2")));
  Client client(fixture.catalog());
  CHECK(client.get("/v1/namespaces/public/views") ==
        R"({"identifiers":[{"namespace":["public"],"name":"a"},{"namespace":["public"],"name":"b"}]})");
  CHECK(client.get("/v1/namespaces/public/views?pageToken=&pageSize=1") ==
        R"({"identifiers":[{"namespace":["public"],"name":"a"}],"next-page-token":"a"})");
  CHECK(client.get("/v1/namespaces/public/tables") == R"({"identifiers":[{"namespace":["public"],"name":"rides"}]})");
  auto view = fixture.catalog().state()->find_view({"public", "a"});
  std::string body = client.get("/v1/namespaces/public/views/a");
  CHECK(body == "{\"metadata-location\":\"" + view->metadata_location +
                    "\",\"metadata\":" + table::to_json(*view->metadata) + ",\"config\":{}}");
  CHECK(body.find(R"("representations":[{"type":"sql","sql":"select \"id\" from rides","dialect":"tarn"}])") !=
        std::string::npos);
  CHECK(client.ask("HEAD", "/v1/namespaces/public/views/a").status == 204);
  CHECK(client.ask("HEAD", "/v1/namespaces/public/views/rides").status == 404);
  CHECK(client.ask("HEAD", "/v1/namespaces/public/tables/a").status == 404);
  CHECK(client.get("/v1/namespaces/public/views/nope").find("\"NoSuchViewException\"") != std::string::npos);
  CHECK(client.get("/v1/namespaces/nope/views").find("\"NoSuchNamespaceException\"") != std::string::npos);
  CHECK(client.ask("POST", "/v1/namespaces/public/views").status == 406);
}

TEST_CASE("what is not there is said in the words clients look for") {
  catalog::Fixture fixture;
  fixture.make_table("rides");
  Client client(fixture.catalog());
  auto expect = [&](const char* method, const char* target, int status, const char* type) {
    Answer answer = client.ask(method, target);
    CHECK_MESSAGE(answer.status == status, target);
    CHECK_MESSAGE(answer.body.find(type) != std::string::npos, answer.body);
  };
  expect("GET", "/v1/namespaces/nope", 404, "\"NoSuchNamespaceException\"");
  expect("GET", "/v1/namespaces/a%1Fb/tables", 404, "\"NoSuchNamespaceException\"");
  expect("GET", "/v1/namespaces?parent=nope", 404, "\"NoSuchNamespaceException\"");
  expect("GET", "/v1/namespaces/public/tables/nope", 404, "\"NoSuchTableException\"");
  expect("GET", "/v1/config?warehouse=dev%7Ctarn", 404, "\"NoSuchWarehouseException\"");
  expect("GET", "/v1/dev%7Ctarn/namespaces", 404, "\"NoSuchWarehouseException\"");
  CHECK(client.ask("HEAD", "/v1/namespaces/public/tables/rides").status == 204);
  CHECK(client.ask("HEAD", "/v1/namespaces/public/tables/nope").status == 404);
  CHECK(client.ask("HEAD", "/v1/namespaces/public").status == 204);
  CHECK(client.ask("POST", "/v1/namespaces/public/tables/rides/metrics").status == 204);
}

TEST_CASE("a write is refused, never with a status that means its outcome is unknown") {
  catalog::Fixture fixture;
  fixture.make_table("rides");
  Client client(fixture.catalog());
  for (auto [method, target] : {std::pair{"POST", "/v1/namespaces"},
                                {"DELETE", "/v1/namespaces/public"},
                                {"POST", "/v1/namespaces/public/tables"},
                                {"POST", "/v1/namespaces/public/tables/rides"},
                                {"DELETE", "/v1/main%7Ctarn/namespaces/public/tables/rides"},
                                {"POST", "/v1/transactions/commit"},
                                {"POST", "/v1/tables/rename"}}) {
    Answer answer = client.ask(method, target);
    CHECK_MESSAGE(answer.status == 406, target);
    CHECK(answer.body.find("\"UnsupportedOperationException\"") != std::string::npos);
  }
  CHECK(fixture.catalog().state()->tables("public").size() == 1);
}

TEST_CASE("config takes any warehouse, and gives a prefix to who names a branch") {
  catalog::Fixture fixture;
  Client client(fixture.catalog());
  for (const char* query : {"", "?warehouse=tarn", "?warehouse=file%3A%2F%2F%2Fx", "?warehouse=rck_warehouse"})
    CHECK(client.get(std::string("/v1/config") + query).find("\"overrides\":{}") != std::string::npos);
  CHECK(client.get("/v1/config?warehouse=main%7Ctarn").find(R"("overrides":{"prefix":"main%7Ctarn"})") !=
        std::string::npos);
}

TEST_CASE("nobody unknown to access gets an answer") {
  catalog::Fixture fixture;
  bool known = false;
  auto request = parse_target("/iceberg/v1/namespaces");
  request->method = "GET";
  RouteTable routes(iceberg_routes(fixture.catalog()));
  CHECK(routes.find(*request, known)->handle(*request).status == 403);
}

}  // namespace tarn::doors::http
