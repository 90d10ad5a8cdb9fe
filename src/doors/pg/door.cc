#include "doors/pg/door.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <thread>
#include <vector>

#include "doors/pg/connection.h"
#include "host/logging.h"

namespace tarn::doors::pg {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds kAcceptRetryWait{1};
constexpr std::size_t kForgetEvery = 64;  // connections accepted between two looks for those that ended

Error listen_error(const DoorOptions& options, const error_code& error) {
  if (error == asio::error::address_in_use) {
    return {Code::kUnavailable, fmt::format("port {} is taken; stop who has it, or choose another with --pg {}:0",
                                            options.port, options.address)};
  }
  return {Code::kIo, fmt::format("cannot listen on {}:{}: {}", options.address, options.port, error.message())};
}

}  // namespace

struct Door::Impl {
  Impl(const DoorOptions& given, const engine::Platform& borrowed)
      : options(given), platform(borrowed), shared{network, platform, options, CancelKeys(platform.host.random)} {}

  Result<void> listen() {
    error_code error;
    asio::ip::address address = asio::ip::make_address(options.address, error);
    if (error) return fail(Code::kInvalidArgument, fmt::format("{} is no IP address", options.address));
    if (!address.is_loopback()) {
      return fail(Code::kDenied, fmt::format("the Postgres door listens on loopback only until authentication is "
                                             "configured, not on {}; use 127.0.0.1",
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
      ::pthread_setname_np(::pthread_self(), "tarn-pg-net");
      network.run();
    });
  }

  asio::awaitable<void> accept_loop() {
    while (acceptor.is_open()) {
      error_code error;
      tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;  // closing: not even one more
      if (error) {  // out of descriptors, most likely: let some close
        host::log_warn("doors/pg", "accept_failed", {{"error", error.message()}});
        timer.expires_after(kAcceptRetryWait);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      if (connections.size() % kForgetEvery == 0)
        std::erase_if(connections, [](const auto& weak) { return weak.expired(); });
      if (shared.connections >= options.connections_max) continue;  // closes it
      connections.push_back(serve_connection(shared, socket.release()));
    }
  }

  void for_each(void (Connection::*call)()) {
    for (const auto& weak : connections) {
      if (auto connection = weak.lock()) (connection.get()->*call)();
    }
  }

  void stop() {
    asio::post(network, [this] {
      error_code ignored;
      acceptor.close(ignored);
      for_each(&Connection::leave);
      timer.expires_after(options.shutdown_max);
      timer.async_wait([this](const error_code& cancelled) {
        if (!cancelled) for_each(&Connection::close);
      });
      when_empty();
    });
    if (thread.joinable()) thread.join();  // run() returns when no connection is left
  }

  // Ends the wait for slow clients when there are none.
  void when_empty() {
    if (shared.connections == 0) {
      timer.cancel();
      return;
    }
    auto again = std::make_shared<asio::steady_timer>(network, std::chrono::milliseconds(10));
    again->async_wait([this, again](const error_code&) { when_empty(); });
  }

  DoorOptions options;
  engine::Platform platform;
  asio::io_context network{1};
  tcp::acceptor acceptor{network};
  asio::steady_timer timer{network};
  std::vector<std::weak_ptr<Connection>> connections;
  std::thread thread;
  std::uint16_t port = 0;
  Shared shared;
};

Result<std::unique_ptr<Door>> Door::open(const DoorOptions& options, const engine::Platform& platform) {
  auto impl = std::make_unique<Impl>(options, platform);
  TARN_TRY(impl->listen());
  impl->run();
  return std::unique_ptr<Door>(new Door(std::move(impl)));
}

Door::Door(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Door::~Door() { impl_->stop(); }

std::uint16_t Door::port() const { return impl_->port; }

}  // namespace tarn::doors::pg
