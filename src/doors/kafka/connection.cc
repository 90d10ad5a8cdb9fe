#include "doors/kafka/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <optional>

#include "doors/kafka/fetch.h"
#include "doors/kafka/produce.h"
#include "host/logging.h"
#include "host/metrics.h"
#include "host/send_file.h"
#include "wire/kafka/frame.h"

namespace tarn::doors::kafka {
namespace {

namespace asio = boost::asio;
namespace wk = wire::kafka;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadStepBytes = 1 << 20;    // a frame's memory grows with what really arrives
constexpr std::size_t kFrameHeadBytes = 64 << 10;  // of a frame, read before it waits for memory: small ones never do
constexpr std::int64_t kSlowestBytesPerSecond = 1 << 20;  // a frame that comes slower than this is given up
constexpr Bytes kFileStep = 1_MiB;                        // of a segment to the socket, in one call
constexpr std::size_t kFirstFrameBytesMax = 16 << 20;     // before a client has shown that it speaks Kafka

host::Counter& requests_total() {
  static host::Counter counter("tarn_kafka_requests_total", "Requests of Kafka clients");
  return counter;
}
host::Counter& request_bytes_total() {
  static host::Counter counter("tarn_kafka_request_bytes_total", "Bytes of Kafka clients' requests");
  return counter;
}
host::Counter& response_bytes_total() {
  static host::Counter counter("tarn_kafka_response_bytes_total", "Bytes of responses to Kafka clients");
  return counter;
}
host::Gauge& connections_gauge() {
  static host::Gauge gauge("tarn_kafka_connections_count", "Open connections of Kafka clients");
  return gauge;
}

// A request from its last byte read to its answer's last byte sent.
struct Slot {
  Buffer frame;
  wk::Request request;  // borrows from the frame
  wk::Writer response;
  bool has_response = true;          // false: Produce with acks=0
  std::unique_ptr<FetchCall> fetch;  // owns the files of the promised bytes
  bool appending = false;            // Produce: the log will call back
  bool ready = false;
};
using SlotPtr = std::shared_ptr<Slot>;

// Runs `work` on `pool`, then goes on here.
template <class Work>
asio::awaitable<std::invoke_result_t<Work>> on_pool(asio::thread_pool& pool, Work work) {
  using R = std::invoke_result_t<Work>;
  co_return co_await asio::co_spawn(pool, [&work]() -> asio::awaitable<R> { co_return work(); }, asio::use_awaitable);
}

class TcpConnection final : public Connection, public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(Shared& shared, int native_socket)
      : shared_(shared), socket_(shared.network), changed_(shared.network, asio::steady_timer::time_point::max()) {
    error_code ignored;
    socket_.assign(tcp::v4(), native_socket, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    tcp::endpoint local = socket_.local_endpoint(ignored);
    tcp::endpoint remote = socket_.remote_endpoint(ignored);
    caller_.emplace(Caller{shared.log, shared.groups, shared.clock, shared.options, access::local_admin(""),
                           local.address().to_string(), local.port(), "/" + remote.address().to_string()});
    connections_gauge().set(static_cast<double>(++shared_.connections));
    touch();
  }
  ~TcpConnection() override { connections_gauge().set(static_cast<double>(--shared_.connections)); }

  void start() {
    auto self = shared_from_this();
    auto ended = [self](std::exception_ptr error) {
      if (!error) return;
      self->fail_with("internal", "an exception, most likely out of memory");
      self->reading_ = false;
      self->notify();
    };
    asio::co_spawn(shared_.network, [self] { return self->read_loop(); }, ended);
    asio::co_spawn(shared_.network, [self] { return self->write_loop(); }, ended);
  }

  void close() override {
    if (closing_) return;
    closing_ = true;
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);  // ends reads and writes in the air...
    socket_.cancel(ignored);  // ...the descriptor itself goes with the object: a pool may use it
    notify();
  }

  void close_if_idle(host::MonotonicTime now) override {
    bool waits_for_us = !queue_.empty() && !in_frame_ && !sending_;
    if (waits_for_us) return;
    bool stalls = now > frame_deadline_ || now - last_moved_ > shared_.options.stall_max;
    if (in_frame_ ? stalls : now - last_moved_ > shared_.options.idle_max) close();
  }

 private:
  // ---- reading

