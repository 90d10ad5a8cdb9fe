// One client's socket: messages in, answers out, and the thread its session runs on.
#pragma once

#include <atomic>
#include <memory>

#include "doors/pg/cancel_keys.h"
#include "doors/pg/door.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace tarn::doors::pg {

// What the connections of one door share. Outlives them.
struct Shared {
  boost::asio::io_context& network;
  const engine::Platform& platform;
  const DoorOptions& options;
  CancelKeys cancel_keys;
  std::size_t connections = 0;                  // network thread
  std::size_t sessions = 0;                     // network thread
  std::atomic<std::uint64_t> message_bytes{0};  // of large messages, all clients'
};

// All calls on the network thread.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void leave() = 0;  // we are shutting down: tell the client, end
  virtual void close() = 0;  // at once
};

// Serves an accepted socket until it closes; keeps itself alive meanwhile.
std::weak_ptr<Connection> serve_connection(Shared& shared, int native_socket);

}  // namespace tarn::doors::pg
