#include "doors/http/packed.h"

#include <doctest/doctest.h>
#include <zlib.h>

namespace tarn::doors::http {
namespace {

std::string unpacked(const std::string& bytes) {
  std::string text(1 << 20, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

}  // namespace

TEST_CASE("long JSON goes out gzipped to who takes that, and as it is to others") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "{\"number\": " + std::to_string(i) + "},";
  Request takes{.accept_encoding = "gzip, deflate"}, does_not{.accept_encoding = "identity"};
  Answer answer = packed({.body = text}, takes);
  CHECK(answer.headers.front() == std::pair<std::string, std::string>("content-encoding", "gzip"));
  CHECK(answer.body.size() < text.size() / 3);
  CHECK(unpacked(answer.body) == text);
  CHECK(packed({.body = text}, does_not).body == text);
  CHECK(packed({.body = "{}"}, takes).body == "{}");
  CHECK(packed({.body = text, .content_type = "text/plain"}, takes).body == text);
}

}  // namespace tarn::doors::http
