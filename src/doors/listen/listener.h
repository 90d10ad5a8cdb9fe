// What every door's way in has in common: one port on loopback, one socket handed on for each client.
#pragma once

#include <boost/asio/awaitable.hpp>     // tidy-ok(heavy): included by the doors' door.cc only
#include <boost/asio/ip/tcp.hpp>        // tidy-ok(heavy): the same
#include <boost/asio/steady_timer.hpp>  // tidy-ok(heavy): the same
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"

namespace tarn::doors::listen {

inline constexpr std::chrono::seconds kAcceptRetryWait{1};  // when no socket can be had

struct ListenOptions {
  std::string door;  // as people call it: "Kafka"
  std::string flag;  // of the command line: "--kafka"
  std::string area;  // in the log: "doors/kafka"
  std::string address;
  std::uint16_t port = 0;  // 0 picks one
};

// Everything but the constructor and open() is called on the thread that runs `network`.
class Listener {
 public:
  explicit Listener(boost::asio::io_context& network) : acceptor_(network), pause_(network) {}

  // Errors: kInvalidArgument (no such address), kDenied (not loopback), kUnavailable (the port is taken), kIo.
  Result<void> open(ListenOptions options);
  std::uint16_t port() const { return port_; }

  // Hands on every client until close(). The listener outlives the run of `network`.
  void start(std::function<void(boost::asio::ip::tcp::socket)> take);
  bool is_open() const { return acceptor_.is_open(); }
  void close();

 private:
  boost::asio::awaitable<void> accept_loop();

  ListenOptions options_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::function<void(boost::asio::ip::tcp::socket)> take_;
  std::uint16_t port_ = 0;
};

}  // namespace tarn::doors::listen
