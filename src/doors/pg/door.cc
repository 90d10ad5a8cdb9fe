#include "doors/pg/door.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <thread>
#include <vector>

#include "doors/listen/listener.h"
#include "doors/pg/connection.h"

namespace tarn::doors::pg {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kForgetEvery = 64;  // connections accepted between two looks for those that ended

}  // namespace

struct Door::Impl {
  Impl(const DoorOptions& given, const engine::Platform& borrowed)
      : options(given), platform(borrowed), shared{network, platform, options, CancelKeys(platform.host.random)} {}

  Result<void> listen() { return listener.open({"Postgres", "--pg", "doors/pg", options.address, options.port}); }

  void run() {
    listener.start([this](tcp::socket socket) { take(std::move(socket)); });
    thread = std::thread([this] {
      ::pthread_setname_np(::pthread_self(), "tarn-pg-net");
      network.run();
    });
  }

  void take(tcp::socket socket) {
    if (connections.size() % kForgetEvery == 0) {
      std::erase_if(connections, [](const auto& weak) { return weak.expired(); });
    }
    if (shared.connections >= options.connections_max) return;  // closes it
    connections.push_back(serve_connection(shared, socket.release()));
  }

  void for_each(void (Connection::*call)()) {
    for (const auto& weak : connections) {
      if (auto connection = weak.lock()) (connection.get()->*call)();
    }
  }

  void stop() {
    asio::post(network, [this] {
      listener.close();
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
  listen::Listener listener{network};
  asio::steady_timer timer{network};
  std::vector<std::weak_ptr<Connection>> connections;
  std::thread thread;
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

std::uint16_t Door::port() const { return impl_->listener.port(); }

}  // namespace tarn::doors::pg
