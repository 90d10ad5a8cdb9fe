#include "doors/pg/door.h"

#include <doctest/doctest.h>

#include <boost/asio.hpp>
#include <optional>

#include "engine/fixture_test.h"

using namespace tarn;
using namespace tarn::doors::pg;
using namespace std::string_literals;
using engine::testing::Fixture;
using engine::testing::must;

namespace {

namespace asio = boost::asio;

std::string be32(std::uint32_t value) {
  std::string bytes(4, '\0');
  store_be<std::uint32_t>(reinterpret_cast<std::byte*>(bytes.data()), value);
  return bytes;
}
std::string message(char type, const std::string& body) {
  return type + be32(static_cast<std::uint32_t>(body.size() + 4)) + body;
}
std::string packet(std::uint32_t code, const std::string& body) {
  return be32(static_cast<std::uint32_t>(body.size() + 8)) + be32(code) + body;
}
std::string startup(const std::string& database = "tarn") {
  return packet(3 << 16, "user\0ann\0database\0"s + database + "\0\0"s);
}
std::string query(const std::string& sql) { return message('Q', sql + '\0'); }
std::string parse(const std::string& sql) { return message('P', "\0"s + sql + "\0\0\0"s); }
const std::string kBind = message('B', "\0\0\0\0\0\0\0\0"s);
const std::string kExecute = message('E', "\0\0\0\0\0"s);
const std::string kSync = message('S', "");
constexpr std::uint32_t kSsl = 80877103, kGss = 80877104, kCancel = 80877102;

// A blocking client.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(context_) { socket_.connect({asio::ip::address_v4::loopback(), port}); }
  void send(const std::string& bytes) {
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(bytes), ignored);
  }
  // The next bytes; shorter at the end.
  std::string take(std::size_t count) {
    std::string bytes(count, '\0');
    boost::system::error_code error;
    bytes.resize(asio::read(socket_, asio::buffer(bytes), error));
    return bytes;
  }
  // Types of the messages up to ReadyForQuery or the end ("$"); an error adds its SQLSTATE: "E42601".
  std::string answers() {
    std::string types;
    while (true) {
      std::string header = take(5);
      if (header.size() < 5) return types + "$";
      std::string body = take(load_be<std::uint32_t>(reinterpret_cast<const std::byte*>(header.data() + 1)) - 4);
      types += header[0];
      if (header[0] == 'E') types += body.substr(body.find("\0C"s) + 2, 5);
      if (header[0] == 'K') key = body;
      if (header[0] == 'Z') return types + body;
    }
  }
  void close() { socket_.close(); }

  std::string key;

 private:
  asio::io_context context_;
  asio::ip::tcp::socket socket_;
};

struct Served {
  explicit Served(DoorOptions options = {}, engine::SeatOptions seats = {}) : fixture(seats) {
    options.port = 0;
    door = must(Door::open(options, fixture.platform()));
  }
  Client connect() { return Client(door->port()); }
  // A client past its startup.
  std::unique_ptr<Client> session() {
    auto client = std::make_unique<Client>(door->port());
    client->send(startup());
    std::string answers = client->answers();
    CHECK(answers.starts_with("RSSS"));
    CHECK(answers.ends_with("KZI"));
    return client;
  }
  Fixture fixture;
  std::unique_ptr<Door> door;
};

void eventually(const auto& condition) {
  for (int i = 0; i < 100'000 && !condition(); ++i) std::this_thread::yield();
  CHECK(condition());
}

}  // namespace

TEST_CASE("encryption is declined, a session begins, another database does not exist") {
  Served served;
  Client client = served.connect();
  client.send(packet(kSsl, ""));
  CHECK(client.take(1) == "N");
  client.send(packet(kGss, ""));
  CHECK(client.take(1) == "N");
  client.send(startup());
  CHECK(client.answers().ends_with("KZI"));
  Client lost = served.connect();
  lost.send(startup("nowhere"));
  CHECK(lost.answers() == "E3D000$");
}

TEST_CASE("what follows an encryption request unasked is not read") {
  Served served;
  Client client = served.connect();
  client.send(packet(kSsl, "") + startup());
  CHECK(client.take(1) == "");
}

