#include "doors/http/door.h"

#include <fmt/format.h>
#include <pthread.h>

#include <boost/asio.hpp>
#include <thread>

#include "doors/http/connection.h"
#include "doors/http/iceberg_rest.h"
#include "doors/http/status_routes.h"
#include "host/logging.h"

namespace tarn::doors::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kPoolThreads = 4;
constexpr std::chrono::milliseconds kAcceptPause{1000};

std::vector<Route> all_routes(const catalog::Catalog& catalog, std::function<Result<void>()> health,
                              std::vector<Route> added) {
  std::vector<Route> routes = status_routes(std::move(health));
  for (Route& route : iceberg_routes(catalog)) routes.push_back(std::move(route));
  for (Route& route : added) routes.push_back(std::move(route));
  return routes;
}

Error listen_error(const DoorOptions& options, const error_code& error) {
  if (error == asio::error::address_in_use) {
    return {Code::kUnavailable, fmt::format("port {} is taken; stop who has it, or choose another with --http {}:0",
                                            options.port, options.address)};
  }
  return {Code::kIo, fmt::format("cannot listen on {}:{}: {}", options.address, options.port, error.message())};
}

}  // namespace

struct Door::Impl {
  Impl(const DoorOptions& given, std::vector<Route> given_routes)
      : options(given), routes(std::move(given_routes)), shared{network, pool, threads, routes, options} {}

  Result<void> listen() {
    error_code error;
    asio::ip::address address = asio::ip::make_address(options.address, error);
    if (error) return fail(Code::kInvalidArgument, fmt::format("{} is no IP address", options.address));
    if (!address.is_loopback()) {
      return fail(Code::kDenied,
                  fmt::format("the HTTP door listens on loopback only until authentication is configured, "
                              "not on {}; use 127.0.0.1",
                              options.address));
    }
    tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return std::unexpected(listen_error(options, error));
    port = acceptor.local_endpoint().port();
    return {};
  }

  void run() {
    asio::co_spawn(network, [this] { return accept_loop(); }, asio::detached);
    thread = std::thread([this] {
      pthread_setname_np(pthread_self(), "tarn-http-net");
      network.run();
    });
  }

  asio::awaitable<void> accept_loop() {
    while (acceptor.is_open()) {
      error_code error;
      tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted || !acceptor.is_open())
        co_return;  // one may have come just before the close
      if (error) {  // out of descriptors, most likely: let some close
        host::log_warn("doors/http", "accept_failed", {{"error", error.message()}});
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      std::erase_if(connections, [](const auto& weak) { return weak.expired(); });
      if (shared.connections >= options.connections_max) continue;  // closes it
      connections.push_back(serve_connection(shared, std::move(socket)));
    }
  }

  void stop() {
    asio::post(network, [this] {
      error_code ignored;
      acceptor.close(ignored);
      pause.cancel();
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
  tcp::acceptor acceptor{network};
  asio::steady_timer pause{network};
  std::vector<std::weak_ptr<Connection>> connections;
  std::thread thread;
  std::uint16_t port = 0;
  Shared shared;
};

Result<std::unique_ptr<Door>> Door::open(const DoorOptions& options, const catalog::Catalog& catalog,
                                         std::function<Result<void>()> health, std::vector<Route> routes) {
  auto impl = std::make_unique<Impl>(options, all_routes(catalog, std::move(health), std::move(routes)));
  TARN_TRY(impl->listen());
  impl->run();
  return std::unique_ptr<Door>(new Door(std::move(impl)));
}

Door::Door(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Door::~Door() { impl_->stop(); }

std::uint16_t Door::port() const { return impl_->port; }

}  // namespace tarn::doors::http
