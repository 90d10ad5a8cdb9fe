#include "doors/http/loopback_host.h"

#include <algorithm>
#include <string>

namespace tarn::doors::http {
namespace {

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
  std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos || origin.size() == scheme + 3)
    return false;  // "null": a page of unknown origin
  return is_loopback_host(origin.substr(scheme + 3));
}

}  // namespace tarn::doors::http
