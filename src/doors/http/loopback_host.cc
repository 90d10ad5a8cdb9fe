#include "doors/http/loopback_host.h"

#include <algorithm>
#include <string>

namespace tarn::doors::http {
namespace {

// What follows "http://"; empty for "null", a page of unknown origin.
std::string_view host_of(std::string_view origin) {
  std::size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

// "127." and three numbers; a name such as "127.evil.example" is none.
bool is_loopback_address(std::string_view host) {
  auto digit_or_dot = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  return host.starts_with("127.") && std::ranges::all_of(host, digit_or_dot);
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  if (host.empty()) return true;
  if (host.starts_with("[")) return host.starts_with("[::1]") && (host.size() == 5 || host[5] == ':');
  std::string name(host.substr(0, host.find(':')));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name == "localhost" || name.ends_with(".localhost") || is_loopback_address(name);
}

bool is_loopback_origin(std::string_view origin) {
  if (origin.empty()) return true;
  return !host_of(origin).empty() && is_loopback_host(host_of(origin));
}

std::string_view why_foreign(std::string_view method, std::string_view host, std::string_view origin) {
  if (!is_loopback_host(host) || !is_loopback_origin(origin))
    return "only requests to a loopback host are answered until authentication is configured";
  auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  bool own = origin.empty() || (!host.empty() && std::ranges::equal(host_of(origin), host, same));
  if (!own && method != "GET" && method != "HEAD")
    return "a page of another address may only read here: Origin must be http:// and the Host";
  return {};
}

}  // namespace tarn::doors::http
