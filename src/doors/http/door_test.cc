#include "doors/http/door.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "catalog/fixture_test.h"

namespace tarn::doors::http {
using catalog::must;

namespace {

using boost::asio::ip::tcp;

class DoorFixture {
 public:
  explicit DoorFixture(DoorOptions options = {}) {
    options.port = 0;
    door = must(Door::open(
        options, fixture.catalog(),
        [this]() -> Result<void> { return ready ? Result<void>() : fail(Code::kUnavailable, "the disk failed"); },
        {{"POST", "/api/echo", [](const Request& request) { return Answer{.body = request.body}; }, Takes::kAMoment,
          1_KiB},
         {"POST", "/api/large",
          [](const Request& request) { return Answer{.body = std::to_string(request.body.size())}; }, Takes::kAWhile,
          1_MiB},
         {"GET", "/api/throw", [](const Request&) -> Answer { throw std::runtime_error("a library's"); }},
         {"GET", "/api/three", [](const Request&) { return streamed([](Stream& to) { three(to); }); }},
         {"GET", "/api/torn", [](const Request&) { return streamed([](Stream& to) { torn(to); }); }},
         {"GET", "/api/forever", [this](const Request&) { return streamed([this](Stream& to) { forever(to); }); }},
         {"GET", "/api/wait", [this](const Request& request) { return wait(request); }, Takes::kAWhile}}));
  }

  static Answer streamed(std::function<void(Stream&)> stream) {
    return {.content_type = "text/plain", .headers = {{"x-kind", "stream"}}, .stream = std::move(stream)};
  }
  static void three(Stream& to) {
    for (const char* piece : {"one ", "", "two ", "three"}) CHECK(to.write(piece));
  }
  static void torn(Stream& to) {
    to.write("half");
    throw std::runtime_error("a library's");
  }
  void forever(Stream& to) {
    ++streams;
    std::string piece(64 << 10, 'x');
    while (to.write(piece)) ++pieces;
    CHECK(to.gone().stop_requested());
    --streams;
  }
  // Until as many wait as `waiters_wanted` says, or the client goes.
  Answer wait(const Request& request) {
    ++waiters;
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    while (!changed.wait_for(lock, request.gone, std::chrono::milliseconds(1), [this] {
      return waiters >= waiters_wanted;
    }) && !request.gone.stop_requested()) {
    }
    return {.body = "waited"};
  }

  catalog::Fixture fixture;
  std::atomic<bool> ready = true;
  std::atomic<int> streams = 0, pieces = 0, waiters = 0, waiters_wanted = 0;
  std::unique_ptr<Door> door;
};

void until(const std::function<bool()>& reached) {
  while (!reached()) std::this_thread::yield();
}

// A client's socket, blocking.
class Client {
 public:
  explicit Client(const DoorFixture& door) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), door.door->port()});
  }

  void send(std::string_view text) {
    boost::system::error_code ignored;
    boost::asio::write(socket_, boost::asio::buffer(text), ignored);
  }
  void close() { socket_.close(); }
  // All until the door closes the connection.
  std::string read_all() {
    std::string text;
    boost::system::error_code ignored;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(text), ignored);
    return text;
  }
  std::string ask(std::string_view text) {
    send(text);
    return read_all();
  }

 private:
  boost::asio::io_context context_;
  tcp::socket socket_{context_};
};

std::string post(const char* target, std::size_t bytes, const char* more = "") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n",
                     target, bytes, more);
}

std::string get(const char* target, const char* more = "") {
  return std::string("GET ") + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + more + "\r\n";
}

}  // namespace

TEST_CASE("health is told as the wiring knows it") {
  DoorFixture door;
  CHECK(Client(door).ask(get("/healthz")).starts_with("HTTP/1.1 200 "));
  door.ready = false;
  std::string answer = Client(door).ask(get("/healthz"));
  CHECK(answer.starts_with("HTTP/1.1 503 "));
  CHECK(answer.contains("the disk failed"));
  CHECK(Client(door).ask(get("/metrics")).find("tarn_http_requests_total") != std::string::npos);
}