  asio::awaitable<void> read_loop() {
    while (!closing_) {
      while (!closing_ && queue_.size() >= shared_.options.requests_in_flight_max) co_await change();
      auto slot = std::make_shared<Slot>();
      std::optional<Buffer> frame = co_await read_frame();
      if (!frame) break;
      slot->frame = std::move(*frame);
      queue_.push_back(slot);
      requests_total().add();
      request_bytes_total().add(static_cast<double>(slot->frame.size()));
      if (!parse(*slot)) break;
      co_await answer(slot);
    }
    close();
    reading_ = false;
    notify();
  }

  // The next frame, without its size; nullopt when the connection ends.
  asio::awaitable<std::optional<Buffer>> read_frame() {
    std::array<std::byte, wk::kFrameSizeBytes> size_bytes;
    if (!co_await read_all(size_bytes)) co_return std::nullopt;
    auto size = static_cast<std::int64_t>(load_be<std::int32_t>(size_bytes.data()));
    auto size_max = static_cast<std::int64_t>(std::min<std::uint64_t>(
        shared_.options.request_bytes_max.count(), greeted_ ? ~std::uint64_t{0} : kFirstFrameBytesMax));
    if (size < 0 || size > size_max) {
      fail_with("frame_size",
                "a frame of " + std::to_string(size) + " bytes, at most " + std::to_string(size_max) + " are taken");
      co_return std::nullopt;
    }
    auto count = static_cast<std::size_t>(size);
    Buffer frame(std::min(count, kFrameHeadBytes));
    shared_.memory.take_anyway(Bytes(frame.size()));
    listen::RequestMemory::Share taken(shared_.memory, Bytes(frame.size()));
    begin_frame(frame.size());
    bool whole = co_await read_all(frame);
    in_frame_ = false;
    if (whole && count > frame.size()) {
      whole = co_await take_memory(Bytes(count - frame.size()));
      if (whole) taken.grow_to(Bytes(count));
      begin_frame(count);
      while (whole && frame.size() < count) {
        std::size_t at = frame.size();
        frame.resize(std::min(count, at + std::max(kReadStepBytes, at)));
        whole = co_await read_all(MutableBytes(frame).subspan(at));
      }
      in_frame_ = false;
    }
    if (!whole) co_return std::nullopt;
    taken.keep();
    co_return frame;
  }

  void begin_frame(std::size_t size) {
    in_frame_ = true;
    touch();
    frame_deadline_ = shared_.clock.now() + shared_.options.stall_max +
                      std::chrono::seconds(static_cast<std::int64_t>(size) / kSlowestBytesPerSecond);
  }

  // Waits for room. False: the connection ends.
  asio::awaitable<bool> take_memory(Bytes count) {
    while (!closing_ && !shared_.memory.take(count)) {
      shared_.memory.wait([weak = weak_from_this()] {
        if (auto self = weak.lock()) self->notify();
      });
      co_await change();
    }
    if (closing_) co_return false;
    co_return true;
  }

