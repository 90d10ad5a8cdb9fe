#include "shell/pg_client.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "base/bytes.h"
#include "base/endian.h"

namespace tarn::shell {
namespace {

namespace asio = boost::asio;
using Socket = asio::ip::tcp::socket;

constexpr std::uint32_t kMessageBytesMax = 1u << 30;  // Postgres's own bound
constexpr std::int32_t kProtocolVersion = 3 << 16;
constexpr std::int32_t kCancelCode = (1234 << 16) | 5678;
constexpr std::size_t kReadBytes = 256u << 10;

// ---- out

void put_text(Buffer& out, std::string_view text) {
  ByteView bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
  out.push_back(std::byte{0});
}

void put_int(Buffer& out, std::int32_t value) {
  out.resize(out.size() + 4);
  store_be<std::int32_t>(out.data() + out.size() - 4, value);
}

// type (0: none, at startup), then the length of all that follows itself included, then the body.
Result<void> send(Socket& socket, char type, const Buffer& body) {
  Buffer out;
  if (type != 0) out.push_back(static_cast<std::byte>(type));
  put_int(out, static_cast<std::int32_t>(body.size() + 4));
  out.insert(out.end(), body.begin(), body.end());
  boost::system::error_code error;
  asio::write(socket, asio::buffer(out), error);
  if (error) return fail(Code::kUnavailable, fmt::format("the platform hung up: {}", error.message()));
  return {};
}

// ---- in

struct Message {
  char type = 0;
  ByteView body;
};

// Takes fields off a message's body; past its end every field is empty.
class Fields {
 public:
  explicit Fields(ByteView body) : left_(body) {}
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

Report read_report(ByteView body) {
  Report report;
  Fields fields(body);
  for (char type; (type = static_cast<char>(fields.integer<std::int8_t>())) != 0;) {
    std::string text(fields.text());
    if (type == 'S') report.severity = text;
    if (type == 'C') report.sqlstate = text;
    if (type == 'M') report.message = text;
    if (type == 'D') report.detail = text;
    if (type == 'H') report.hint = text;
    if (type == 'P') report.position = std::atoi(text.c_str());
  }
  return report;
}

std::vector<Column> read_columns(ByteView body) {
  Fields fields(body);
  std::vector<Column> columns(fields.integer<std::uint16_t>());
  for (Column& column : columns) {
    column.name = fields.text();
    fields.skip(6);  // table, number
    column.type = fields.integer<std::uint32_t>();
    fields.skip(8);  // size, modifier, format
  }
  return columns;
}

void read_row(ByteView body, std::vector<Value>& row) {
  Fields fields(body);
  row.assign(fields.integer<std::uint16_t>(), std::nullopt);
  for (Value& value : row) {
    auto length = fields.integer<std::int32_t>();
    if (length >= 0) value = fields.bytes(static_cast<std::size_t>(length));
  }
}

// Nobody reads what a session says before its first statement.
class Ignore final : public Answers {
  void columns(const std::vector<Column>&) override {}
  void row(const std::vector<Value>&) override {}
  void complete(std::string_view) override {}
  void notice(const Report&) override {}
};

class PgClientImpl final : public PgClient {
 public:
  Result<void> open(const std::string& host, std::uint16_t port, const std::string& database) {
    boost::system::error_code error;
    where_ = {asio::ip::make_address(host, error), port};
    if (!error) socket_.connect(where_, error);
    if (error)
      return fail(Code::kUnavailable,
                  fmt::format("no Postgres door answers on {}:{}: {}", host, port, error.message()));
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    Buffer body;
    put_int(body, kProtocolVersion);
    for (std::string_view text : {"user", "tarn", "database", database.c_str(), "application_name", "tarn sql"})
      put_text(body, text);
    body.push_back(std::byte{0});
    TARN_TRY(send(socket_, 0, body));
    Ignore nobody;
    TARN_ASSIGN(auto refused, read_answers(nobody, true));
    if (!refused) return {};
    return fail(Code::kInvalidArgument, fmt::format("{} (SQLSTATE {}){}{}", refused->message, refused->sqlstate,
                                                    refused->hint.empty() ? "" : "; ", refused->hint));
  }

