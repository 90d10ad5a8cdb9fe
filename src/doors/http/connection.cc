#include "doors/http/connection.h"

#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <exception>

#include "doors/http/error_answer.h"
#include "doors/http/loopback_host.h"
#include "doors/http/packed.h"
#include "host/logging.h"
#include "host/metrics.h"

namespace tarn::doors::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using HttpRequest = bhttp::request<bhttp::string_body>;
using Parser = bhttp::request_parser<bhttp::string_body>;

constexpr std::size_t kLeftBytesMax = 32u << 20;  // of a request that was refused before its end: read to nowhere
constexpr std::size_t kLeftPieceBytes = 64u << 10;
constexpr std::chrono::seconds kLeftMax{2};  // ...for so long, so that its client comes to read the answer

struct Metrics {
  host::Counter requests{"tarn_http_requests_total", "Requests at the HTTP door"};
  host::Counter failures{"tarn_http_failures_total", "Requests answered with a status of 500 or more"};
  host::Gauge connections{"tarn_http_connections_count", "Open connections at the HTTP door"};
};

Metrics& metrics() {
  static Metrics all;
  return all;
}

// Handlers don't throw; libraries that they call may.
Answer handle(const Route& route, const Request& request) {
  try {
    return route.handle(request);
  } catch (const std::exception& error) {
    host::log_error("doors/http", "handler_failed", {{"route", route.pattern}, {"error", error.what()}});
    return error_answer(500, "ServiceFailureException", "a bug of Tarn's; its log says more");
  }
}

bool run_stream(const std::function<void(Stream&)>& stream, Stream& pieces) {
  try {
    stream(pieces);
    return true;
  } catch (const std::exception& error) {
    host::log_error("doors/http", "stream_failed", {{"error", error.what()}});
    return false;
  }
}

// Also gives back what a large body took: as a tree it was much larger.
Answer handle_and_pack(const Route& route, Request& request) {
  Answer answer = packed(handle(route, request), request);
  bool large = Bytes(request.body.size()) > kSmallBody;
  request.body = {};
  if (large) ::malloc_trim(0);
  return answer;
}

// What a request asks for, by its header; `route` is null where `refused` answers it already.
struct Asked {
  Request request;
  const Route* route = nullptr;
  Answer refused;
};

Asked read_header(const HttpRequest& message, const RouteTable& routes, std::stop_token gone) {
  std::string_view foreign =
      why_foreign(message.method_string(), message[bhttp::field::host], message[bhttp::field::origin]);
  if (!foreign.empty()) return {.refused = error_answer(403, "ForbiddenException", foreign)};
  auto request = parse_target(message.target());
  if (!request) return {.refused = error_answer(400, "BadRequestException", "the request's target is malformed")};
  request->method = message.method_string();
  request->accept_encoding = message[bhttp::field::accept_encoding];
  request->last_event_id = message["Last-Event-ID"];
  request->gone = std::move(gone);
  request->principal = access::local_admin(message[bhttp::field::user_agent].substr(0, 100));
  bool path_known = false;
  if (const Route* route = routes.find(*request, path_known)) return {std::move(*request), route, {}};
  if (path_known) return {.refused = error_answer(405, "BadRequestException", "the path does not take this method")};
  return {.refused =
              error_answer(404, "NotFoundException",
                           "there is nothing at this path; see /, /api, /healthz, /metrics and /iceberg/v1/config")};
}

Answer no_thread() {
  return error_answer(
      503, "ServiceUnavailableException",
      fmt::format("{} requests are being waited for or streamed already; try again in a moment", kThreadsMax));
}

// `cache-control: no-store` unless the answer knows better.
template <class Message>
void set_header(Message& message, const Answer& answer, bool keep_alive) {
  message.set(bhttp::field::server, "tarn");
  message.set(bhttp::field::cache_control, "no-store");
  if (!answer.content_type.empty()) message.set(bhttp::field::content_type, answer.content_type);
  for (const auto& [name, value] : answer.headers) message.set(name, value);
  message.keep_alive(keep_alive);
}

