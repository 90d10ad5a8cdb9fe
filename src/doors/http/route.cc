#include "doors/http/route.h"

namespace tarn::doors::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Calls visit for each part between separators, until it says no.
template <class Visit>
bool each_part(std::string_view text, char separator, Visit visit) {
  while (true) {
    std::size_t end = text.find(separator);
    if (!visit(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool parse_path(std::string_view text, Request& request) {
  if (!text.starts_with('/')) return false;
  text.remove_prefix(1);
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty()) return true;
  return each_part(text, '/', [&](std::string_view part) {
    auto decoded = percent_decode(part, false);
    if (!decoded || request.path.size() == kPathPartsMax) return false;
    request.path.push_back(std::move(*decoded));
    return true;
  });
}

bool parse_query(std::string_view text, Request& request) {
  std::size_t parts = 0;
  return each_part(text, '&', [&](std::string_view part) {
    if (part.empty()) return true;
    if (++parts > kQueryPartsMax) return false;
    std::size_t equals = part.find('=');
    auto name = percent_decode(part.substr(0, equals), true);
    auto value = percent_decode(equals == std::string_view::npos ? "" : part.substr(equals + 1), true);
    if (!name || !value) return false;
    request.query.emplace(std::move(*name), std::move(*value));
    return true;
  });
}

bool is_name(std::string_view part) { return part.starts_with('{') && part.ends_with('}'); }
bool is_rest(std::string_view part) { return part.starts_with('{') && part.ends_with("...}"); }

bool matches(const std::vector<std::string>& parts, const std::vector<std::string>& path,
             std::map<std::string, std::string>& bound) {
  bool takes_rest = !parts.empty() && is_rest(parts.back());
  std::size_t fixed = parts.size() - takes_rest;
  if (takes_rest ? path.size() < fixed : path.size() != fixed) return false;
  for (std::size_t i = 0; i < fixed; ++i) {
    if (is_name(parts[i]))
      bound[parts[i].substr(1, parts[i].size() - 2)] = path[i];
    else if (parts[i] != path[i])
      return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    out += c;
  }
  return out;
}

std::optional<Request> parse_target(std::string_view target) {
  Request request;
  target = target.substr(0, target.find('#'));
  std::size_t mark = target.find('?');
  if (!parse_path(target.substr(0, mark), request)) return std::nullopt;
  if (mark != std::string_view::npos && !parse_query(target.substr(mark + 1), request)) return std::nullopt;
  return request;
}

RouteTable::RouteTable(std::vector<Route> routes) {
  for (Route& route : routes) {
    Request parsed;
    each_part(std::string_view(route.pattern).substr(1), '/', [&](std::string_view part) {
      if (!part.empty()) parsed.path.emplace_back(part);  // "/" has none
      return true;
    });
    entries_.push_back({std::move(route), std::move(parsed.path)});
  }
}

const Route* RouteTable::find(Request& request, bool& path_known) const {
  path_known = false;
  for (const Entry& entry : entries_) {
    std::map<std::string, std::string> bound;
    if (!matches(entry.parts, request.path, bound)) continue;
    path_known = true;
    if (entry.route.method != request.method) continue;
    request.bound = std::move(bound);
    return &entry.route;
  }
  return nullptr;
}

}  // namespace tarn::doors::http
