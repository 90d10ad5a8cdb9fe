// What is served: one table of APIs and versions, and a function for each that turns a request into its response.
//
// Handlers are plain blocking code: they may wait for the log's disk and run on the door's pools. Each asks
// access::authorize before it acts or shows a name. Produce and Fetch answer later and have their own files.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "access/access.h"
#include "base/bytes.h"
#include "base/result.h"
#include "doors/kafka/door.h"
#include "wire/kafka/api_key.h"
#include "wire/kafka/codec.h"
#include "wire/kafka/frame.h"

namespace tarn::doors::kafka {

inline constexpr std::int32_t kNodeId = 1;  // the one broker: leader, controller and only replica of everything

class GroupCoordinator;

// Who asks, and what a handler may use. One per connection; thread-safe to read.
struct Caller {
  log::Log& log;
  GroupCoordinator& groups;
  host::Clock& clock;
  const DoorOptions& options;
  access::Principal principal;
  std::string host;  // the address that the client reached us at, which it is told to use
  std::uint16_t port;
  std::string client_host;  // the client's own
};

enum class Pool { kRead, kWrite };

// Called once, on any thread, maybe at once: puts the response's body where it is told to.
using EncodeResponse = std::move_only_function<void(wire::kafka::Writer& out)>;
using Answered = std::move_only_function<void(EncodeResponse encode)>;

struct Handler {
  wire::kafka::ApiKey key;
  std::int16_t version_min;  // of what ApiVersions tells; Produce below 3 is told and refused (KAFKA-18659)
  std::int16_t version_max;
  Pool pool;
  // Decodes `body`, acts, appends the response's body. Errors: only the decoder's. One of the two is set, but for
  // Produce and Fetch.
  Result<void> (*answer)(const Caller& caller, ByteView body, std::int16_t version, wire::kafka::Writer& out);
  // The same for requests that wait for other clients, or for the log without holding a thread.
  Result<void> (*begin)(const Caller& caller, const wire::kafka::Request& request, Answered answered) = nullptr;
};

// By ascending key.
std::span<const Handler> handlers();
const Handler* find_handler(wire::kafka::ApiKey key);

// KIP-511: the answer to an ApiVersions request of a version we don't know, in version 0, with our own range.
void answer_unknown_api_versions(wire::kafka::Writer& out);

}  // namespace tarn::doors::kafka