class TcpConnection final : public Connection, public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(Shared& shared, tcp::socket socket)
      : shared_(shared), stream_(std::move(socket)), room_(shared.network) {
    metrics().connections.set(static_cast<double>(++shared_.connections));
  }
  ~TcpConnection() override { metrics().connections.set(static_cast<double>(--shared_.connections)); }

  void start() {
    auto ended = [self = shared_from_this()](std::exception_ptr error) {
      if (error) self->close();
    };
    asio::co_spawn(shared_.network, [self = shared_from_this()] { return self->serve(); }, ended);
  }

  void close() override {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
    room_.cancel();
  }

 private:
  asio::awaitable<void> serve() {
    error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    while (co_await serve_one()) {
    }
    close();
  }

  // False when the connection is to end.
  asio::awaitable<bool> serve_one() {
    stream_.expires_after(shared_.options.idle_max);
    if (buffer_.size() == 0 && !co_await read_some()) co_return false;
    stream_.expires_after(shared_.options.request_max);
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(shared_.options.header_bytes_max.count()));
    parser.body_limit(boost::none);  // each route has its own
    error_code error;
    co_await bhttp::async_read_header(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return co_await refuse(error);
    metrics().requests.add();
    std::stop_source gone;
    Asked asked = read_header(parser.get(), shared_.routes, gone.get_token());
    if (!asked.route && parser.is_done()) co_return co_await send(std::move(asked.refused), parser.get());
    if (!asked.route) co_return co_await refuse(std::move(asked.refused));
    Answer answer;
    {
      listen::RequestMemory::Share room(shared_.memory, 0_B);
      if (!co_await read_body(parser, *asked.route, room)) co_return false;
      asked.request.body = std::move(parser.get().body());
      watch(gone);
      answer = co_await answer_to(asked);
    }
    if (answer.status >= 500) metrics().failures.add();
    bool open = answer.stream ? co_await send_stream(answer, parser.get(), gone)
                              : co_await send(std::move(answer), parser.get());
    stream_.socket().cancel(error);  // the watch
    co_return open;
  }

  // The first bytes of a request.
  asio::awaitable<bool> read_some() {
    error_code error;
    std::size_t got =
        co_await stream_.async_read_some(buffer_.prepare(4096), asio::redirect_error(asio::use_awaitable, error));
    buffer_.commit(got);
    co_return !error;
  }

  asio::awaitable<void> write_continue(error_code& error) {
    bhttp::response<bhttp::empty_body> message{bhttp::status::continue_, 11};
    co_await bhttp::async_write(stream_, message, asio::redirect_error(asio::use_awaitable, error));
  }

  // What follows the header, once there is room for it. False: refused, or the client has gone.
  asio::awaitable<bool> read_body(Parser& parser, const Route& route, listen::RequestMemory::Share& room) {
    std::uint64_t bytes_max = route.body_max.count();
    Bytes size(parser.chunked() ? bytes_max : parser.content_length().value_or(0));
    if (size > route.body_max) co_return co_await refuse(bhttp::error::body_limit);
    if (size > kSmallBody) {
      if (!co_await take_room(size))
        co_return co_await refuse(error_answer(503, "ServiceUnavailableException",
                                               "other large requests are being read; try again in a moment"));
      room.grow_to(size);
      stream_.expires_after(shared_.options.request_max);
    }
    parser.body_limit(bytes_max);
    error_code error;
    if (parser.get()[bhttp::field::expect] == "100-continue") co_await write_continue(error);
    if (!error) co_await bhttp::async_read(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return co_await refuse(error);
    co_return true;
  }

  // Waits for it. False: not in time, or the door closes.
  asio::awaitable<bool> take_room(Bytes count) {
    room_.expires_after(shared_.options.room_max);
    while (!shared_.memory.take(count)) {
      shared_.memory.wait([weak = weak_from_this()] {
        if (auto self = weak.lock()) self->room_.cancel();
      });
      error_code woken;
      co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (!woken || !stream_.socket().is_open()) co_return false;
    }
    co_return true;
  }

  // Says what was wrong with a request that could not be read, where the client still listens.
  asio::awaitable<bool> refuse(const error_code& error) {
    if (error == bhttp::error::body_limit)
      co_return co_await refuse(error_answer(413, "BadRequestException", "the request's body is over the limit"));
    if (error == bhttp::error::header_limit)
      co_return co_await refuse(error_answer(431, "BadRequestException", "the request's header is over the limit"));
    if (error.category() == bhttp::make_error_code(bhttp::error::bad_method).category() &&
        error != bhttp::error::end_of_stream && error != bhttp::error::partial_message)
      co_return co_await refuse(
          error_answer(400, "BadRequestException", "this is no HTTP request: " + error.message()));
    co_return false;
  }

  // Of a request that is not read to its end. What is left of it is thrown away: a socket closed over unread bytes
  // takes the answer with it.
  asio::awaitable<bool> refuse(Answer answer) {
    HttpRequest unread{bhttp::verb::unknown, "", 11};
    unread.keep_alive(false);
    co_await send(std::move(answer), unread);
    error_code error;
    stream_.socket().shutdown(tcp::socket::shutdown_send, error);
    stream_.expires_after(kLeftMax);
    buffer_.clear();
    for (std::size_t left = 0; !error && left < kLeftBytesMax;)
      left += co_await stream_.async_read_some(buffer_.prepare(kLeftPieceBytes),
                                               asio::redirect_error(asio::use_awaitable, error));
    co_return false;
  }

  asio::awaitable<Answer> answer_to(Asked& asked) {
    if (asked.route->takes == Takes::kAMoment) {
      auto work = [&]() -> asio::awaitable<Answer> {
        thread_local const int kNamed = pthread_setname_np(pthread_self(), "tarn-http-pool");
        (void)kNamed;
        co_return handle_and_pack(*asked.route, asked.request);
      };
      co_return co_await asio::co_spawn(shared_.pool, work, asio::use_awaitable);
    }
    Answer answer;
    bool ran = co_await on_own_thread([&] { answer = handle_and_pack(*asked.route, asked.request); });
    co_return ran ? std::move(answer) : no_thread();
  }

  // Runs `work` on a thread of its own and waits for its end. False if there is no thread to be had.
  asio::awaitable<bool> on_own_thread(std::function<void()> work) {
    asio::steady_timer ended(shared_.network, asio::steady_timer::time_point::max());
    bool started = shared_.threads.start([&] {
      work();
      asio::post(shared_.network, [&ended] { ended.cancel(); });
    });
    if (!started) co_return false;
    error_code cancelled;
    co_await ended.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    co_return true;
  }

  // Nothing is read while a request is handled: what can be read with no bytes in it is the client's end.
  void watch(std::stop_source gone) {
    stream_.socket().async_wait(tcp::socket::wait_read,
                                [self = shared_from_this(), gone](const error_code& error) mutable {
                                  error_code ignored;
                                  if (error || self->stream_.socket().available(ignored) == 0) gone.request_stop();
                                });
  }

  asio::awaitable<bool> send(Answer answer, const HttpRequest& asked) {
    bhttp::response<bhttp::string_body> message{static_cast<bhttp::status>(answer.status), asked.version()};
    set_header(message, answer, asked.keep_alive());
    if (answer.status == 204) {
    } else if (asked.method() == bhttp::verb::head) {
      message.content_length(answer.body.size());
    } else {
      message.body() = std::move(answer.body);
      message.prepare_payload();
    }
    stream_.expires_after(shared_.options.answer_max);
    error_code error;
    co_await bhttp::async_write(stream_, message, asio::redirect_error(asio::use_awaitable, error));
    co_return !error && message.keep_alive();
  }

  // The pieces of one answer, from the thread that makes them to the network thread.
  class Pieces final : public Stream {
   public:
    Pieces(TcpConnection& connection, bool chunked, std::stop_source gone)
        : connection_(connection), chunked_(chunked), gone_(std::move(gone)) {}
    bool write(std::string_view piece) override {
      if (piece.empty() || gone_.stop_requested()) return !gone_.stop_requested();
      bool sent =
          asio::co_spawn(connection_.shared_.network, connection_.send_piece(piece, chunked_), asio::use_future).get();
      if (!sent) gone_.request_stop();
      return sent;
    }
    std::stop_token gone() const override { return gone_.get_token(); }

   private:
    TcpConnection& connection_;
    bool chunked_;
    std::stop_source gone_;
  };

  asio::awaitable<bool> send_piece(std::string_view piece, bool chunked) {
    stream_.expires_after(shared_.options.piece_max);
    error_code error;
    if (chunked) {
      co_await asio::async_write(stream_, bhttp::make_chunk(asio::buffer(piece)),
                                 asio::redirect_error(asio::use_awaitable, error));
    } else {
      co_await asio::async_write(stream_, asio::buffer(piece), asio::redirect_error(asio::use_awaitable, error));
    }
    co_return !error;
  }

  asio::awaitable<bool> send_stream(const Answer& answer, const HttpRequest& asked, std::stop_source gone) {
    bool chunked = asked.version() >= 11, whole = false;
    bhttp::response<bhttp::empty_body> message{static_cast<bhttp::status>(answer.status), asked.version()};
    set_header(message, answer, chunked && asked.keep_alive());
    message.chunked(chunked);
    bhttp::response_serializer<bhttp::empty_body> header(message);
    Pieces pieces(*this, chunked, gone);
    bool ran = co_await on_own_thread([&] {
      if (asio::co_spawn(shared_.network, send_header(header), asio::use_future).get())
        whole = run_stream(answer.stream, pieces);
    });
    if (!ran) co_return co_await send(no_thread(), asked);
    if (!whole || gone.stop_requested()) co_return false;
    if (chunked) co_await send_end();
    co_return message.keep_alive();
  }

  asio::awaitable<bool> send_header(bhttp::response_serializer<bhttp::empty_body>& header) {
    stream_.expires_after(shared_.options.answer_max);
    error_code error;
    co_await bhttp::async_write_header(stream_, header, asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
  }

  asio::awaitable<void> send_end() {
    stream_.expires_after(shared_.options.answer_max);
    error_code error;
    co_await asio::async_write(stream_, bhttp::make_chunk_last(), asio::redirect_error(asio::use_awaitable, error));
  }

  Shared& shared_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  asio::steady_timer room_;  // waits for room in the memory
};

}  // namespace

std::weak_ptr<Connection> serve_connection(Shared& shared, tcp::socket socket) {
  auto connection = std::make_shared<TcpConnection>(shared, std::move(socket));
  connection->start();
  return connection;
}

}  // namespace tarn::doors::http