  asio::awaitable<bool> read_all(MutableBytes out) {
    while (!out.empty()) {
      error_code error;
      std::size_t got = co_await socket_.async_read_some(asio::buffer(out.data(), out.size()),
                                                         asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return false;
      touch();
      out = out.subspan(got);
    }
    co_return true;
  }

  bool parse(Slot& slot) {
    auto request = wk::parse_request(slot.frame);
    if (!request) return fail_with("bad_request", request.error().message), false;
    slot.request = std::move(*request);
    greeted_ = true;
    return true;
  }

  // ---- answering

  asio::awaitable<void> answer(const SlotPtr& slot) {
    const Handler* handler = find_handler(slot->request.api->key);
    std::int16_t version = slot->request.header.api_version;
    bool known = handler && version >= handler->version_min && version <= handler->version_max;
    wk::begin_response(slot->response, *slot->request.api, version, slot->request.header.correlation_id);
    if (slot->request.api->key == wk::ApiKey::kApiVersions && !known) {
      co_await turn_of(slot);
      answer_unknown_api_versions(slot->response);
      co_return make_ready(*slot);
    }
    if (!known) {  // Kafka too closes the connection: a client learns the versions first
      fail_with("version",
                std::string(slot->request.api->name) + " version " + std::to_string(version) + " is not served");
      co_return;
    }
    if (handler->key == wk::ApiKey::kProduce) co_return co_await produce(slot);
    co_await turn_of(slot);
    if (closing_) co_return;
    if (handler->key == wk::ApiKey::kFetch) co_return co_await fetch(slot);
    asio::thread_pool& pool = handler->pool == Pool::kWrite ? shared_.write_pool : shared_.read_pool;
    if (handler->begin) co_return co_await begin(slot, *handler, pool);
    auto done =
        co_await on_pool(pool, [&] { return handler->answer(*caller_, slot->request.body, version, slot->response); });
    if (!done) co_return fail_with("bad_request", done.error().message);
    make_ready(*slot);
  }

  // Until every request before this one is answered.
  asio::awaitable<void> turn_of(const SlotPtr& slot) {
    while (!closing_ && queue_.front() != slot) co_await change();
  }

  // Answered when others have done their part, maybe never: the next frame is read meanwhile, to notice a client that
  // goes away.
  asio::awaitable<void> begin(const SlotPtr& slot, const Handler& handler, asio::thread_pool& pool) {
    Answered answered = [self = shared_from_this(), slot](EncodeResponse encode) mutable {
      asio::io_context& network = self->shared_.network;
      asio::post(network, [self = std::move(self), slot = std::move(slot), encode = std::move(encode)]() mutable {
        encode(slot->response);
        self->make_ready(*slot);
      });
    };
    auto begun = co_await on_pool(pool, [&] { return handler.begin(*caller_, slot->request, std::move(answered)); });
    if (!begun) fail_with("bad_request", begun.error().message);
  }

  asio::awaitable<void> produce(const SlotPtr& slot) {
    std::int16_t version = slot->request.header.api_version;
    auto request = wk::ProduceRequest::decode(slot->request.body, version);
    if (!request) co_return fail_with("bad_request", request.error().message);
    slot->has_response = request->acks != 0;
    // Called on the log's thread, which must not be left with the last reference to what belongs to this one.
    auto done = [self = shared_from_this(), slot, version](wk::ProduceResponse response) mutable {
      asio::io_context& network = self->shared_.network;
      asio::post(network, [self = std::move(self), slot = std::move(slot), version, response = std::move(response)] {
        self->produced(slot, response, version);
      });
    };
    slot->appending = true;
    co_await on_pool(shared_.write_pool, [&] {
      start_produce(*caller_, std::move(*request), version, std::move(done));
      return true;
    });
  }

  void produced(const SlotPtr& slot, const wk::ProduceResponse& response, std::int16_t version) {
    if (slot->has_response) {
      response.encode(slot->response, version);
    } else if (has_error(response)) {  // the only way to tell a client that wants no answer, and Kafka's
      fail_with("acks_0", "a Produce request without acks failed");
    }
    make_ready(*slot);
  }

  static bool has_error(const wk::ProduceResponse& response) {
    return std::ranges::any_of(response.responses, [](const auto& topic) {
      return std::ranges::any_of(topic.partition_responses,
                                 [](const auto& partition) { return partition.error_code != 0; });
    });
  }

  // Reads; if it is not enough, waits until more is there or the client's time is up, and reads again.
  asio::awaitable<void> fetch(const SlotPtr& slot) {
    std::int16_t version = slot->request.header.api_version;
    auto request = wk::FetchRequest::decode(slot->request.body, version);
    if (!request) co_return fail_with("bad_request", request.error().message);
    auto wait = std::min(std::chrono::milliseconds(std::max(request->max_wait_ms, 0)), shared_.options.fetch_wait_max);
    auto timer = std::make_shared<asio::steady_timer>(shared_.network, wait);
    slot->fetch = std::make_unique<FetchCall>(*caller_, std::move(*request), version);
    bool expired = wait.count() == 0;
    while (true) {
      co_await on_pool(shared_.read_pool, [&] { return slot->fetch->read(), true; });
      if (slot->fetch->is_due() || expired || closing_) break;
      expired = co_await more_or_timeout(*slot->fetch, timer);
    }
    slot->fetch->response().encode(slot->response, version);
    make_ready(*slot);
  }

  // True when the time is up.
  asio::awaitable<bool> more_or_timeout(const FetchCall& call, std::shared_ptr<asio::steady_timer> timer) {
    waiting_fetch_ = timer;
    std::uint64_t watch = shared_.log.watch(
        call.waiting_for(), [timer, &network = shared_.network] { asio::post(network, [timer] { timer->cancel(); }); });
    error_code error;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, error));
    shared_.log.unwatch(watch);
    waiting_fetch_.reset();
    co_return !error;
  }

