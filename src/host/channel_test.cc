#include "host/channel.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "host/files.h"
#include "host/memory_file.h"

using namespace tarn;
using namespace tarn::host;

namespace {

std::pair<Channel, Channel> connected() {
  auto ends = socket_pair();
  REQUIRE(ends);
  return {Channel(std::move(ends->first)), Channel(std::move(ends->second))};
}

Code code_of(const auto& result) { return result ? Code::kInternal : result.error().code; }

std::size_t open_descriptors() { return real_files()->list("/proc/self/fd")->size(); }

}  // namespace

TEST_CASE("messages arrive whole, in order, with their descriptors") {
  auto [here, there] = connected();
  Buffer large(3 << 20, std::byte{7});
  auto file = make_memory_file("rows", 5_B);
  REQUIRE(file);
  std::vector<int> many(kChannelDescriptorsMax, file->first.get());
  std::thread sender([&] {
    CHECK(here.send(as_bytes("one")));
    CHECK(here.send(large, many));
    CHECK(here.send({}));
  });
  auto one = there.receive(), two = there.receive(), three = there.receive();
  sender.join();
  REQUIRE(one);
  REQUIRE(two);
  REQUIRE(three);
  CHECK(as_text(one->payload) == "one");
  CHECK(one->descriptors.empty());
  CHECK(two->payload == large);
  CHECK(two->descriptors.size() == kChannelDescriptorsMax);
  CHECK(three->payload.empty());
}

TEST_CASE("many threads send, whole messages never interleave") {
  auto [here, there] = connected();
  std::vector<std::thread> senders;
  for (int i = 0; i < 4; ++i)
    senders.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) CHECK(here.send(Buffer(100'000, std::byte(i))));
    });
  for (int n = 0; n < 200; ++n) {
    auto message = there.receive();
    REQUIRE(message);
    CHECK(message->payload == Buffer(100'000, message->payload[0]));
  }
  for (auto& sender : senders) sender.join();
}

TEST_CASE("a dead peer is told from a slow one") {
  auto [here, there] = connected();
  CHECK(code_of(there.receive(MonotonicTime::min())) == Code::kTimeout);
  CHECK(here.send(as_bytes("last words")));
  {
    Channel gone = std::move(here);
  }
  CHECK(there.receive());
  CHECK(code_of(there.receive()) == Code::kUnavailable);
  CHECK(code_of(there.send(as_bytes("hello?"))) == Code::kUnavailable);
}

TEST_CASE("shutdown wakes a blocked receiver and a blocked sender") {
  auto [here, there] = connected();
  std::thread receiver([&] { CHECK(code_of(here.receive()) == Code::kUnavailable); });
  std::thread sender([&] { CHECK(code_of(here.send(Buffer(16 << 20))) == Code::kUnavailable); });
  here.shutdown();
  receiver.join();
  sender.join();
}

TEST_CASE("a timeout in the middle of a message loses nothing") {
  auto ends = socket_pair();
  REQUIRE(ends);
  Channel there(std::move(ends->second));
  int raw = ends->first.get();
  const char bytes[] = "\x03\0\0\0\0\0\0\0abc";
  for (std::size_t i = 0; i < 11; ++i) {
    CHECK(code_of(there.receive(MonotonicTime::min())) == Code::kTimeout);
    CHECK(::write(raw, bytes + i, 1) == 1);
  }
  auto message = there.receive();
  REQUIRE(message);
  CHECK(as_text(message->payload) == "abc");
}

TEST_CASE("lying headers end the channel and leak no descriptor") {
  std::size_t before = open_descriptors();
  SUBCASE("too long") {
    auto ends = socket_pair();
    Channel there(std::move(ends->second));
    CHECK(::write(ends->first.get(), "\xFF\xFF\xFF\xFF\0\0\0\0", 8) == 8);
    CHECK(code_of(there.receive()) == Code::kLimit);
    CHECK(::send(ends->first.get(), "x", 1, MSG_NOSIGNAL) == -1);
  }
  SUBCASE("descriptors promised, none there") {
    auto ends = socket_pair();
    Channel there(std::move(ends->second));
    CHECK(::write(ends->first.get(), "\0\0\0\0\x01\0\0\0", 8) == 8);
    CHECK(code_of(there.receive()) == Code::kIo);
  }
  SUBCASE("never received") {
    auto [here, there] = connected();
    std::vector<int> some(3, here.descriptor());
    CHECK(here.send(as_bytes("x"), some));
  }
  SUBCASE("over our own limits") {
    auto [here, there] = connected();
    CHECK(code_of(here.send({}, std::vector<int>(kChannelDescriptorsMax + 1, 0))) == Code::kLimit);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("received descriptors close at exec") {
  auto [here, there] = connected();
  int self = here.descriptor();
  CHECK(here.send({}, {&self, 1}));
  auto message = there.receive();
  REQUIRE(message);
  CHECK((::fcntl(message->descriptors.at(0).get(), F_GETFD) & FD_CLOEXEC) != 0);
  auto copy = message->descriptors[0].duplicate();
  REQUIRE(copy);
  CHECK((::fcntl(copy->get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a sealed memory file can be read by others and changed by nobody") {
  auto made = make_memory_file("rows", 5_B);
  REQUIRE(made);
  auto& [file, mapping] = *made;
  CHECK(code_of(map_memory_file(file.get())) == Code::kInvalidArgument);
  std::ranges::copy(as_bytes("hello"), mapping.writable().begin());
  CHECK(!seal_memory_file(file.get()));  // still mapped writable
  mapping = Mapping();
  REQUIRE(seal_memory_file(file.get()));

  auto [here, there] = connected();
  int descriptor = file.get();
  CHECK(here.send(as_bytes("rows"), {&descriptor, 1}));
  auto message = there.receive();
  REQUIRE(message);
  file.close();
  auto read = map_memory_file(message->descriptors.at(0).get());
  REQUIRE(read);
  CHECK(as_text(read->bytes()) == "hello");
  CHECK(::write(message->descriptors[0].get(), "x", 1) == -1);
  CHECK(::ftruncate(message->descriptors[0].get(), 0) == -1);
}

TEST_CASE("an empty memory file is a file too") {
  auto made = make_memory_file("none", 0_B);
  REQUIRE(made);
  REQUIRE(seal_memory_file(made->first.get()));
  auto read = map_memory_file(made->first.get());
  REQUIRE(read);
  CHECK(read->bytes().empty());
}
