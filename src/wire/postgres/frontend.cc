#include "wire/postgres/frontend.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/endian.h"

namespace tarn::wire::postgres {
namespace {

constexpr std::uint32_t kCancelCode = 80877102;
constexpr std::uint32_t kSslCode = 80877103;
constexpr std::uint32_t kGssEncCode = 80877104;
constexpr std::size_t kCancelKeyBytesMax = 256;  // protocol 3.2's bound

// Reads from the bytes it borrows; the first short field makes ok() false and every later read zero.
class Reader {
 public:
  explicit Reader(ByteView input) : input_(input) {}

  template <class T>
  T integer() {
    if (!need(sizeof(T))) return T{};
    T value = load_be<T>(input_.data() + at_);
    at_ += sizeof(T);
    return value;
  }
  // Up to and without its zero byte.
  std::string_view string() {
    std::string_view rest = as_text(input_.subspan(at_));
    std::size_t size = rest.find('\0');
    if (size == std::string_view::npos) ok_ = false;
    if (!ok_) return {};
    at_ += size + 1;
    return rest.substr(0, size);
  }
  ByteView bytes(std::size_t count) {
    if (!need(count)) return {};
    at_ += count;
    return input_.subspan(at_ - count, count);
  }
  template <class T>
  std::vector<T> integers() {  // counted in 16 bits
    std::size_t count = integer<std::uint16_t>();
    std::vector<T> values;
    if (!need(count * sizeof(T))) return values;
    values.reserve(count);
    for (std::size_t i = 0; i < count; ++i) values.push_back(integer<T>());
    return values;
  }
  std::size_t remaining() const { return input_.size() - at_; }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && at_ == input_.size(); }

 private:
  bool need(std::size_t count) {
    if (!ok_ || remaining() < count) ok_ = false;
    return ok_;
  }
  ByteView input_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

std::unexpected<Error> violation(std::string message) { return fail(Code::kInvalidArgument, std::move(message)); }

Result<StartupMessage> parse_parameters(Startup startup, Reader in) {
  while (in.remaining() > 1) {
    std::string_view name = in.string();
    std::string_view value = in.string();
    if (!in.ok() || name.empty()) break;
    if (startup.parameters.size() == kStartupParametersMax) return violation("too many startup parameters");
    if (name.starts_with("_pq_.")) {
      startup.protocol_options.push_back(name);
    } else {
      startup.parameters.emplace_back(name, value);
    }
  }
  if (in.integer<std::uint8_t>() != 0 || !in.done()) {
    return violation("invalid startup packet layout: expected terminator as last byte");
  }
  return startup;
}

// ---- bodies

Parse parse_parse(Reader& in) {
  Parse parse;
  parse.statement = in.string();
  parse.text = in.string();
  parse.parameter_types = in.integers<Oid>();
  return parse;
}

std::vector<std::optional<ByteView>> read_parameters(Reader& in) {
  std::size_t count = in.integer<std::uint16_t>();
  std::vector<std::optional<ByteView>> values;
  if (in.remaining() < count * 4) {
    in.bytes(count * 4);  // marks it short
    return values;
  }
  values.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    std::int32_t size = in.integer<std::int32_t>();
    if (size == -1) {
      values.emplace_back();
    } else {
      values.emplace_back(in.bytes(size < 0 ? SIZE_MAX : static_cast<std::size_t>(size)));
    }
  }
  return values;
}

bool known_formats(const std::vector<std::int16_t>& formats) {
  return std::ranges::all_of(formats, [](std::int16_t format) { return format == 0 || format == 1; });
}

Result<FrontendMessage> parse_bind(Reader& in) {
  Bind bind;
  bind.portal = in.string();
  bind.statement = in.string();
  bind.parameter_formats = in.integers<std::int16_t>();
  bind.parameters = read_parameters(in);
  bind.result_formats = in.integers<std::int16_t>();
  std::size_t formats = bind.parameter_formats.size();
  if (in.done() && formats > 1 && formats != bind.parameters.size()) {
    return violation(
        fmt::format("bind message has {} parameter formats but {} parameters", formats, bind.parameters.size()));
  }
  if (!known_formats(bind.parameter_formats) || !known_formats(bind.result_formats)) {
    return violation("unsupported format code in a bind message");
  }
  return bind;
}

// Describe and Close: 'S' or 'P', a name.
template <class T>
Result<FrontendMessage> parse_target(Reader& in) {
  char kind = static_cast<char>(in.integer<std::uint8_t>());
  if (kind != 'S' && kind != 'P') return violation("invalid message subtype");
  T message;
  message.portal = kind == 'P';
  message.name = in.string();
  return message;
}

Execute parse_execute(Reader& in) {
  Execute execute;
  execute.portal = in.string();
  execute.max_rows = in.integer<std::int32_t>();
  return execute;
}

Result<FrontendMessage> parse_body(char type, ByteView body, Reader& in) {
  switch (type) {
    case 'Q': return Query{in.string()};
    case 'P': return parse_parse(in);
    case 'B': return parse_bind(in);
    case 'D': return parse_target<Describe>(in);
    case 'C': return parse_target<Close>(in);
    case 'E': return parse_execute(in);
    case 'S': return Sync{};
    case 'H': return Flush{};
    case 'X': return Terminate{};
    case 'p': in.bytes(body.size()); return Password{body};
    case 'F': in.bytes(body.size()); return FunctionCall{};
    case 'd':
    case 'c':
    case 'f': in.bytes(body.size()); return CopyData{};
    default: return violation(fmt::format("invalid frontend message type {}", static_cast<int>(type)));
  }
}

// The largest body of a message type; nullopt: no such type.
std::optional<std::size_t> body_limit(char type) {
  switch (type) {
    case 'Q':
    case 'P':
    case 'B':
    case 'F':
    case 'd': return kLargeMessageBytesMax;
    case 'D':
    case 'C':
    case 'E':
    case 'S':
    case 'H':
    case 'X':
    case 'p':
    case 'c':
    case 'f': return kSmallMessageBytesMax;
    default: return std::nullopt;
  }
}

}  // namespace