  void make_ready(Slot& slot) {
    slot.ready = true;
    notify();
  }

  // ---- writing

  asio::awaitable<void> write_loop() {
    while (true) {
      while (queue_.empty() ? reading_ : !queue_.front()->ready && !abandoned(*queue_.front())) co_await change();
      if (queue_.empty()) co_return;
      SlotPtr slot = queue_.front();
      if (slot->ready && slot->has_response && !closing_ && !co_await send(*slot)) close();
      queue_.pop_front();
      shared_.memory.give_back(Bytes(slot->frame.size()));
      notify();
    }
  }

  // A request that gets no answer because the connection closes; an append in the air is waited for.
  bool abandoned(const Slot& slot) const { return closing_ && !reading_ && !slot.appending; }

  asio::awaitable<bool> send(Slot& slot) {
    wk::finish_response(slot.response);
    response_bytes_total().add(static_cast<double>(slot.response.size()));
    sending_ = true;
    touch();
    std::vector<asio::const_buffer> ready;
    std::size_t next_range = 0;
    bool sent = true;
    for (const wk::Writer::Piece& piece : slot.response.pieces()) {
      if (piece.promised == 0) {
        ready.emplace_back(piece.bytes.data(), piece.bytes.size());
        continue;
      }
      sent = co_await write_all(ready) && co_await send_range(slot.fetch->ranges()[next_range++]);
      ready.clear();
      if (!sent) break;
    }
    sent = sent && co_await write_all(ready);
    sending_ = false;
    co_return sent;
  }

  asio::awaitable<bool> write_all(const std::vector<asio::const_buffer>& buffers) {
    if (buffers.empty()) co_return true;
    error_code error;
    co_await asio::async_write(socket_, buffers, asio::redirect_error(asio::use_awaitable, error));
    touch();
    co_return !error;
  }

  // On a pool, because sendfile waits for the disk where the page cache has not got it.
  asio::awaitable<bool> send_range(const log::SegmentRange& range) {
    error_code error;
    socket_.native_non_blocking(true, error);
    for (Bytes done; done < range.length && !error && !closing_;) {
      auto sent = co_await on_pool(shared_.read_pool, [&, socket = socket_.native_handle()] {
        return host::send_file(socket, *range.file, range.position + done, std::min(range.length - done, kFileStep));
      });
      if (!sent) co_return fail_with("send_file", sent.error().message), false;
      touch();
      done += Bytes(*sent);
      if (*sent == 0)
        co_await socket_.async_wait(tcp::socket::wait_write, asio::redirect_error(asio::use_awaitable, error));
    }
    co_return !error && !closing_;
  }

  // ---- the two loops' meeting point

  // Until notify(). One thread runs both loops: nothing changes between a check and this wait.
  asio::awaitable<void> change() {
    error_code ignored;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  void notify() {
    changed_.cancel();
    if (closing_ && waiting_fetch_) waiting_fetch_->cancel();
  }

  void touch() { last_moved_ = shared_.clock.now(); }

  void fail_with(const char* reason, const std::string& detail) {
    if (auto left_out = closing_ ? std::nullopt : shared_.failures.take()) {
      host::log_warn("doors/kafka", "connection_closed",
                     {{"reason", reason}, {"detail", detail}, {"lines_left_out", *left_out}});
    }
    close();
  }

  Shared& shared_;
  tcp::socket socket_;
  asio::steady_timer changed_;
  std::optional<Caller> caller_;
  std::deque<SlotPtr> queue_;  // in the order read; the front is answered next
  std::shared_ptr<asio::steady_timer> waiting_fetch_;
  host::MonotonicTime last_moved_;
  bool reading_ = true;  // the read loop runs
  bool closing_ = false;
  bool greeted_ = false;  // a request with a sane header came
  bool in_frame_ = false;
  host::MonotonicTime frame_deadline_{};
  bool sending_ = false;
};

}  // namespace

std::weak_ptr<Connection> serve_connection(Shared& shared, int native_socket) {
  auto connection = std::make_shared<TcpConnection>(shared, native_socket);
  connection->start();
  return connection;
}

}  // namespace tarn::doors::kafka
