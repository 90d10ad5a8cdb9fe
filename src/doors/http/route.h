// What a handler of the HTTP door sees and answers, and the table that finds it. Beast stays in connection.cc.
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
#include "base/bytes.h"

namespace tarn::doors::http {

inline constexpr std::size_t kPathPartsMax = 32;
inline constexpr std::size_t kQueryPartsMax = 64;

struct Request {
  std::string method;                        // "GET", ...
  std::vector<std::string> path;             // its parts, percent-decoded: "/a/b%2Fc" is {"a", "b/c"}
  std::map<std::string, std::string> query;  // decoded; the first of a name counts
  std::map<std::string, std::string> bound;  // what the route's {names} stand for
  std::string body;
  std::string accept_encoding, last_event_id;  // of the headers of these names
  access::Principal principal;
  std::stop_token gone;  // the client hung up: nobody waits for the answer
};

// A body as it goes out in pieces. For the thread that it was given to.
class Stream {
 public:
  virtual ~Stream() = default;
  // Sends a piece at once; blocks while the client takes earlier ones. False: the client is gone, or the door closes;
  // nothing more arrives.
  virtual bool write(std::string_view piece) = 0;
  // Stops when write() would say false, also between two writes.
  virtual std::stop_token gone() const = 0;
};

struct Answer {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;  // more of them; without cache-control it is "no-store"
  // Instead of `body`: writes it piece by piece (chunked, or until the connection ends for HTTP/1.0), on a thread of
  // its own, until it returns. The client sees the body end properly however it returns: what may fail says so in its
  // own words. 503 if kThreadsMax threads are taken.
  std::function<void(Stream&)> stream;
};

// How long `handle` takes: one that waits for something far off (landing) does it on a thread of its own, as streams
// do, and leaves the pool to the others.
enum class Takes : std::uint8_t { kAMoment, kAWhile };

inline constexpr Bytes kSmallBody = 64_KiB;      // of a request; larger ones share DoorOptions::body_memory_max
inline constexpr std::size_t kThreadsMax = 128;  // streams and waiting handlers of a door together

// `pattern` is a path whose parts are literal or "{name}"; a last part "{name...}" takes any rest, empty too.
// `handle` runs on the door's pool: it may block for a moment, and it asks access::authorize before it acts or shows a
// name.
struct Route {
  std::string method;
  std::string pattern;
  std::function<Answer(const Request&)> handle;
  Takes takes = Takes::kAMoment;
  Bytes body_max = kSmallBody;
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