TEST_CASE("requests of one connection are answered in turn, and HEAD without a body") {
  DoorFixture door;
  std::string answers = Client(door).ask(
      "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\none"
      "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" +
      get("/healthz"));
  std::size_t first = answers.find("\r\n\r\none"), second = answers.find("Content-Length: 3\r\n\r\nHTTP/1.1 200"),
              third = answers.rfind("\r\n\r\nok\n");
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third != std::string::npos);
}

TEST_CASE("what is no request, or too large, costs an answer or the connection, nothing else") {
  DoorFixture door({.header_bytes_max = 1_KiB, .request_max = std::chrono::milliseconds(50)});
  CHECK(Client(door).ask("\x16\x03\x01 nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(Client(door)
            .ask(get("/healthz", ("X: " + std::string(2000, 'a') + "\r\n").c_str()))
            .starts_with("HTTP/1.1 431 "));
  CHECK(Client(door)
            .ask("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n")
            .starts_with("HTTP/1.1 413 "));
  CHECK(Client(door).ask("GET /healthz HT") == "");  // never completed: closed after request_max
  CHECK(Client(door).ask(get("/%")).starts_with("HTTP/1.1 400 "));
  CHECK(Client(door).ask(get("/nope")).starts_with("HTTP/1.1 404 "));
  CHECK(Client(door).ask(get("/api/echo")).starts_with("HTTP/1.1 405 "));
  CHECK(Client(door).ask(get("/api/throw")).starts_with("HTTP/1.1 500 "));
  CHECK(Client(door)
            .ask("GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 403 "));
  CHECK(Client(door).ask(get("/healthz", "Origin: http://evil.example\r\n")).starts_with("HTTP/1.1 403 "));
  CHECK(Client(door).ask(get("/healthz")).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("who may not ask is refused before the body, and so is a body larger than its route takes") {
  DoorFixture door;
  CHECK(Client(door).ask(post("/api/echo", 9, "Origin: http://localhost:3000\r\n")).starts_with("HTTP/1.1 403 "));
  CHECK(Client(door).ask(post("/api/echo", 9, "Origin: http://localhost:1\r\n") + "same page").ends_with("same page"));
  CHECK(Client(door)
            .ask("POST /api/echo HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 9\r\n\r\n")
            .starts_with("HTTP/1.1 403 "));
  CHECK(Client(door).ask(post("/api/nope", 9)).starts_with("HTTP/1.1 404 "));
  CHECK(Client(door).ask(post("/api/echo", 1025)).starts_with("HTTP/1.1 413 "));
  CHECK(Client(door).ask(post("/api/large", 8 << 20) + std::string(8 << 20, 'x')).starts_with("HTTP/1.1 413 "));
  std::string chunks = "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 2; ++i) chunks += "201\r\n" + std::string(0x201, 'x') + "\r\n";
  CHECK(Client(door).ask(chunks + "0\r\n\r\n").starts_with("HTTP/1.1 413 "));
}

TEST_CASE("large bodies of all connections share one memory, and small ones need none of it") {
  DoorFixture door({.body_memory_max = 200_KiB, .room_max = std::chrono::milliseconds(20)});
  std::string body(150 << 10, 'x'), request = post("/api/large", body.size());
  CHECK(Client(door).ask(post("/api/large", 1 << 20) + std::string(1 << 20, 'x')).ends_with("1048576"));  // alone
  Client slow(door);
  slow.send(request + "x");
  until([&] { return Client(door).ask(request + body).starts_with("HTTP/1.1 503 "); });
  CHECK(Client(door).ask(post("/api/echo", 3) + "abc").ends_with("abc"));
  slow.send(body.substr(1));
  CHECK(slow.read_all().ends_with("153600"));
  CHECK(Client(door).ask(request + body).ends_with("153600"));
}

TEST_CASE("a large body waits for the room of another") {
  DoorFixture door({.body_memory_max = 200_KiB});
  std::string body(150 << 10, 'x'), request = post("/api/large", body.size());
  Client first(door), second(door);
  first.send(request + "x");
  second.send(request + body);
  Client(door).ask(get("/healthz"));  // by now one of them waits
  first.send(body.substr(1));
  CHECK(first.read_all().ends_with("153600"));
  CHECK(second.read_all().ends_with("153600"));
  first.close();
  Client stays(door), waits(door);
  stays.send(request + "x");
  waits.send(request + "x");
  Client(door).ask(get("/healthz"));
  door.door.reset();  // closes over a body that is read and one that waits
}

TEST_CASE("a streamed answer arrives in pieces, and the connection goes on") {
  DoorFixture door;
  std::string answers = Client(door).ask("GET /api/three HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/healthz"));
  CHECK(answers.starts_with("HTTP/1.1 200 "));
  CHECK(answers.contains("Transfer-Encoding: chunked\r\n"));
  CHECK(answers.contains("x-kind: stream\r\n"));
  CHECK(answers.contains("\r\n\r\n4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\nHTTP/1.1 200"));
  std::string old = Client(door).ask("GET /api/three HTTP/1.0\r\nHost: localhost\r\n\r\n");
  CHECK(old.ends_with("\r\n\r\none two three"));
  CHECK(!old.contains("chunked"));
}

TEST_CASE("a stream that fails ends the connection, not the body") {
  DoorFixture door;
  CHECK(Client(door).ask("GET /api/torn HTTP/1.1\r\nHost: localhost\r\n\r\n").ends_with("4\r\nhalf\r\n"));
}

TEST_CASE("a stream ends with its client") {
  DoorFixture door;
  Client client(door);
  client.send(get("/api/forever"));
  until([&] { return door.pieces > 0; });
  client.close();
  until([&] { return door.streams == 0; });
}

TEST_CASE("a client that takes nothing any more is given up, and a door closes over its streams") {
  DoorFixture door({.piece_max = std::chrono::milliseconds(30)});
  Client stuck(door);
  stuck.send(get("/api/forever"));
  until([&] { return door.pieces > 0 && door.streams == 0; });
  door.waiters_wanted = 1000;
  Client waiting(door), streaming(door);
  waiting.send(get("/api/wait"));
  streaming.send(get("/api/forever"));
  until([&] { return door.waiters == 1 && door.streams == 1; });
  door.door.reset();
  CHECK(door.streams == 0);
}

TEST_CASE("handlers that wait leave the pool to others, and are bounded") {
  DoorFixture door;
  door.waiters_wanted = kThreadsMax + 1;
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < kThreadsMax; ++i) {
    clients.push_back(std::make_unique<Client>(door));
    clients.back()->send(get("/api/wait"));
  }
  until([&] { return door.waiters == static_cast<int>(kThreadsMax); });
  CHECK(Client(door).ask(get("/healthz")).starts_with("HTTP/1.1 200 "));
  CHECK(Client(door).ask(get("/api/wait")).starts_with("HTTP/1.1 503 "));
  CHECK(Client(door).ask(get("/api/three")).starts_with("HTTP/1.1 503 "));
  door.waiters_wanted = 0;
  for (const auto& client : clients) CHECK(client->read_all().ends_with("waited"));
}

TEST_CASE("connections past the limit are closed, and idle ones after their time") {
  DoorFixture door({.connections_max = 1, .idle_max = std::chrono::milliseconds(50)});
  Client first(door);
  first.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(Client(door).read_all() == "");
  CHECK(first.read_all().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a door that cannot be opened says what to do") {
  DoorFixture door;
  auto open = [&](const char* address, std::uint16_t port) {
    return Door::open({.address = address, .port = port}, door.fixture.catalog(), [] { return Result<void>(); })
        .error();
  };
  CHECK(open("127.0.0.1", door.door->port()).code == Code::kUnavailable);
  CHECK(open("127.0.0.1", door.door->port()).message.find("--http 127.0.0.1:0") != std::string::npos);
  CHECK(open("0.0.0.0", 0).code == Code::kDenied);
  CHECK(open("nowhere", 0).code == Code::kInvalidArgument);
}

TEST_CASE("a door closes while clients hold connections") {
  DoorFixture door;
  Client idle(door);
  idle.send("GET /hea");
  door.door.reset();
  CHECK(idle.read_all() == "");
}

}  // namespace tarn::doors::http
