#include "doors/http/console.h"

#include <doctest/doctest.h>

#include <map>

namespace tarn::doors::http {
namespace {

constexpr ConsoleFile kFiles[] = {{"/assets/a-1f.js", "text/javascript", "plain", "packed", true},
                                  {"/index.html", "text/html", "<html>", "packed page", false},
                                  {"/theme.js", "text/javascript", "theme", "packed theme", false}};

struct Asked {
  int status = 404;
  std::string body;
  std::map<std::string, std::string> headers;
};

Asked ask(const char* method, const char* target, const char* accept_encoding) {
  static const RouteTable kRoutes(console_routes(kFiles));
  auto request = parse_target(target);
  request->method = method;
  request->accept_encoding = accept_encoding;
  request->principal = access::local_admin("test");
  bool known = false;
  const Route* route = kRoutes.find(*request, known);
  if (!route) return {};
  Answer answer = route->handle(*request);
  return {answer.status, answer.body, {answer.headers.begin(), answer.headers.end()}};
}

}  // namespace

TEST_CASE("every page of the console is its index, and nothing else is") {
  for (const char* page : {"/", "/runs", "/runs/17"}) CHECK_MESSAGE(ask("GET", page, "").body == "<html>", page);
  for (const char* other : {"/index.html", "/nope", "/runs/17/more", "/assets", "/assets/other.js"})
    CHECK_MESSAGE(ask("GET", other, "").status == 404, other);
  CHECK(ask("HEAD", "/", "").status == 200);
}

TEST_CASE("files go out packed to those who take it, and are kept only where their name says what they hold") {
  Asked packed = ask("GET", "/assets/a-1f.js", "gzip, deflate, br");
  CHECK(packed.body == "packed");
  CHECK(packed.headers["content-encoding"] == "gzip");
  CHECK(packed.headers["cache-control"].contains("immutable"));
  Asked plain = ask("GET", "/theme.js", "identity");
  CHECK(plain.body == "theme");
  CHECK(!plain.headers.contains("content-encoding"));
  CHECK(plain.headers["cache-control"] == "no-cache");
  CHECK(plain.headers["vary"] == "accept-encoding");
}

TEST_CASE("no page runs a script that stands in it, or reaches another place") {
  std::string policy = ask("GET", "/", "").headers["content-security-policy"];
  CHECK(policy.contains("default-src 'none'"));
  CHECK(!policy.contains("unsafe"));
  CHECK(!policy.contains("http"));
}

}  // namespace tarn::doors::http
