#include "doors/http/console.h"

#include "doors/http/error_answer.h"

namespace tarn::doors::http {
namespace {

constexpr const char* kPages[] = {"/", "/runs", "/runs/{id}"};

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

Answer file_answer(const ConsoleFile& file, const Request& request) {
  auto allowed = access::authorize(request.principal, access::Action::kDescribe, {access::ResourceKind::kCluster, ""});
  if (!allowed) return error_answer(allowed.error());
  bool gzip = request.accept_encoding.find("gzip") != std::string::npos;
  Answer answer{.body = std::string(gzip ? file.gzip : file.plain), .content_type = std::string(file.content_type)};
  answer.headers = {{"cache-control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"},
                    {"vary", "accept-encoding"},
                    {"content-security-policy", kPolicy},
                    {"x-content-type-options", "nosniff"},
                    {"referrer-policy", "no-referrer"}};
  if (gzip) answer.headers.emplace_back("content-encoding", "gzip");
  return answer;
}

}  // namespace

std::vector<Route> console_routes(std::span<const ConsoleFile> files) {
  std::vector<Route> routes;
  auto serve = [&](std::string path, const ConsoleFile& file) {
    for (const char* method : {"GET", "HEAD"})
      routes.push_back({method, path, [&file](const Request& request) { return file_answer(file, request); }});
  };
  for (const ConsoleFile& file : files) {
    if (file.path != "/index.html")
      serve(std::string(file.path), file);
    else
      for (const char* page : kPages) serve(page, file);
  }
  return routes;
}

}  // namespace tarn::doors::http