  Result<std::optional<Report>> query(std::string_view text, Answers& answers) override {
    Buffer body;
    put_text(body, text);
    TARN_TRY(send(socket_, 'Q', body));
    return read_answers(answers, false);
  }

  char transaction() const override { return transaction_; }

  void cancel() override {
    Buffer body;
    put_int(body, kCancelCode);
    put_int(body, process_id_);
    put_int(body, secret_);
    asio::io_context io;
    Socket socket(io);
    boost::system::error_code error;
    socket.connect(where_, error);
    if (!error) (void)send(socket, 0, body);
  }

 private:
  // Until the server is ready for the next query. At the start an error is the last message.
  Result<std::optional<Report>> read_answers(Answers& answers, bool starting) {
    std::optional<Report> failed;
    std::vector<Value> row;
    for (;;) {
      TARN_ASSIGN(Message message, receive());
      Fields fields(message.body);
      switch (message.type) {
        case 'T': answers.columns(read_columns(message.body)); break;
        case 'D':
          read_row(message.body, row);
          answers.row(row);
          break;
        case 'C': answers.complete(fields.text()); break;
        case 'N': answers.notice(read_report(message.body)); break;
        case 'K':
          process_id_ = fields.integer<std::int32_t>();
          secret_ = fields.integer<std::int32_t>();
          break;
        case 'E':
          failed = read_report(message.body);
          if (starting) return failed;
          if (failed->severity == "FATAL") return fail(Code::kUnavailable, failed->message);
          break;
        case 'Z': transaction_ = static_cast<char>(fields.integer<std::int8_t>()); return failed;
        default: break;
      }
    }
  }

  // The body is borrowed until the next call.
  Result<Message> receive() {
    constexpr std::size_t kHeaderBytes = 5;
    TARN_TRY(fill(kHeaderBytes));
    std::uint32_t length = load_be<std::uint32_t>(in_.data() + begin_ + 1);
    if (length < 4 || length > kMessageBytesMax) return fail(Code::kInternal, "the Postgres door sent a bad length");
    TARN_TRY(fill(1 + length));
    Message message{static_cast<char>(in_[begin_]), ByteView(in_).subspan(begin_ + kHeaderBytes, length - 4)};
    begin_ += 1 + length;
    return message;
  }

  // At least `count` bytes from begin_ on are there.
  Result<void> fill(std::size_t count) {
    if (end_ - begin_ >= count) return {};
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(begin_), in_.begin() + static_cast<std::ptrdiff_t>(end_),
              in_.begin());
    end_ -= begin_;
    begin_ = 0;
    if (in_.size() < std::max(count, kReadBytes)) in_.resize(std::max(count, kReadBytes));
    while (end_ < count) {
      boost::system::error_code error;
      end_ += socket_.read_some(asio::buffer(in_.data() + end_, in_.size() - end_), error);
      if (error) return fail(Code::kUnavailable, fmt::format("the platform hung up: {}", error.message()));
    }
    return {};
  }

  asio::io_context io_;
  Socket socket_{io_};
  asio::ip::tcp::endpoint where_;
  Buffer in_;
  std::size_t begin_ = 0, end_ = 0;  // of in_, what is read and not taken
  std::int32_t process_id_ = 0, secret_ = 0;
  char transaction_ = 'I';
};

}  // namespace

Result<std::unique_ptr<PgClient>> PgClient::connect(const std::string& host, std::uint16_t port,
                                                    const std::string& database) {
  auto client = std::make_unique<PgClientImpl>();
  TARN_TRY(client->open(host, port, database));
  return client;
}

}  // namespace tarn::shell
