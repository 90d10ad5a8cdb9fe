#include "doors/pg/connection.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "doors/pg/conversation.h"
#include "doors/pg/inbox.h"
#include "host/logging.h"
#include "host/metrics.h"
#include "wire/postgres/backend.h"
#include "wire/postgres/frontend.h"

namespace tarn::doors::pg {
namespace {

namespace asio = boost::asio;
namespace wire = tarn::wire::postgres;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 8 << 10;           // read at a time between messages
constexpr std::size_t kBodyStepBytes = 256 << 10;     // a large body's memory grows with what really arrives
constexpr std::size_t kLargeMessageBytes = 64 << 10;  // counted against message_memory_max
constexpr std::chrono::seconds kMessageStallMax{30};  // a large message takes this and a second for each MiB at most
constexpr int kEncryptionRequestsMax = 2;             // SSL and GSS, each once

host::Gauge& sessions_gauge() {
  static host::Gauge gauge("tarn_doors_pg_sessions_count", "Open sessions of SQL clients.");
  return gauge;
}

class TcpConnection final : public Connection, private Output, public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(Shared& shared, int native_socket)
      : shared_(shared),
        socket_(shared.network),
        startup_timer_(shared.network, shared.options.startup_max),
        room_(shared.network, asio::steady_timer::time_point::max()),
        inbox_(shared.options.inbox_bytes_max.count(), [this] { ask_for_more(); }) {
    error_code ignored;
    socket_.assign(tcp::v4(), native_socket, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    ++shared_.connections;
  }
  ~TcpConnection() override { --shared_.connections; }

  void start() {
    auto self = shared_from_this();
    asio::co_spawn(shared_.network, [self] { return self->serve(); }, asio::detached);
    asio::co_spawn(shared_.network, [self] { return self->watch_startup(); }, asio::detached);
  }

  void leave() override {
    if (!session_.joinable()) return close();
    inbox_.end(Leaving{});
    stop_conversation(engine::Stop::kShutdown);
  }

  void close() override {
    {
      std::lock_guard lock(out_mutex_);
      if (dead_) return;
      dead_ = true;
      drained_.notify_all();
      error_code ignored;
      socket_.shutdown(tcp::socket::shutdown_both, ignored);
      socket_.close(ignored);
    }
    startup_timer_.cancel();
    room_.cancel();
    inbox_.end(Gone{});
    stop_conversation(engine::Stop::kDisconnect);
  }

 private:
  // ---- reading, on the network thread

  asio::awaitable<void> serve() {
    std::optional<Buffer> startup = co_await read_startup();
    startup_timer_.cancel();
    if (!startup) co_return close();
    if (shared_.sessions >= shared_.options.sessions_max)
      co_return co_await refuse("53300", "sorry, too many clients already");
    sessions_gauge().set(static_cast<double>(++shared_.sessions));
    session_ = std::thread([self = shared_from_this(), packet = std::move(*startup)] { self->converse(packet); });
    while (co_await read_message()) {
    }
  }

  asio::awaitable<void> watch_startup() {
    error_code cancelled;
    co_await startup_timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (!cancelled) close();
  }

  // The packet of a Startup; nullopt when the connection is to end, all being said.
  asio::awaitable<std::optional<Buffer>> read_startup() {
    for (int encryption_requests = 0; encryption_requests <= kEncryptionRequestsMax;) {
      if (!co_await fill(4)) co_return std::nullopt;
      Result<std::size_t> size = wire::startup_size(ByteView(read_).subspan(read_at_));
      if (!size || !co_await fill(*size)) co_return std::nullopt;
      Buffer packet = to_buffer(take(*size));
      Result<wire::StartupMessage> message = wire::parse_startup(packet);
      if (!message) {
        co_await refuse("0A000", message.error().message);
        co_return std::nullopt;
      }
      if (std::holds_alternative<wire::Startup>(*message)) co_return packet;
      if (const auto* cancel = std::get_if<wire::CancelRequest>(&*message)) {
        shared_.cancel_keys.cancel(cancel->process_id, cancel->secret_key);
        co_return std::nullopt;
      }
      ++encryption_requests;
      // What follows the request unasked was not meant for us in the clear (CVE-2021-23214).
      if (read_.size() > read_at_) co_return std::nullopt;
      if (!co_await write_now(as_bytes(std::string_view(&wire::kEncryptionRefused, 1)))) co_return std::nullopt;
    }
    co_return std::nullopt;
  }

  // Reads one message into the inbox. False: no more will come.
  asio::awaitable<bool> read_message() {
    while (!closed() && inbox_.full()) {
      error_code ignored;
      co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (closed() || !co_await fill(wire::kHeaderBytes)) co_return lost();
    Result<wire::Header> header = wire::parse_header(take(wire::kHeaderBytes));
    if (!header) {
      inbox_.end(header.error());
      co_return false;
    }
    Frame frame{header->type, {}};
    if (header->body_bytes > kLargeMessageBytes && !reserve(header->body_bytes)) {
      inbox_.end(Error{Code::kLimit, "the memory for large messages is in use; try again"});
      co_return false;
    }
    if (!co_await read_body(frame.body, header->body_bytes)) {
      release(header->body_bytes);
      co_return lost();
    }
    inbox_.push(std::move(frame));
    co_return true;
  }

  asio::awaitable<bool> read_body(Buffer& body, std::size_t size) {
    ByteView buffered = take(std::min(size, read_.size() - read_at_));
    body.assign(buffered.begin(), buffered.end());
    asio::steady_timer slow(shared_.network, kMessageStallMax + std::chrono::seconds(size >> 20));
    if (size > kLargeMessageBytes) {  // what it reserved is for those who send
      slow.async_wait([weak = weak_from_this()](const error_code& error) {
        if (auto self = weak.lock(); self && !error) self->close();
      });
    }
    while (body.size() < size) {
      std::size_t at = body.size();
      body.resize(std::min(size, at + kBodyStepBytes));
      error_code error;
      co_await asio::async_read(socket_, asio::buffer(body.data() + at, body.size() - at),
                                asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return false;
    }
    co_return true;
  }

  // Makes at least `count` bytes available to take().
  asio::awaitable<bool> fill(std::size_t count) {
    while (read_.size() - read_at_ < count) {
      read_.erase(read_.begin(), read_.begin() + static_cast<std::ptrdiff_t>(read_at_));
      read_at_ = 0;
      std::size_t have = read_.size();
      read_.resize(std::max(count, kReadBytes));
      error_code error;
      std::size_t got = co_await socket_.async_read_some(asio::buffer(read_.data() + have, read_.size() - have),
                                                         asio::redirect_error(asio::use_awaitable, error));
      read_.resize(have + got);
      if (error) co_return false;
    }
    co_return true;
  }
  ByteView take(std::size_t count) {
    read_at_ += count;
    return ByteView(read_).subspan(read_at_ - count, count);
  }

  bool lost() {
    inbox_.end(Gone{});
    stop_conversation(engine::Stop::kDisconnect);
    return false;
  }

  void ask_for_more() {  // on the session's thread
    asio::post(shared_.network, [self = shared_from_this()] { self->room_.cancel(); });
  }

  // Large messages of all clients share a bound.
  bool reserve(std::size_t bytes) {
    if (shared_.message_bytes.fetch_add(bytes) + bytes <= shared_.options.message_memory_max.count()) return true;
    shared_.message_bytes -= bytes;
    return false;
  }
  void release(std::size_t bytes) {
    if (bytes > kLargeMessageBytes) shared_.message_bytes -= bytes;
  }

  // ---- the conversation, on its own thread

  void converse(const Buffer& startup) {
    ::pthread_setname_np(::pthread_self(), "tarn-pg-session");
    {
      Conversation conversation(shared_.platform, shared_.cancel_keys, *this);
      set_conversation(&conversation);
      Result<wire::StartupMessage> message = wire::parse_startup(startup);
      if (message && conversation.start(std::get<wire::Startup>(*message))) {
        while (answer(conversation, inbox_.pop())) {
        }
      }
      set_conversation(nullptr);
    }
    asio::post(shared_.network, [self = shared_from_this()] { self->session_ended(); });
  }

  bool answer(Conversation& conversation, Received received) {
    if (const auto* frame = std::get_if<Frame>(&received)) {
      Result<wire::FrontendMessage> message = wire::parse_message(frame->type, frame->body);
      bool go_on = message && conversation.handle(*message);
      if (!message) conversation.violation(message.error());
      release(frame->body.size());
      return go_on;
    }
    if (const auto* error = std::get_if<Error>(&received)) conversation.violation(*error);
    if (std::holds_alternative<Leaving>(received)) conversation.say_shutdown();
    return false;
  }

  void set_conversation(Conversation* conversation) {
    std::lock_guard lock(conversation_mutex_);
    conversation_ = conversation;
    if (conversation != nullptr && stopped_ != engine::Stop::kNone) conversation->stop(stopped_);
  }
  void stop_conversation(engine::Stop reason) {
    std::lock_guard lock(conversation_mutex_);
    stopped_ = reason;
    if (conversation_ != nullptr) conversation_->stop(reason);
  }

  void session_ended() {
    session_.join();
    sessions_gauge().set(static_cast<double>(--shared_.sessions));
    std::unique_lock lock(out_mutex_);
    ended_ = true;
    bool drained = !writing_;
    lock.unlock();
    if (drained) close();
  }

  // ---- writing

  // On the session's thread. Straight to the socket while it takes bytes; what it doesn't take waits for the network
  // thread.
  bool write(ByteView bytes) override {
    std::unique_lock lock(out_mutex_);
    if (dead_) return false;
    if (!writing_) {
      auto sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
    if (bytes.empty()) return true;
    outgoing_.insert(outgoing_.end(), bytes.begin(), bytes.end());
    if (!writing_) {
      writing_ = true;
      asio::post(shared_.network, [self = shared_from_this()] { self->pump(); });
    }
    return wait_drained(lock);
  }

  bool wait_drained(std::unique_lock<std::mutex>& lock) {
    auto room = [&] { return dead_ || outgoing_.size() <= shared_.options.outgoing_bytes_max.count(); };
    while (!room()) {
      std::uint64_t before = written_;
      if (drained_.wait_for(lock, shared_.options.client_stall_max, room)) break;
      if (written_ != before) continue;
      host::log_warn("doors/pg", "client_stalled", {{"unsent_bytes", outgoing_.size()}});
      asio::post(shared_.network, [self = shared_from_this()] { self->close(); });
      return false;
    }
    return !dead_;
  }

  bool behind(std::size_t bytes) const override {
    std::lock_guard lock(out_mutex_);
    return outgoing_.size() + bytes > shared_.options.outgoing_bytes_max.count();
  }

  // On the network thread: sends what waits, until nothing does.
  void pump() {
    std::unique_lock lock(out_mutex_);
    written_ += sending_.size();
    sending_.clear();
    drained_.notify_all();
    if (dead_) return;
    if (outgoing_.empty()) {
      writing_ = false;
      bool last = ended_;
      lock.unlock();
      if (last) close();
      return;
    }
    std::swap(sending_, outgoing_);
    lock.unlock();
    asio::async_write(socket_, asio::buffer(sending_.data(), sending_.size()),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        if (error) self->close();
                        self->pump();
                      });
  }

  asio::awaitable<bool> write_now(ByteView bytes) {
    error_code error;
    co_await asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()),
                               asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
  }

  asio::awaitable<void> refuse(std::string_view sqlstate, std::string message) {
    Buffer out;
    wire::put_error(out, {"FATAL", sqlstate, message});
    co_await write_now(out);
    close();
  }

  bool closed() const {
    std::lock_guard lock(out_mutex_);
    return dead_;
  }

  Shared& shared_;
  tcp::socket socket_;
  asio::steady_timer startup_timer_;
  asio::steady_timer room_;  // cancelled when the inbox has room
  Buffer read_;
  std::size_t read_at_ = 0;
  Inbox inbox_;
  std::thread session_;

  std::mutex conversation_mutex_;
  Conversation* conversation_ = nullptr;
  engine::Stop stopped_ = engine::Stop::kNone;

  mutable std::mutex out_mutex_;
  std::condition_variable drained_;
  Buffer outgoing_;
  Buffer sending_;  // network thread, while writing_
  std::uint64_t written_ = 0;
  bool writing_ = false;  // the network thread has bytes to send, or will look for some
  bool ended_ = false;    // the session is over: close when all is sent
  bool dead_ = false;     // nothing can be sent any more
};

}  // namespace

std::weak_ptr<Connection> serve_connection(Shared& shared, int native_socket) {
  auto connection = std::make_shared<TcpConnection>(shared, native_socket);
  connection->start();
  return connection;
}

}  // namespace tarn::doors::pg
