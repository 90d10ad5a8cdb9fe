#include "tarn/sql_client.h"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <optional>
#include <vector>

#include "base/endian.h"
#include "tarn/config.h"
#include "tarn/text_table.h"

namespace tarn::app {
namespace {

namespace asio = boost::asio;
using Socket = asio::ip::tcp::socket;

constexpr std::uint32_t kMessageBytesMax = 1u << 30;  // Postgres's own bound
constexpr std::int32_t kProtocolVersion = 3 << 16;
constexpr std::size_t kStatementBytesMax = 64u << 20;

struct Message {
  char type = 0;
  Buffer body;
};

void put_text(Buffer& out, std::string_view text) {
  ByteView bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
  out.push_back(std::byte{0});
}

// type (0: none, at startup), then the length of all that follows itself included, then the body.
Result<void> send(Socket& socket, char type, const Buffer& body) {
  Buffer out;
  if (type != 0) out.push_back(static_cast<std::byte>(type));
  out.resize(out.size() + 4);
  store_be<std::int32_t>(out.data() + out.size() - 4, static_cast<std::int32_t>(body.size() + 4));
  out.insert(out.end(), body.begin(), body.end());
  boost::system::error_code error;
  asio::write(socket, asio::buffer(out), error);
  if (error) return fail(Code::kUnavailable, fmt::format("the Postgres door hung up: {}", error.message()));
  return {};
}

Result<Message> receive(Socket& socket) {
  std::byte header[5];
  boost::system::error_code error;
  asio::read(socket, asio::buffer(header), error);
  std::uint32_t length = error ? 0 : load_be<std::uint32_t>(header + 1);
  if (!error && (length < 4 || length > kMessageBytesMax))
    return fail(Code::kInternal, "the Postgres door sent a bad length");
  Message message{static_cast<char>(header[0]), Buffer(error ? 0 : length - 4)};
  if (!error) asio::read(socket, asio::buffer(message.body), error);
  if (error) return fail(Code::kUnavailable, fmt::format("the Postgres door hung up: {}", error.message()));
  return message;
}

// Takes fields off a message's body; past its end every field is empty.
class Fields {
 public:
  explicit Fields(const Buffer& body) : left_(body) {}
  bool empty() const { return left_.empty(); }
  std::string_view text() {
    std::string_view all = as_text(left_);
    std::string_view value = all.substr(0, all.find('\0'));
    skip(value.size() + 1);
    return value;
  }
  template <class T>
  T integer() {
    T value = left_.size() < sizeof(T) ? T{} : load_be<T>(left_.data());
    skip(sizeof(T));
    return value;
  }
  std::string_view bytes(std::size_t count) {
    std::string_view value = as_text(left_.first(std::min(count, left_.size())));
    skip(count);
    return value;
  }
  void skip(std::size_t count) { left_ = left_.subspan(std::min(count, left_.size())); }

 private:
  ByteView left_;
};

struct ServerReport {
  std::string sqlstate, message, hint;
};

ServerReport read_report(const Message& message) {
  ServerReport report;
  Fields fields(message.body);
  for (char type; (type = static_cast<char>(fields.integer<std::int8_t>())) != 0;) {
    std::string_view text = fields.text();
    if (type == 'C') report.sqlstate = text;
    if (type == 'M') report.message = text;
    if (type == 'H') report.hint = text;
  }
  return report;
}

std::vector<std::string> read_header(const Message& message) {
  constexpr std::size_t kColumnFactsBytes = 18;  // table, column, type, size, modifier, format
  Fields fields(message.body);
  std::vector<std::string> names(fields.integer<std::uint16_t>());
  for (std::string& name : names) {
    name = fields.text();
    fields.skip(kColumnFactsBytes);
  }
  return names;
}

std::vector<std::string> read_row(const Message& message) {
  Fields fields(message.body);
  std::vector<std::string> row(fields.integer<std::uint16_t>());
  for (std::string& value : row) {
    auto length = fields.integer<std::int32_t>();
    if (length > 0) value = fields.bytes(static_cast<std::size_t>(length));
  }
  return row;
}

// Prints what comes until the server waits for the next statement.
Result<void> read_results(Socket& socket) {
  std::optional<TextTable> table;
  std::optional<Error> failed;
  for (;;) {
    TARN_ASSIGN(Message message, receive(socket));
    switch (message.type) {
      case 'T': table.emplace(read_header(message)); break;
      case 'D':
        if (table) table->add(read_row(message));
        break;
      case 'C':
        if (table)
          table->finish();
        else
          fmt::print("{}\n", Fields(message.body).text());
        table.reset();
        break;
      case 'N': fmt::print(stderr, "notice: {}\n", read_report(message).message); break;
      case 'E': {
        ServerReport report = read_report(message);
        failed = Error{Code::kInvalidArgument, fmt::format("{} (SQLSTATE {}){}{}", report.message, report.sqlstate,
                                                           report.hint.empty() ? "" : "; ", report.hint)};
        break;
      }
      case 'Z':
        if (failed) return std::unexpected(*failed);
        return {};
      default: break;
    }
  }
}

Result<void> start_session(Socket& socket) {
  Buffer body(4);
  store_be<std::int32_t>(body.data(), kProtocolVersion);
  for (std::string_view text : {"user", "tarn", "database", "tarn", "application_name", "tarn sql"})
    put_text(body, text);
  body.push_back(std::byte{0});
  TARN_TRY(send(socket, 0, body));
  return read_results(socket);
}

Result<std::string> read_standard_input() {
  std::string text;
  char block[65536];
  for (std::size_t count; (count = std::fread(block, 1, sizeof block, stdin)) > 0;) {
    text.append(block, count);
    if (text.size() > kStatementBytesMax)
      return fail(Code::kLimit, "standard input holds more than 64 MiB of SQL; split it");
  }
  return text;
}

}  // namespace

Result<void> run_sql(const std::string& address, const std::string& statement) {
  TARN_ASSIGN(Address where, parse_address(address, "the platform's Postgres door"));
  std::string text = statement;
  if (text.empty()) {
    TARN_ASSIGN(text, read_standard_input());
  }
  asio::io_context io;
  Socket socket(io);
  boost::system::error_code error;
  socket.connect({asio::ip::make_address(where.host), static_cast<unsigned short>(where.port)}, error);
  if (error)
    return fail(Code::kUnavailable, fmt::format("no Postgres door answers on {}: {}", address, error.message()));
  TARN_TRY(start_session(socket));
  Buffer body;
  put_text(body, text);
  TARN_TRY(send(socket, 'Q', body));
  return read_results(socket);
}

}  // namespace tarn::app
