// What we say: Postgres's backend messages, appended to a Buffer. DataRow is in values.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/postgres/types.h"

namespace tarn::wire::postgres {

enum class TransactionStatus : char { kIdle = 'I', kInTransaction = 'T', kFailed = 'E' };

struct ColumnDescription {
  std::string_view name;
  Oid type = kTextOid;
  std::int16_t type_size = -1;
  std::int32_t type_modifier = -1;
  std::int16_t format = 0;
};

// Fields of ErrorResponse and NoticeResponse; empty ones are left out.
struct Report {
  std::string_view severity = "ERROR";  // FATAL, NOTICE, WARNING
  std::string_view sqlstate;
  std::string_view message;
  std::string_view detail;
  std::string_view hint;
  std::int32_t position = 0;  // 1-based character of the query; 0: none
};

// The single bytes that answer SSLRequest and GSSENCRequest.
inline constexpr char kEncryptionRefused = 'N';

void put_authentication_ok(Buffer& out);
// The newest minor version we speak, and the protocol options we don't know.
void put_negotiate_protocol_version(Buffer& out, std::int32_t minor, std::span<const std::string_view> unknown);
void put_parameter_status(Buffer& out, std::string_view name, std::string_view value);
void put_backend_key_data(Buffer& out, std::int32_t process_id, std::uint32_t secret_key);
void put_ready_for_query(Buffer& out, TransactionStatus status);

void put_parse_complete(Buffer& out);
void put_bind_complete(Buffer& out);
void put_close_complete(Buffer& out);
void put_no_data(Buffer& out);
void put_portal_suspended(Buffer& out);
void put_empty_query_response(Buffer& out);
void put_command_complete(Buffer& out, std::string_view tag);
void put_parameter_description(Buffer& out, std::span<const Oid> types);
void put_row_description(Buffer& out, std::span<const ColumnDescription> columns);
void put_error(Buffer& out, const Report& report);   // severity ERROR, FATAL, PANIC
void put_notice(Buffer& out, const Report& report);  // severity NOTICE, WARNING, ...

// Postgres's rule for format codes in Bind: none is all text, one is for all, else one each.
std::int16_t format_of(std::span<const std::int16_t> formats, std::size_t column);

}  // namespace tarn::wire::postgres
