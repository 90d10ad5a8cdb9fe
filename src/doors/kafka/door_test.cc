#include "doors/kafka/door.h"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio.hpp>
#include <thread>

#include "doors/kafka/error_codes.h"
#include "doors/kafka/testing/memory_log.h"
#include "host/clock.h"
#include "wire/kafka/frame.h"
#include "wire/kafka/messages/api_versions.h"
#include "wire/kafka/messages/fetch.h"
#include "wire/kafka/messages/join_group.h"
#include "wire/kafka/messages/metadata.h"
#include "wire/kafka/messages/produce.h"
#include "wire/kafka/record_batch.h"

namespace tarn::doors::kafka {
namespace {

namespace asio = boost::asio;
namespace wk = wire::kafka;

// A client that blocks.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(context_) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), port});
  }

  void send_raw(ByteView bytes) { asio::write(socket_, asio::buffer(bytes.data(), bytes.size())); }

  template <class Request>
  void send(const Request& request, std::int16_t version, std::int32_t correlation_id = 1) {
    wk::Writer out;
    header(out, static_cast<std::int16_t>(Request::kApiKey), version, correlation_id);
    request.encode(out, version);
    wk::finish_response(out);
    send_raw(out.flatten());
  }

  // The size is filled in by the caller.
  static void header(wk::Writer& out, std::int16_t key, std::int16_t version, std::int32_t correlation_id) {
    out.int32(0);
    out.int16(key);
    out.int16(version);
    out.int32(correlation_id);
    out.string(false, "test");
    if (wk::request_header_has_tags(*wk::find_api(key), version)) out.no_tags();
  }

  // The next response's correlation id and what follows it; nullopt when the door closed the connection.
  std::optional<std::pair<std::int32_t, Buffer>> receive() {
    std::array<std::byte, 4> size;
    boost::system::error_code error;
    asio::read(socket_, asio::buffer(size), error);
    if (error) return std::nullopt;
    Buffer frame(static_cast<std::size_t>(load_be<std::int32_t>(size.data())));
    asio::read(socket_, asio::buffer(frame), error);
    if (error) return std::nullopt;
    return std::pair(load_be<std::int32_t>(frame.data()), Buffer(frame.begin() + 4, frame.end()));
  }
  bool is_closed() { return !receive(); }

  template <class Response>
  Response receive_as(std::int16_t version) {
    auto answer = receive();
    REQUIRE(answer);
    bool tags = wk::response_header_has_tags(*wk::find_api(static_cast<std::int16_t>(Response::kApiKey)), version);
    kept_ = std::move(answer->second);
    auto response = Response::decode(ByteView(kept_).subspan(tags ? 1 : 0), version);
    REQUIRE(response);
    return *response;
  }

 private:
  asio::io_context context_;
  asio::ip::tcp::socket socket_;
  Buffer kept_;
};

// Moves on by a second whenever it is asked, so that whoever waits for time to pass need not.
class HurryingClock final : public host::Clock {
 public:
  TimestampMs wall_ms() override { return TimestampMs(1'700'000'000'000); }
  std::chrono::microseconds wall_us() override { return std::chrono::milliseconds(wall_ms().value()); }
  host::MonotonicTime now() override { return host::MonotonicTime(std::chrono::seconds(++seconds_)); }
  void sleep_until(host::MonotonicTime) override {}  // tidy-ok(world): what the interface calls it

 private:
  std::atomic<std::int64_t> seconds_ = 0;
};

