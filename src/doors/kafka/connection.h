// One client's connection: frames in, handlers, frames out.
//
//   read loop ── frame ──> slot at the queue's end ──> handler, on a pool ──> slot is ready
//   write loop <── front slot, once it is ready
//
// Answers leave in the order of their requests. Produce requests overlap: the next frame is read as soon as one's
// appends have begun. Any other request begins when all before it are answered, so that a client that pipelines sees
// its own effects, as with Apache Kafka, which never runs two requests of one connection at a time.
#pragma once

#include <memory>

#include "doors/kafka/api_table.h"
#include "doors/listen/request_memory.h"
#include "host/clock.h"
#include "host/log_limit.h"

namespace boost::asio {
class io_context;
class thread_pool;
}  // namespace boost::asio

namespace tarn::doors::kafka {

// What the connections of one door share. Outlives them; used on the network thread, but for what is thread-safe.
struct Shared {
  boost::asio::io_context& network;
  boost::asio::thread_pool& read_pool;
  boost::asio::thread_pool& write_pool;
  log::Log& log;
  GroupCoordinator& groups;
  host::Clock& clock;
  const DoorOptions& options;
  listen::RequestMemory memory;
  host::LogLimit failures;  // of connections: clients cause them
  std::size_t connections = 0;
};

// All calls on the network thread.
class Connection {
 public:
  virtual ~Connection() = default;
  // Stops reading and writing; appends in the air go on, and the connection ends when they have.
  virtual void close() = 0;
  // Closes it if nothing moved for longer than the options allow.
  virtual void close_if_idle(host::MonotonicTime now) = 0;
};

// Serves an accepted socket until it closes; keeps itself alive meanwhile.
std::weak_ptr<Connection> serve_connection(Shared& shared, int native_socket);

}  // namespace tarn::doors::kafka
