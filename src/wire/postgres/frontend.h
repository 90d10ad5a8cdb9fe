// What a client says: Postgres's frontend/backend protocol 3 ("Message Formats" in its documentation), bytes to
// structs.
//
//   before the session   | length: i32, itself included | code: i32 | ... |        startup, SSL, GSS, cancel
//   in the session       | type: u8 | length: i32, itself included | body |
//
// Structs borrow from the bytes they were read from. Every error is kInvalidArgument: the peer broke the protocol
// (08P01), and the connection ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/postgres/types.h"

namespace tarn::wire::postgres {

inline constexpr std::size_t kStartupBytesMax = 10'000;         // Postgres's MAX_STARTUP_PACKET_LENGTH
inline constexpr std::size_t kSmallMessageBytesMax = 10'000;    // Postgres's PQ_SMALL_MESSAGE_LIMIT: Sync, Execute, ...
inline constexpr std::size_t kLargeMessageBytesMax = 64 << 20;  // Query, Parse, Bind (Postgres: 1 GiB)
inline constexpr std::size_t kHeaderBytes = 5;
inline constexpr std::size_t kStartupParametersMax = 100;

// ---- before the session

struct SslRequest {};
struct GssEncRequest {};
struct CancelRequest {
  std::int32_t process_id = 0;
  ByteView secret_key;
};
struct Startup {
  std::uint16_t major = 3;
  std::uint16_t minor = 0;
  std::vector<std::pair<std::string_view, std::string_view>> parameters;  // user, database, options, settings
  std::vector<std::string_view> protocol_options;                         // _pq_.*: none is known
};
using StartupMessage = std::variant<SslRequest, GssEncRequest, CancelRequest, Startup>;

// The whole length of a startup packet from its first 4 bytes.
Result<std::size_t> startup_size(ByteView first_four);
// `packet`: all of it.
Result<StartupMessage> parse_startup(ByteView packet);

// ---- in the session

struct Query {
  std::string_view text;
};
struct Parse {
  std::string_view statement;
  std::string_view text;
  std::vector<Oid> parameter_types;
};
struct Bind {
  std::string_view portal;
  std::string_view statement;
  std::vector<std::int16_t> parameter_formats;  // none, one for all, or one each: checked
  std::vector<std::optional<ByteView>> parameters;
  std::vector<std::int16_t> result_formats;
  bool binary(std::size_t parameter) const;
};
struct Describe {
  bool portal = false;
  std::string_view name;
};
struct Execute {
  std::string_view portal;
  std::int32_t max_rows = 0;
};
struct Close {
  bool portal = false;
  std::string_view name;
};
struct Sync {};
struct Flush {};
struct Terminate {};
struct Password {
  ByteView body;
};
struct FunctionCall {};
struct CopyData {};  // also CopyDone, CopyFail: ignored outside of COPY, as Postgres does

using FrontendMessage = std::variant<Query, Parse, Bind, Describe, Execute, Close, Sync, Flush, Terminate, Password,
                                     FunctionCall, CopyData>;

struct Header {
  char type = 0;
  std::size_t body_bytes = 0;
};
// From the first kHeaderBytes of a message. Refuses unknown types and lengths past the type's limit.
Result<Header> parse_header(ByteView first_five);
Result<FrontendMessage> parse_message(char type, ByteView body);

}  // namespace tarn::wire::postgres
