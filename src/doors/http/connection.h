// One client's connection: reads requests, has them answered on the pool, writes answers, one after the other.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>   // tidy-ok(heavy): included by the door's two files only
#include <boost/asio/ip/tcp.hpp>       // tidy-ok(heavy): the same
#include <boost/asio/thread_pool.hpp>  // tidy-ok(heavy): the same
#include <memory>

#include "doors/http/door.h"
#include "doors/http/own_threads.h"
#include "doors/http/route.h"
#include "doors/listen/request_memory.h"

namespace tarn::doors::http {

// What all connections share; outlives them.
struct Shared {
  boost::asio::io_context& network;
  boost::asio::thread_pool& pool;
  OwnThreads& threads;
  const RouteTable& routes;
  const DoorOptions& options;
  listen::RequestMemory memory;  // of bodies; on the network thread
  std::atomic<std::size_t> connections = 0;
};

class Connection {
 public:
  virtual ~Connection() = default;
  virtual void close() = 0;  // on the network thread
};

// Serves `socket` until it closes; the connection lives as long as it is served.
std::weak_ptr<Connection> serve_connection(Shared& shared, boost::asio::ip::tcp::socket socket);

}  // namespace tarn::doors::http