bool Bind::binary(std::size_t parameter) const {
  if (parameter_formats.empty()) return false;
  return parameter_formats[parameter_formats.size() == 1 ? 0 : parameter] == 1;
}

Result<std::size_t> startup_size(ByteView first_four) {
  std::uint32_t size = load_be<std::uint32_t>(first_four.data());
  if (size < 8 || size > kStartupBytesMax) return violation("invalid length of startup packet");
  return size;
}

Result<StartupMessage> parse_startup(ByteView packet) {
  Reader in(packet);
  in.integer<std::uint32_t>();
  std::uint32_t code = in.integer<std::uint32_t>();
  if (!in.ok()) return violation("startup packet too short");
  if (code == kSslCode && in.done()) return SslRequest{};
  if (code == kGssEncCode && in.done()) return GssEncRequest{};
  if (code == kCancelCode) {
    CancelRequest cancel;
    cancel.process_id = in.integer<std::int32_t>();
    cancel.secret_key = in.bytes(in.remaining());
    if (!in.ok() || cancel.secret_key.empty() || cancel.secret_key.size() > kCancelKeyBytesMax) {
      return violation("invalid length of cancel request");
    }
    return cancel;
  }
  Startup startup;
  startup.major = static_cast<std::uint16_t>(code >> 16);
  startup.minor = static_cast<std::uint16_t>(code & 0xFFFF);
  if (startup.major != 3) {
    return violation(
        fmt::format("unsupported frontend protocol {}.{}: server supports 3.0", startup.major, startup.minor));
  }
  return parse_parameters(std::move(startup), in);
}

Result<Header> parse_header(ByteView first_five) {
  char type = static_cast<char>(first_five[0]);
  std::optional<std::size_t> limit = body_limit(type);
  if (!limit) return violation(fmt::format("invalid frontend message type {}", static_cast<int>(type)));
  std::uint32_t length = load_be<std::uint32_t>(first_five.data() + 1);
  if (length < 4) return violation("invalid message length");
  if (length - 4 > *limit) {
    return violation(fmt::format("message '{}' of {} bytes is above the limit of {}", type, length - 4, *limit));
  }
  return Header{type, length - 4};
}

Result<FrontendMessage> parse_message(char type, ByteView body) {
  Reader in(body);
  TARN_ASSIGN(FrontendMessage message, parse_body(type, body, in));
  if (!in.done()) return violation(fmt::format("invalid message format in message '{}'", type));
  return message;
}

}  // namespace tarn::wire::postgres
