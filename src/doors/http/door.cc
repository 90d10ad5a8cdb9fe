#include "doors/http/door.h"

#include <pthread.h>

#include <boost/asio.hpp>
#include <thread>

#include "doors/http/connection.h"
#include "doors/http/iceberg_rest.h"
#include "doors/http/status_routes.h"
#include "doors/listen/listener.h"

namespace tarn::doors::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t kPoolThreads = 4;

std::vector<Route> all_routes(const DoorOptions& options, const catalog::Catalog& catalog,
                              std::function<Result<void>()> health, std::vector<Route> added) {
  std::vector<Route> routes = status_routes(std::move(health), options.groups);
  for (Route& route : iceberg_routes(catalog)) routes.push_back(std::move(route));
  for (Route& route : added) routes.push_back(std::move(route));
  return routes;
}

}  // namespace

struct Door::Impl {
  Impl(const DoorOptions& given, std::vector<Route> given_routes)
      : options(given),
        routes(std::move(given_routes)),
        shared{network, pool, threads, routes, options, listen::RequestMemory(given.body_memory_max)} {}

  Result<void> listen() { return listener.open({"HTTP", "--http", "doors/http", options.address, options.port}); }

  void run() {
    listener.start([this](tcp::socket socket) { take(std::move(socket)); });
    thread = std::thread([this] {
      pthread_setname_np(pthread_self(), "tarn-http-net");
      network.run();
    });
  }

  void take(tcp::socket socket) {
    std::erase_if(connections, [](const auto& weak) { return weak.expired(); });
    if (shared.connections >= options.connections_max) return;  // closes it
    connections.push_back(serve_connection(shared, std::move(socket)));
  }

  void stop() {
    asio::post(network, [this] {
      listener.close();
      for (const auto& weak : connections) {
        if (auto connection = weak.lock()) connection->close();
      }
    });
    if (thread.joinable()) thread.join();  // run() returns when no connection is left
    pool.join();
  }

  DoorOptions options;
  RouteTable routes;
  asio::io_context network{1};
  asio::thread_pool pool{kPoolThreads};
  OwnThreads threads{kThreadsMax};
  listen::Listener listener{network};
  std::vector<std::weak_ptr<Connection>> connections;
  std::thread thread;
  Shared shared;
};

Result<std::unique_ptr<Door>> Door::open(const DoorOptions& options, const catalog::Catalog& catalog,
                                         std::function<Result<void>()> health, std::vector<Route> routes) {
  auto impl = std::make_unique<Impl>(options, all_routes(options, catalog, std::move(health), std::move(routes)));
  TARN_TRY(impl->listen());
  impl->run();
  return std::unique_ptr<Door>(new Door(std::move(impl)));
}

Door::Door(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Door::~Door() { impl_->stop(); }

std::uint16_t Door::port() const { return impl_->listener.port(); }

}  // namespace tarn::doors::http
