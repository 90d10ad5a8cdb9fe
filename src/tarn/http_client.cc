#include "tarn/http_client.h"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "tarn/config.h"

namespace tarn::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::uint64_t kAnswerBytesMax = 64u << 20;

}  // namespace

Result<HttpAnswer> http_request(const std::string& address, const std::string& method, const std::string& target,
                                const std::string& body, std::chrono::seconds wait) {
  TARN_ASSIGN(Address where, parse_address(address, "the platform's HTTP door"));
  asio::io_context io;
  beast::tcp_stream stream(io);
  beast::flat_buffer buffer;
  http::request<http::string_body> request{http::string_to_verb(method), target, 11};
  request.set(http::field::host, address);
  request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  http::response_parser<http::string_body> parser;
  parser.body_limit(kAnswerBytesMax);
  beast::error_code failed;

  // The stream's deadline needs asynchronous calls; the loop below makes them one blocking call.
  stream.expires_after(wait);
  auto finish = [&](beast::error_code error, std::size_t) { failed = error; };
  stream.async_connect({asio::ip::make_address(where.host), static_cast<unsigned short>(where.port)},
                       [&](beast::error_code error) {
                         if (error) {
                           failed = error;
                           return;
                         }
                         http::async_write(stream, request, [&](beast::error_code write_error, std::size_t) {
                           if (write_error) {
                             failed = write_error;
                             return;
                           }
                           http::async_read(stream, buffer, parser, finish);
                         });
                       });
  io.run();
  if (failed == beast::error::timeout)
    return fail(Code::kTimeout, fmt::format("no answer from {} within {} s", address, wait.count()));
  if (failed) return fail(Code::kUnavailable, fmt::format("no answer from {}: {}", address, failed.message()));
  return HttpAnswer{static_cast<int>(parser.get().result_int()), parser.get().body()};
}

}  // namespace tarn::app
