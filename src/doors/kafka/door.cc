#include "doors/kafka/door.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <thread>
#include <vector>

#include "doors/kafka/connection.h"
#include "doors/kafka/group_coordinator.h"
#include "doors/listen/listener.h"

namespace tarn::doors::kafka {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using SystemError = boost::system::error_code;

constexpr std::size_t kPoolThreads = 2;

}  // namespace

struct Door::Impl {
  Impl(const DoorOptions& given, log::Log& log, const host::Host& host)
      : options(given),
        groups(log, host, given.groups,
               {[this](GroupCoordinator::Task task) { asio::post(write_pool, std::move(task)); },
                [this] { asio::post(network, [this] { group_timer.cancel(); }); }}),
        shared{network,
               read_pool,
               write_pool,
               log,
               groups,
               host.clock,
               options,
               listen::RequestMemory(given.request_memory_max),
               host::LogLimit(host.clock)} {}

  Result<void> listen() { return listener.open({"Kafka", "--kafka", "doors/kafka", options.address, options.port}); }

  void run() {
    listener.start([this](tcp::socket socket) { take(std::move(socket)); });
    asio::co_spawn(network, [this] { return sweep_loop(); }, asio::detached);
    asio::co_spawn(network, [this] { return group_loop(); }, asio::detached);
    thread = std::thread([this] {
      pthread_setname_np(pthread_self(), "tarn-kafka-net");
      network.run();
    });
  }

  void take(tcp::socket socket) {
    if (shared.connections >= options.connections_max) return;  // closes it
    connections.push_back(serve_connection(shared, socket.release()));
  }

  // Forgets connections that ended, closes those that idle.
  asio::awaitable<void> sweep_loop() {
    while (listener.is_open()) {
      SystemError ignored;
      sweeper.expires_after(options.sweep_every);
      co_await sweeper.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      std::erase_if(connections, [](const auto& weak) { return weak.expired(); });
      for (const auto& weak : connections) {
        if (auto connection = weak.lock()) connection->close_if_idle(shared.clock.now());
      }
    }
  }

  // Consumer groups' time: sessions that end, generations that begin. Cancelled when a sooner deadline comes up.
  asio::awaitable<void> group_loop() {
    while (listener.is_open()) {
      SystemError error;
      group_timer.expires_after(std::max(groups.next_deadline() - shared.clock.now(), host::Duration(0)));
      co_await group_timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
      if (error || !listener.is_open()) continue;
      co_await asio::co_spawn(
          write_pool, [this]() -> asio::awaitable<void> { co_return groups.run_due(); }, asio::use_awaitable);
    }
  }

  void stop() {
    asio::post(network, [this] {
      listener.close();
      sweeper.cancel();
      group_timer.cancel();
      for (const auto& weak : connections) {
        if (auto connection = weak.lock()) connection->close();
      }
    });
    if (thread.joinable()) thread.join();  // run() returns when no connection is left
    groups.stop();
    read_pool.join();
    write_pool.join();
    network.restart();
    network.poll();  // answers to connections that are no more
  }

  DoorOptions options;
  asio::io_context network{1};
  asio::thread_pool read_pool{kPoolThreads};
  asio::thread_pool write_pool{kPoolThreads};
  listen::Listener listener{network};
  asio::steady_timer sweeper{network};
  asio::steady_timer group_timer{network};
  std::vector<std::weak_ptr<Connection>> connections;
  std::thread thread;
  GroupCoordinator groups;
  Shared shared;
};

Result<std::unique_ptr<Door>> Door::open(const DoorOptions& options, log::Log& log, const host::Host& host) {
  auto impl = std::make_unique<Impl>(options, log, host);
  TARN_TRY(impl->listen());
  impl->run();
  return std::unique_ptr<Door>(new Door(std::move(impl)));
}

Door::Door(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Door::~Door() { impl_->stop(); }

std::uint16_t Door::port() const { return impl_->listener.port(); }

const log::GroupsInfo& Door::groups() const { return impl_->groups; }

}  // namespace tarn::doors::kafka
