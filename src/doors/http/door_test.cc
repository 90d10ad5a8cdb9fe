#include "doors/http/door.h"

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

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
        {{"POST", "/api/echo", [](const Request& request) { return Answer{.body = request.body}; }},
         {"GET", "/api/throw", [](const Request&) -> Answer { throw std::runtime_error("a library's"); }}}));
  }

  catalog::Fixture fixture;
  std::atomic<bool> ready = true;
  std::unique_ptr<Door> door;
};

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
  DoorFixture door({.header_bytes_max = 1_KiB, .body_bytes_max = 1_KiB, .request_max = std::chrono::milliseconds(50)});
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
