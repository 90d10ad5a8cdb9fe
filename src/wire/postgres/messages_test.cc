#include <doctest/doctest.h>

#include <string>

#include "base/endian.h"
#include "wire/postgres/backend.h"
#include "wire/postgres/frontend.h"
#include "wire/postgres/values.h"

using namespace tarn;
using namespace tarn::wire::postgres;
using namespace std::string_literals;

namespace {

std::string be32(std::uint32_t value) {
  std::string bytes(4, '\0');
  store_be<std::uint32_t>(reinterpret_cast<std::byte*>(bytes.data()), value);
  return bytes;
}

std::string packet(std::uint32_t code, const std::string& rest) {
  return be32(static_cast<std::uint32_t>(8 + rest.size())) + be32(code) + rest;
}

Result<StartupMessage> startup(const std::string& bytes) { return parse_startup(as_bytes(bytes)); }

}  // namespace

TEST_CASE("a startup message gives its parameters") {
  const std::string bytes = packet(3 << 16, "user\0ann\0database\0tarn\0_pq_.x\0y\0\0"s);
  auto message = startup(bytes);
  REQUIRE(message);
  const auto& start = std::get<Startup>(*message);
  CHECK(start.parameters.size() == 2);
  CHECK(start.parameters[1].second == "tarn");
  CHECK(start.protocol_options.size() == 1);
  CHECK(std::holds_alternative<SslRequest>(*startup(packet(80877103, ""))));
  CHECK(std::holds_alternative<GssEncRequest>(*startup(packet(80877104, ""))));
  CHECK(std::get<CancelRequest>(*startup(packet(80877102, be32(7) + be32(9)))).process_id == 7);
}

TEST_CASE("broken startup packets are refused") {
  CHECK(!startup(packet(2 << 16, "\0"s)));
  CHECK(!startup(packet(3 << 16, "user\0ann\0"s)));     // no terminator
  CHECK(!startup(packet(3 << 16, "user\0ann\0\0x"s)));  // more after it
  CHECK(!startup(packet(80877102, be32(7))));
  CHECK(!startup_size(as_bytes(be32(7))));
  CHECK(!startup_size(as_bytes(be32(10'001))));
}

TEST_CASE("lengths are bounded by kind of message") {
  CHECK(parse_header(as_bytes("Q" + be32(100)))->body_bytes == 96);
  CHECK(!parse_header(as_bytes("Q" + be32(3))));
  CHECK(!parse_header(as_bytes("Q" + be32(0x7fffffff))));
  CHECK(!parse_header(as_bytes("S" + be32(100'000))));
  CHECK(!parse_header(as_bytes("?" + be32(4))));
}

TEST_CASE("Bind gives formats and values") {
  std::string body = "p\0s\0"s + "\0\1\0\1"s + "\0\2"s + be32(1) + "x" + be32(0xffffffff) + "\0\1\0\1"s;
  auto message = parse_message('B', as_bytes(body));
  REQUIRE(message);
  const auto& bind = std::get<Bind>(*message);
  CHECK(bind.portal == "p");
  CHECK(bind.statement == "s");
  CHECK(bind.binary(1));
  CHECK(as_text(*bind.parameters[0]) == "x");
  CHECK(!bind.parameters[1]);
  CHECK(bind.result_formats == std::vector<std::int16_t>{1});
}

TEST_CASE("bodies that lie about their lengths are refused") {
  CHECK(!parse_message('Q', as_bytes("select 1")));               // no terminator
  CHECK(!parse_message('Q', as_bytes("select 1\0x"s)));           // more after it
  CHECK(!parse_message('B', as_bytes("\0\0\0\0\xff\xff\0\0"s)));  // 65535 parameters, none there
  CHECK(!parse_message('B', as_bytes("\0\0\0\0\0\1"s + be32(0x80000000) + "\0\0"s)));
  CHECK(!parse_message('B', as_bytes("\0\0\0\1\0\2\0\0\0\0"s)));  // format 2
  CHECK(!parse_message('D', as_bytes("X\0"s)));
  CHECK(!parse_message('S', as_bytes("x")));
}

TEST_CASE("backend messages have Postgres's bytes") {
  Buffer out;
  put_ready_for_query(out, TransactionStatus::kFailed);
  put_command_complete(out, "SELECT 1");
  CHECK(as_text(out) == "Z\0\0\0\5E"s + "C\0\0\0\15SELECT 1\0"s);
  out.clear();
  put_error(out, {"ERROR", "42601", "no", "", "", 3});
  CHECK(as_text(out) == "E"s + be32(33) + "SERROR\0VERROR\0C42601\0Mno\0P3\0\0"s);
  out.clear();
  ColumnDescription column{"a", kInt4Oid, 4, -1, 1};
  put_row_description(out, {&column, 1});
  CHECK(as_text(out) ==
        "T"s + be32(26) + "\0\1a\0"s + be32(0) + "\0\0"s + be32(23) + "\0\4"s + be32(0xffffffff) + "\0\1"s);
}
