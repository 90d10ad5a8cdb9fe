// kafka_oracle list | reencode | random SEEDS: the C++ side of the comparison with Apache Kafka's own classes.
//
//   list      one line per message and version: "<api key> <request|response> <version>"
//   reencode  from stdin, one message a line: "<api key> <request|response> <version> <hex>"; decodes, encodes, and
//             prints what differs, then "<n> passed, <m> failed"
//   random    prints SEEDS messages with random fields for every message and version, as such lines
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

#include "wire/kafka/testing/all_messages.h"

namespace tarn::wire::kafka::testing {
namespace {

std::string to_hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (std::byte byte : bytes) {
    hex += kDigits[std::to_integer<int>(byte) >> 4];
    hex += kDigits[std::to_integer<int>(byte) & 15];
  }
  return hex;
}

Buffer from_hex(const std::string& hex) {
  Buffer bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

const char* kind(const MessageCodec& message) { return message.is_request ? "request" : "response"; }

template <class Visit>
void for_each_version(Visit visit) {
  for (const MessageCodec& message : all_messages()) {
    for (std::int16_t version = message.version_min; version <= message.version_max; ++version) visit(message, version);
  }
}

void print_random(std::uint64_t seeds) {
  for_each_version([&](const MessageCodec& message, std::int16_t version) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      std::string hex = to_hex(message.random_bytes(seed, version));
      std::printf("%d %s %d %s\n", message.api_key, kind(message), version, hex.c_str());
    }
  });
}

const MessageCodec* find(int key, const std::string& what) {
  for (const MessageCodec& message : all_messages()) {
    if (message.api_key == key && kind(message) == what) return &message;
  }
  return nullptr;
}

int reencode_lines() {
  int passed = 0;
  int failed = 0;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    int key = 0;
    std::int16_t version = 0;
    std::string what, hex;
    words >> key >> what >> version >> hex;
    const MessageCodec* message = find(key, what);
    Result<Buffer> again =
        message ? message->reencode(from_hex(hex), version) : fail(Code::kNotFound, "no such message");
    if (again && to_hex(*again) == hex) {
      ++passed;
      continue;
    }
    ++failed;
    std::printf("FAIL %s\n  got %s\n", line.c_str(), again ? to_hex(*again).c_str() : again.error().message.c_str());
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace tarn::wire::kafka::testing

int main(int argc, char** argv) {
  using namespace tarn::wire::kafka::testing;
  std::string command = argc > 1 ? argv[1] : "";
  if (command == "list") {
    for_each_version([](const MessageCodec& message, std::int16_t version) {
      std::printf("%d %s %d\n", message.api_key, kind(message), version);
    });
    return 0;
  }
  if (command == "reencode") return reencode_lines();
  if (command == "random" && argc > 2) return print_random(std::strtoull(argv[2], nullptr, 10)), 0;
  std::fprintf(stderr, "usage: kafka_oracle list | reencode | random SEEDS\n");
  return 2;
}
