#include <fmt/format.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>

#include "tarn/config.h"
#include "tarn/http_client.h"

namespace tarn::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::size_t kPieceBytes = 64u << 10;

// Cuts what comes into lines.
class Lines {
 public:
  explicit Lines(const std::function<void(std::string_view)>& on_line) : on_line_(on_line) {}
  bool take(std::string_view piece) {
    for (std::size_t end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
      on_line_(open_ + std::string(piece.substr(0, end)));
      open_.clear();
      piece.remove_prefix(end + 1);
    }
    open_ += piece;
    return open_.size() <= kAnswerLineMax;
  }

 private:
  const std::function<void(std::string_view)>& on_line_;
  std::string open_;
};

std::string refusal(const std::string& body, unsigned status) {
  auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_object())
    return json["error"].value("message", "refused without a reason");
  return fmt::format("the platform answered {}", status);
}

class Exchange {
 public:
  Exchange(const std::string& address, const std::function<void(std::string_view)>& on_line, std::stop_token stop)
      : address_(address), lines_(on_line), stop_(std::move(stop)) {}

  Result<void> run(const Address& where, const std::string& target, const std::string& body) {
    socket_.connect({asio::ip::make_address(where.host), static_cast<unsigned short>(where.port)}, error_);
    if (error_) return gone();
    // Wakes a read that blocks; the socket is closed by its own thread.
    std::stop_callback hang_up(stop_, [this] { ::shutdown(socket_.native_handle(), SHUT_RDWR); });
    http::request<http::string_body> request{http::verb::post, target, 11};
    request.set(http::field::host, address_);
    request.set(http::field::content_type, "application/json");
    request.body() = body;
    request.prepare_payload();
    http::write(socket_, request, error_);
    if (!error_) http::read_header(socket_, buffer_, parser_, error_);
    if (error_) return gone();
    return read();
  }

 private:
  Result<void> gone() const {
    if (stop_.stop_requested()) return fail(Code::kCancelled, "given up");
    return fail(Code::kUnavailable, fmt::format("no answer from {}: {}", address_, error_.message()));
  }

  Result<void> read() {
    unsigned status = parser_.get().result_int();
    std::string refused;
    std::array<char, kPieceBytes> piece;
    while (!parser_.is_done()) {
      parser_.get().body().data = piece.data();
      parser_.get().body().size = piece.size();
      http::read_some(socket_, buffer_, parser_, error_);
      if (error_ == http::error::need_buffer) error_ = {};
      std::string_view came(piece.data(), piece.size() - parser_.get().body().size);
      if (status >= 300)
        refused += came.substr(0, kAnswerLineMax - std::min(kAnswerLineMax, refused.size()));
      else if (!lines_.take(came))
        return fail(Code::kLimit, fmt::format("a line of more than {} bytes from {}", kAnswerLineMax, address_));
      if (error_) return gone();
    }
    if (status < 300) return {};
    return fail(status < 500 ? Code::kInvalidArgument : Code::kUnavailable, refusal(refused, status));
  }

  const std::string& address_;
  Lines lines_;
  std::stop_token stop_;
  asio::io_context io_;
  asio::ip::tcp::socket socket_{io_};
  beast::error_code error_;
  beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> parser_;
};

}  // namespace

Result<void> http_lines(const std::string& address, const std::string& target, const std::string& body,
                        const std::function<void(std::string_view line)>& on_line, std::stop_token stop) {
  TARN_ASSIGN(Address where, parse_address(address, "the platform's HTTP door"));
  return Exchange(address, on_line, std::move(stop)).run(where, target, body);
}

}  // namespace tarn::app
