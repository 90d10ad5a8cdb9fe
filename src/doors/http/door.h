// The HTTP door: /healthz, /metrics, the Iceberg REST catalog under /iceberg, and what the wiring adds (/api).
//
// One network thread runs every connection; handlers run on a small pool, one request of a connection at a time, and
// those that wait or stream on threads of their own.
// It listens on loopback only, and answers only requests that name a loopback host: a web page elsewhere must not reach
// it through the visitor's browser by a DNS name of its own. Pages that other servers of this machine serve may read,
// no more. Who may ask, and for what, is settled by the header: a body is read for a route that takes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "doors/http/route.h"
#include "log/groups_info.h"

namespace tarn::doors::http {

struct DoorOptions {
  std::string address = "127.0.0.1";        // loopback only, until authentication exists
  std::uint16_t port = 8276;                // 0 picks one
  const log::GroupsInfo* groups = nullptr;  // for /metrics; outlives the door

  std::size_t connections_max = 500;              // more are closed at once
  Bytes header_bytes_max = 16_KiB;                // of a request, its first line included
  Bytes body_memory_max = 32_MiB;                 // of the bodies past kSmallBody that are read and handled; more wait
  std::chrono::milliseconds request_max{30'000};  // from a request's first byte to its last
  std::chrono::milliseconds answer_max{60'000};   // for a client to take an answer
  std::chrono::milliseconds piece_max{5'000};     // to take a piece of a streamed one: it may hold a run's place
  std::chrono::milliseconds room_max{10'000};     // for a body to wait for memory
  std::chrono::milliseconds idle_max{120'000};    // between requests
};

class Door {
 public:
  // Listens and serves. `catalog` outlives the door; `health` is asked on the pool; `routes` come after our own.
  // Errors: kInvalidArgument (no such address), kDenied (not loopback), kUnavailable (the port is taken), kIo.
  static Result<std::unique_ptr<Door>> open(const DoorOptions& options, const catalog::Catalog& catalog,
                                            std::function<Result<void>()> health, std::vector<Route> routes = {});

  // Closes every connection; waits for handlers that run.
  ~Door();

  std::uint16_t port() const;

 private:
  struct Impl;
  explicit Door(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::doors::http
