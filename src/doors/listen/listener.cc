#include "doors/listen/listener.h"

#include <fmt/format.h>

#include <boost/asio.hpp>
#include <utility>

#include "host/logging.h"
#include "host/machine.h"

namespace tarn::doors::listen {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

static Error listen_error(const ListenOptions& options, const error_code& error) {
  if (error == asio::error::address_in_use) {
    auto who = host::listener_on(options.address, options.port);
    return {Code::kUnavailable,
            fmt::format("port {} is taken{}; stop who has it, or choose another with {} {}:0", options.port,
                        who ? " by " + to_string(*who) : "", options.flag, options.address)};
  }
  return {Code::kIo, fmt::format("cannot listen on {}:{}: {}", options.address, options.port, error.message())};
}

Result<void> Listener::open(ListenOptions options) {
  options_ = std::move(options);
  error_code error;
  asio::ip::address address = asio::ip::make_address(options_.address, error);
  if (error) return fail(Code::kInvalidArgument, fmt::format("{} is no IP address", options_.address));
  if (!address.is_loopback()) {
    return fail(Code::kDenied, fmt::format("the {} door listens on loopback only until authentication is configured, "
                                           "not on {}; use 127.0.0.1",
                                           options_.door, options_.address));
  }
  tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return std::unexpected(listen_error(options_, error));
  port_ = acceptor_.local_endpoint().port();
  return {};
}

void Listener::start(std::function<void(tcp::socket)> take) {
  take_ = std::move(take);
  asio::co_spawn(acceptor_.get_executor(), [this] { return accept_loop(); }, asio::detached);
}

asio::awaitable<void> Listener::accept_loop() {
  while (acceptor_.is_open()) {
    error_code error;
    tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) co_return;  // closing: not even one more
    if (!error) {
      take_(std::move(socket));
      continue;
    }
    host::log_warn(options_.area, "accept_failed", {{"error", error.message()}});  // out of descriptors, most likely
    pause_.expires_after(kAcceptRetryWait);
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

void Listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

}  // namespace tarn::doors::listen
