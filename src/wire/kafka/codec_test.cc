#include "wire/kafka/codec.h"

#include <doctest/doctest.h>

#include "wire/kafka/frame.h"
#include "wire/kafka/messages/api_versions.h"
#include "wire/kafka/messages/fetch.h"
#include "wire/kafka/messages/metadata.h"
#include "wire/kafka/messages/produce.h"
#include "wire/kafka/testing/all_messages.h"

namespace tarn::wire::kafka {

TEST_CASE("every message of every version survives decode and encode byte for byte") {
  for (const testing::MessageCodec& message : testing::all_messages()) {
    for (std::int16_t version = message.version_min; version <= message.version_max; ++version) {
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Buffer bytes = message.random_bytes(seed, version);
        Result<Buffer> again = message.reencode(bytes, version);
        CAPTURE(message.name);
        CAPTURE(version);
        CAPTURE(seed);
        REQUIRE(again);
        CHECK(*again == bytes);
      }
    }
  }
}

TEST_CASE("a message cut short anywhere is an error, never a crash") {
  for (const testing::MessageCodec& message : testing::all_messages()) {
    Buffer bytes = message.random_bytes(7, message.version_max);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK(!message.reencode(ByteView(bytes).first(size), message.version_max));
    }
  }
}

TEST_CASE("a version that is not served is refused by name") {
  auto refused = ProduceRequest::decode({}, 2);
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::kUnsupported);
  CHECK(refused.error().message == "ProduceRequest version 2 is not served; 3 to 13 are");
}

TEST_CASE("an array that would allocate far more than was sent is refused") {
  // Metadata v0: an array of empty names, two bytes each, for structs of fifty and more.
  constexpr std::int32_t kTopics = 1 << 20;
  Writer out;
  out.int32(kTopics);
  for (std::int32_t i = 0; i < kTopics; ++i) out.int16(0);
  auto refused = MetadataRequest::decode(out.flatten(), 0);
  REQUIRE(!refused);
  CHECK(refused.error().message.starts_with("MetadataRequest: many times more to allocate"));

  Writer lie;
  lie.int32(2'000'000'000);
  CHECK(!MetadataRequest::decode(lie.flatten(), 0));
}

TEST_CASE("unknown tagged fields are skipped and known ones must have their size") {
  Writer body;
  body.string(true, "client");
  body.string(true, "1.0");
  body.uvarint(1);
  body.uvarint(77);
  body.uvarint(3);
  body.bytes(as_bytes("abc"));
  auto request = ApiVersionsRequest::decode(body.flatten(), 3);
  REQUIRE(request);
  CHECK(request->client_software_version == "1.0");
}

TEST_CASE("varints reach every value and end") {
  Writer out;
  for (std::int32_t value : {0, -1, 63, 64, INT32_MAX, INT32_MIN}) out.varint(value);
  for (std::int64_t value : {std::int64_t{0}, INT64_MAX, INT64_MIN}) out.varlong(value);
  Buffer bytes = out.flatten();
  Reader in(bytes);
  for (std::int32_t value : {0, -1, 63, 64, INT32_MAX, INT32_MIN}) CHECK(in.varint() == value);
  for (std::int64_t value : {std::int64_t{0}, INT64_MAX, INT64_MIN}) CHECK(in.varlong() == value);
  CHECK(in.ok());

  Buffer endless(6, std::byte{0x80});
  Reader bad(endless);
  bad.uvarint();
  CHECK(!bad.ok());
}

TEST_CASE("records are borrowed from the request and spliced into the response, uncopied") {
  Buffer first(5, std::byte{1});
  Buffer second(7, std::byte{2});
  FetchResponse response;
  auto& partition = response.responses.emplace_back().partitions.emplace_back();
  partition.records = Records(first);
  partition.records.add(second);
  Writer out;
  begin_response(out, *find_api(1), 12, 9);
  response.encode(out, 12);
  finish_response(out);

  std::vector<Writer::Piece> pieces = out.pieces();
  REQUIRE(pieces.size() == 4);
  CHECK(pieces[1].bytes.data() == first.data());
  CHECK(pieces[2].bytes.data() == second.data());
  Buffer flat = out.flatten();
  CHECK(load_be<std::int32_t>(flat.data()) == static_cast<std::int32_t>(flat.size() - 4));

  auto decoded = FetchResponse::decode(ByteView(flat).subspan(9), 12);
  REQUIRE(decoded);
  ByteView records = decoded->responses[0].partitions[0].records.bytes();
  CHECK(records.size() == 12);
  CHECK(records.data() >= flat.data());
  CHECK(records.data() < flat.data() + flat.size());
}

TEST_CASE("promised records count in every length and are left to the sender") {
  FetchResponse response;
  response.responses.emplace_back().partitions.emplace_back().records = Records::promise(1000);
  Writer out;
  response.encode(out, 12);
  std::vector<Writer::Piece> pieces = out.pieces();
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[1].promised == 1000);
  CHECK(out.size() == pieces[0].bytes.size() + 1000 + pieces[2].bytes.size());
}

TEST_CASE("the client id keeps its old form in the newer request header") {
  Writer out;
  out.int16(18);
  out.int16(3);
  out.int32(42);
  out.string(false, "me");
  out.no_tags();
  out.string(true, "lib");
  out.string(true, "1");
  out.no_tags();
  Buffer frame = out.flatten();
  auto request = parse_request(frame);
  REQUIRE(request);
  CHECK(request->header.correlation_id == 42);
  CHECK(request->header.client_id == "me");
  CHECK(ApiVersionsRequest::decode(request->body, 3)->client_software_name == "lib");
  CHECK(!response_header_has_tags(*request->api, 3));
  CHECK(response_header_has_tags(*find_api(3), 9));

  CHECK(parse_request(ByteView(frame).first(3)).error().code == Code::kInvalidArgument);
  frame[1] = std::byte{99};
  CHECK(parse_request(frame).error().code == Code::kUnsupported);
}

TEST_CASE("the table of APIs tells what ApiVersions says") {
  const ApiInfo* produce = find_api(0);
  REQUIRE(produce);
  CHECK(produce->advertised_min == 0);
  CHECK(produce->decoded_min == 3);
  CHECK(produce->advertised_max == 13);
  CHECK(produce->flexible_from == 9);
  CHECK(find_api(26) == nullptr);
  for (std::size_t i = 1; i < apis().size(); ++i) CHECK(apis()[i - 1].key < apis()[i].key);
}

}  // namespace tarn::wire::kafka
