// Whether a request names this machine: guards a door without authentication against other sites' pages (DNS
// rebinding).
#pragma once

#include <string_view>

namespace tarn::doors::http {

// Of a Host header: "localhost", "127.0.0.1:8276", "[::1]:8276"; also empty, which no browser sends.
bool is_loopback_host(std::string_view host);
// Of an Origin header: "http://localhost:8276"; also empty: no page asks.
bool is_loopback_origin(std::string_view origin);
// Why a request is not answered; empty if it is. Only a page that came from `host`, port and all, may do more than
// read: another on this machine, "http://localhost:3000", may be anybody's.
std::string_view why_foreign(std::string_view method, std::string_view host, std::string_view origin);

}  // namespace tarn::doors::http