struct Fixture {
  testing::MemoryLog log;
  std::unique_ptr<host::Files> files = host::real_files();
  HurryingClock clock;
  std::unique_ptr<host::Random> random = host::seeded_random(1);
  DoorOptions options{.port = 0,
                      .cluster_id = "cluster",
                      .idle_max = std::chrono::hours(1'000),
                      .stall_max = std::chrono::hours(1'000),
                      .sweep_every = std::chrono::milliseconds(1)};
  std::unique_ptr<Door> door;

  std::uint16_t port() {
    if (!door) {
      auto opened = Door::open(options, log, {*files, clock, *random});
      REQUIRE(opened);
      door = std::move(*opened);
    }
    return door->port();
  }
};

Buffer batch_of(std::size_t value_bytes) {
  wk::RecordBatchBuilder builder;
  builder.add(TimestampMs(1000), std::nullopt, as_bytes(std::string(value_bytes, 'x')));
  return builder.build({}).value();
}

wk::ProduceRequest produce_of(ByteView batch, std::int16_t acks = -1, const std::string& topic = "rides") {
  wk::ProduceRequest request;
  request.acks = acks;
  auto& data = request.topic_data.emplace_back();
  data.name = topic;
  data.partition_data.push_back({0, wk::Records(batch)});
  return request;
}

wk::FetchRequest fetch_of(std::int64_t offset, std::int32_t max_wait_ms) {
  wk::FetchRequest request;
  request.max_wait_ms = max_wait_ms;
  request.min_bytes = 1;
  auto& wanted = request.topics.emplace_back();
  wanted.topic = "rides";
  wanted.partitions.push_back({.partition = 0, .fetch_offset = offset, .partition_max_bytes = 100 << 20});
  return request;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "an ApiVersions request from the future is answered in version 0 with error 35") {
  Client client(port());
  wk::Writer out;
  Client::header(out, 18, 99, 7);
  wk::finish_response(out);
  client.send_raw(out.flatten());
  auto answer = client.receive_as<wk::ApiVersionsResponse>(0);
  CHECK(answer.error_code == wire_code(ErrorCode::kUnsupportedVersion));
  REQUIRE(answer.api_keys.size() == 1);
  CHECK(answer.api_keys[0].max_version == 4);
  client.send(wk::ApiVersionsRequest{"test", "1"}, 4);  // and the connection lives on
  CHECK(client.receive_as<wk::ApiVersionsResponse>(4).error_code == 0);
}

TEST_CASE_FIXTURE(Fixture,
                  "pipelined Produce requests are all appended before the first is durable, and answered in order") {
  (void)log.create_topic({"rides", 1, {}});
  log.hold_acks(true);
  Client client(port());
  Buffer batch = batch_of(10);
  for (std::int32_t id : {1, 2, 3}) client.send(produce_of(batch), 9, id);
  client.send(wk::MetadataRequest{}, 9, 4);
  log.wait_for_held(3);
  log.hold_acks(false);
  for (std::int32_t id : {1, 2, 3, 4}) CHECK(client.receive()->first == id);
}

TEST_CASE_FIXTURE(Fixture, "a waiting Fetch is woken by data and carries the very bytes, over many chunks") {
  (void)log.create_topic({"rides", 1, {}});
  Client consumer(port());
  Client producer(port());
  consumer.send(fetch_of(0, 60'000), 12);
  log.wait_for_watch();
  Buffer batch = batch_of(1'000'000);
  producer.send(produce_of(batch), 9);
  CHECK(producer.receive_as<wk::ProduceResponse>(9).responses.at(0).partition_responses.at(0).base_offset == 0);
  auto answer = consumer.receive_as<wk::FetchResponse>(12);
  wire::kafka::set_leader_epoch(batch, LeaderEpoch(0));  // as the log does
  CHECK(to_buffer(answer.responses.at(0).partitions.at(0).records.bytes()) == batch);
}

TEST_CASE_FIXTURE(Fixture, "a Fetch whose time is up is answered empty") {
  (void)log.create_topic({"rides", 1, {}});
  Client client(port());
  client.send(fetch_of(0, 5), 12);
  auto partition = client.receive_as<wk::FetchResponse>(12).responses.at(0).partitions.at(0);
  CHECK(partition.error_code == 0);
  CHECK(partition.records.size() == 0);
}

TEST_CASE_FIXTURE(Fixture, "a Produce without acks gets no answer, and a closed connection if it fails") {
  (void)log.create_topic({"rides", 1, {}});
  Client client(port());
  Buffer batch = batch_of(10);
  client.send(produce_of(batch, 0), 9, 1);
  client.send(wk::MetadataRequest{}, 9, 2);
  CHECK(client.receive()->first == 2);
  client.send(produce_of(batch, 0, "no-such-topic"), 9, 3);
  CHECK(client.is_closed());
}

TEST_CASE_FIXTURE(Fixture, "hostile bytes close their connection and no other") {
  Client good(port());
  wk::Writer old_produce;
  Client::header(old_produce, 0, 2, 1);
  wk::finish_response(old_produce);
  wk::Writer unknown_version;
  Client::header(unknown_version, 3, 14, 1);
  wk::finish_response(unknown_version);
  const Buffer hostile[] = {
      to_buffer(as_bytes("GET / HTTP/1.1\r\n\r\n")),
      to_buffer(as_bytes(std::string_view("\xff\xff\xff\xff....", 8))),               // a negative size
      to_buffer(as_bytes(std::string_view("\x06\x40\x00\x01....", 8))),               // 100 MiB and one
      to_buffer(as_bytes(std::string_view("\0\0\0\4\x03\xe7\0\0", 8))),               // too short a header
      to_buffer(as_bytes(std::string_view("\0\0\0\x0a\0\3\0\1\0\0\0\1\0\x7f", 14))),  // a client id beyond the end
      old_produce.flatten(),
      unknown_version.flatten(),
  };
  for (const Buffer& bytes : hostile) {
    Client bad(port());
    bad.send_raw(bytes);
    CHECK(bad.is_closed());
  }
  good.send(wk::MetadataRequest{}, 9);
  CHECK(good.receive());
}

TEST_CASE_FIXTURE(Fixture, "a connection that stalls within a request is closed, one that idles is not") {
  options.stall_max = std::chrono::seconds(30);
  Client idle(port());
  Client stalled(port());
  stalled.send_raw(as_bytes(std::string_view("\0\0\0\x10\0", 5)));
  CHECK(stalled.is_closed());
  idle.send(wk::MetadataRequest{}, 9);
  CHECK(idle.receive());
}

TEST_CASE_FIXTURE(Fixture, "a connection that idles is closed") {
  options.idle_max = std::chrono::seconds(30);
  Client idle(port());
  CHECK(idle.is_closed());
}

TEST_CASE_FIXTURE(Fixture, "connections beyond the limit are closed") {
  options.connections_max = 1;
  Client first(port());
  first.send(wk::MetadataRequest{}, 9);
  CHECK(first.receive());
  Client second(port());
  CHECK(second.is_closed());
}

TEST_CASE_FIXTURE(Fixture, "requests beyond the memory bound wait until others are answered") {
  options.request_memory_max = Bytes(1000);
  (void)log.create_topic({"rides", 1, {}});
  log.hold_acks(true);
  Client first(port());
  Client second(port());
  Buffer batch = batch_of(900);
  first.send(produce_of(batch), 9, 1);
  log.wait_for_held(1);
  second.send(produce_of(batch), 9, 2);
  log.hold_acks(false);
  CHECK(first.receive()->first == 1);
  CHECK(second.receive()->first == 2);
}

TEST_CASE_FIXTURE(Fixture, "closing the door waits for appends in the air") {
  (void)log.create_topic({"rides", 1, {}});
  log.hold_acks(true);
  Client client(port());
  Buffer batch = batch_of(10);
  client.send(produce_of(batch), 9);
  log.wait_for_held(1);
  std::thread closing([&] { door.reset(); });
  CHECK(client.is_closed());
  log.hold_acks(false);
  closing.join();
}

TEST_CASE_FIXTURE(Fixture, "a waiting Fetch does not hold up closing the door") {
  (void)log.create_topic({"rides", 1, {}});
  Client client(port());
  client.send(fetch_of(0, 300'000), 12);
  log.wait_for_watch();
  door.reset();
  CHECK(client.is_closed());
}

TEST_CASE_FIXTURE(Fixture, "a taken port and a foreign address are refused with what to do") {
  options.port = port();
  auto taken = Door::open(options, log, {*files, clock, *random});
  REQUIRE(!taken);
  CHECK(taken.error().code == Code::kUnavailable);
  CHECK(taken.error().message.ends_with("choose another with --kafka 127.0.0.1:0"));
  options.address = "0.0.0.0";
  CHECK(Door::open(options, log, {*files, clock, *random}).error().code == Code::kDenied);
  options.address = "localhost:1";
  CHECK(Door::open(options, log, {*files, clock, *random}).error().code == Code::kInvalidArgument);
}

TEST_CASE_FIXTURE(Fixture, "a JoinGroup that could but be refused is told so without being decoded") {
  options.groups.request_bytes_max = Bytes(1'000);
  Client client(port());
  wk::JoinGroupRequest request;
  request.group_id = "g";
  request.session_timeout_ms = 10'000;
  request.protocol_type = "consumer";
  for (std::int16_t version : {0, 3, 5, 9}) {
    request.protocols = {{"range", Buffer(1'000)}};
    client.send(request, version);
    CHECK(client.receive_as<wk::JoinGroupResponse>(version).error_code == wire_code(ErrorCode::kGroupMaxSizeReached));
  }
  request.protocols = {{"range", Buffer(100)}};
  client.send(request, 9);
  CHECK(client.receive_as<wk::JoinGroupResponse>(9).error_code == wire_code(ErrorCode::kMemberIdRequired));
}

}  // namespace tarn::doors::kafka
