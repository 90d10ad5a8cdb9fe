// The Kafka door: listens, speaks Kafka's protocol with any client of it, and drives the log.
//
// One network thread runs every connection; decoded requests run on two small pools, because a call into the log may
// wait for the disk: one for what writes, one for what reads, so that a full write path never holds up a consumer.
//
//   frame ──> in order, per connection ──┬─ Produce: appended at once, answered when durable, the next one already read
//                                        └─ others: begun when all before them are answered, as Apache Kafka does
//
// Which APIs and versions are served: api_table.cc. How errors are told: error_codes.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "doors/kafka/group_options.h"
#include "host/host.h"
#include "log/groups_info.h"
#include "log/log.h"

namespace tarn::doors::kafka {

struct DoorOptions {
  std::string address = "127.0.0.1";  // loopback only, until authentication exists
  std::uint16_t port = 9092;          // 0 picks one
  std::string cluster_id;             // 22 characters of base64, the data folder's own, shown to clients
  bool auto_create_topics = true;
  std::int32_t default_partitions = 1;
  GroupOptions groups;

  std::size_t connections_max = 1000;                 // more are closed at once
  std::size_t requests_in_flight_max = 64;            // of one connection: read and not answered yet
  Bytes request_bytes_max = 100_MiB;                  // Kafka's socket.request.max.bytes
  Bytes request_memory_max = 256_MiB;                 // requests of all connections together; more wait
  Bytes fetch_bytes_max = 55_MiB;                     // Kafka's fetch.max.bytes of a broker
  std::chrono::milliseconds fetch_wait_max{300'000};  // a longer max_wait_ms is answered empty after this
  std::chrono::milliseconds idle_max{600'000};        // Kafka's connections.max.idle.ms
  std::chrono::milliseconds stall_max{30'000};        // in the middle of a request, without a byte coming
  std::chrono::milliseconds sweep_every{1'000};       // how often the two above are looked at
};

class Door {
 public:
  // Listens and serves. `log` and `host` outlive the door.
  // Errors: kInvalidArgument (no such address), kDenied (not loopback), kUnavailable (the port is taken), kIo.
  static Result<std::unique_ptr<Door>> open(const DoorOptions& options, log::Log& log, const host::Host& host);

  // Closes every connection, and waits for the appends in the air: the log must still answer them.
  ~Door();

  std::uint16_t port() const;
  const log::GroupsInfo& groups() const;

 private:
  struct Impl;
  explicit Door(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::doors::kafka