TEST_CASE("queries and pipelines are answered in order, errors skip to Sync") {
  Served served;
  auto client = served.session();
  client->send(query("select 'rows=2'"));
  CHECK(client->answers() == "TDDCZI");
  client->send(query("select 1; selec 2"));
  CHECK(client->answers() == "E42601ZI");
  client->send(parse("select 'rows=2'") + kBind + message('D', "P\0"s) + kExecute + kSync);
  CHECK(client->answers() == "12TDDCZI");
  client->send(parse("select 'fail'") + kBind + kExecute + parse("select 1") + query("select 1") + kSync +
               query("select 1"));
  CHECK(client->answers() == "12E22012ZI");
  CHECK(client->answers() == "TDCZI");
  client->send(parse("") + kBind + message('D', "P\0"s) + kExecute + message('C', "P\0"s) + kSync);
  CHECK(client->answers() == "12nI3ZI");
  client->send(message('F', "x"));
  CHECK(client->answers() == "E0A000ZI");
  client->send(message('X', ""));
  CHECK(client->answers() == "$");
}

TEST_CASE("hostile bytes cost their connection") {
  Served served;
  for (const std::string& bytes :
       {"GET / HTTP/1.1\r\n\r\n"s, be32(4) + be32(0), be32(0xffffffff), packet(2 << 16, "x\0"s)}) {
    Client client = served.connect();
    client.send(bytes);
    std::string answers = client.answers();
    CHECK((answers == "$" || answers == "E0A000$"));
  }
  for (const std::string& bytes : {"?"s + be32(4), "Q"s + be32(2), "Q"s + be32(0x7fffffff), message('Q', "no end"),
                                   message('B', "\0"s), message('p', "secret\0"s)}) {
    auto client = served.session();
    client->send(bytes);
    CHECK(client->answers() == "E08P01$");
  }
  auto client = served.session();
  client->send(query("select '\xff'"));
  CHECK(client->answers() == "E22021ZI");
}

TEST_CASE("a client that says nothing is closed") {
  Served served({.startup_max = std::chrono::milliseconds(20)});
  Client client = served.connect();
  CHECK(client.take(1) == "");
}

TEST_CASE("a cancel request with the right key cancels") {
  Served served;
  auto client = served.session();
  client->send(query("select 'hang'"));
  eventually([&] {
    Client other = served.connect();
    other.send(packet(kCancel, client->key));
    return other.take(1).empty() && served.fixture.processes.started() > 0;
  });
  Client wrong = served.connect();
  wrong.send(packet(kCancel, client->key.substr(0, 4) + "xxxx"));
  CHECK(wrong.take(1) == "");
  // A cancel that came before the statement began is no cancel: one more for good measure.
  Client last = served.connect();
  last.send(packet(kCancel, client->key));
  last.take(1);
  std::string answers = client->answers();
  CHECK(answers.ends_with("E57014ZI"));
}

TEST_CASE("a client that goes away frees its statement's seat") {
  Served served({}, {.workers_max = 1, .seats_per_worker = 1});
  auto client = served.session();
  client->send(query("select 'hang'"));
  eventually([&] { return served.fixture.processes.started() > 0; });
  client->close();
  auto next = served.session();
  next->send(query("select 1"));
  CHECK(next->answers() == "TDCZI");
}

TEST_CASE("a worker's death inside a row closes the connection, elsewhere it is an error") {
  Served served;
  auto client = served.session();
  client->send(query("select 'die'"));
  CHECK(client->answers() == "E57P01ZI");
  client->send(query("select 1"));
  CHECK(client->answers() == "TDCZI");
  client->send(query("select 'die_cut'"));
  CHECK(client->take(100) == "");  // what stood before the cut row was not sent yet either
}

TEST_CASE("sessions are bounded; a cancel still comes through") {
  Served served({.sessions_max = 1});
  auto client = served.session();
  Client refused = served.connect();
  refused.send(startup());
  CHECK(refused.answers() == "E53300$");
}

TEST_CASE("a slow client holds up nothing but itself, and gets every row") {
  Served served({.outgoing_bytes_max = 64_KiB}, {.workers_max = 1, .seats_per_worker = 1});
  auto slow = served.session();
  slow->send(query("select 'rows=20000 size=1000'"));
  auto other = served.session();
  other->send(query("select 1"));
  CHECK(other->answers() == "TDCZI");
  std::string answers = slow->answers();
  CHECK(std::ranges::count(answers, 'D') == 20'000);
  CHECK(answers.ends_with("CZI"));
}

TEST_CASE("a closing door stops statements and tells the clients") {
  Served served;
  auto idle = served.session();
  auto busy = served.session();
  busy->send(query("select 'hang'"));
  eventually([&] { return served.fixture.processes.started() > 0; });
  served.door.reset();
  CHECK(idle->answers() == "E57P01$");
  CHECK(busy->answers().ends_with("E57P01$"));
}
