// What a handler of the HTTP door sees and answers, and the table that finds it. Beast stays in door.cc.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/access.h"

namespace tarn::doors::http {

inline constexpr std::size_t kPathPartsMax = 32;
inline constexpr std::size_t kQueryPartsMax = 64;

struct Request {
  std::string method;                        // "GET", ...
  std::vector<std::string> path;             // its parts, percent-decoded: "/a/b%2Fc" is {"a", "b/c"}
  std::map<std::string, std::string> query;  // decoded; the first of a name counts
  std::map<std::string, std::string> bound;  // what the route's {names} stand for
  std::string body;
  access::Principal principal;
  std::stop_token gone;  // the client hung up: nobody waits for the answer
};

struct Answer {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
};

// `pattern` is a path whose parts are literal or "{name}"; a last part "{name...}" takes any rest, empty too.
// `handle` runs on the door's pool: it may block, and it asks access::authorize before it acts or shows a name.
struct Route {
  std::string method;
  std::string pattern;
  std::function<Answer(const Request&)> handle;
};

// Splits a request target into path and query. nullopt if it is malformed or over the limits.
std::optional<Request> parse_target(std::string_view target);
// "%41" to "A"; `plus` makes "+" a space, as in queries. nullopt for a broken escape or a NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus);

// Routes in the order given: the first that matches answers.
class RouteTable {
 public:
  explicit RouteTable(std::vector<Route> routes);
  // Fills request.bound. Null if no route matches; `path_known` then says whether one does by another method.
  const Route* find(Request& request, bool& path_known) const;

 private:
  struct Entry {
    Route route;
    std::vector<std::string> parts;
  };
  std::vector<Entry> entries_;
};

}  // namespace tarn::doors::http
