#include "wire/postgres/backend.h"

#include <string>

#include "base/endian.h"

namespace tarn::wire::postgres {
namespace {

// A message at the end of a buffer; its length is filled in when it ends.
class Message {
 public:
  Message(Buffer& out, char type) : out_(out) {
    byte(type);
    start_ = out.size();
    integer<std::int32_t>(0);
  }
  ~Message() { store_be<std::int32_t>(out_.data() + start_, static_cast<std::int32_t>(out_.size() - start_)); }

  Message& byte(char value) {
    out_.push_back(static_cast<std::byte>(value));
    return *this;
  }
  template <class T>
  Message& integer(std::type_identity_t<T> value) {
    std::size_t at = out_.size();
    out_.resize(at + sizeof(T));
    store_be<T>(out_.data() + at, value);
    return *this;
  }
  // Zero-terminated, cut at a zero inside.
  Message& string(std::string_view text) {
    ByteView bytes = as_bytes(text.substr(0, text.find('\0')));
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return byte('\0');
  }

 private:
  Buffer& out_;
  std::size_t start_ = 0;
};

void put_report(Buffer& out, char type, const Report& report) {
  Message message(out, type);
  auto field = [&](char code, std::string_view text) {
    if (!text.empty()) message.byte(code).string(text);
  };
  field('S', report.severity);
  field('V', report.severity);
  field('C', report.sqlstate);
  field('M', report.message);
  field('D', report.detail);
  field('H', report.hint);
  if (report.position > 0) field('P', std::to_string(report.position));
  message.byte('\0');
}

}  // namespace

void put_authentication_ok(Buffer& out) { Message(out, 'R').integer<std::int32_t>(0); }

void put_negotiate_protocol_version(Buffer& out, std::int32_t minor, std::span<const std::string_view> unknown) {
  Message message(out, 'v');
  message.integer<std::int32_t>((3 << 16) | minor).integer<std::int32_t>(static_cast<std::int32_t>(unknown.size()));
  for (std::string_view name : unknown) message.string(name);
}

void put_parameter_status(Buffer& out, std::string_view name, std::string_view value) {
  Message(out, 'S').string(name).string(value);
}

void put_backend_key_data(Buffer& out, std::int32_t process_id, std::uint32_t secret_key) {
  Message(out, 'K').integer<std::int32_t>(process_id).integer<std::uint32_t>(secret_key);
}

void put_ready_for_query(Buffer& out, TransactionStatus status) { Message(out, 'Z').byte(static_cast<char>(status)); }

void put_parse_complete(Buffer& out) { Message(out, '1'); }
void put_bind_complete(Buffer& out) { Message(out, '2'); }
void put_close_complete(Buffer& out) { Message(out, '3'); }
void put_no_data(Buffer& out) { Message(out, 'n'); }
void put_portal_suspended(Buffer& out) { Message(out, 's'); }
void put_empty_query_response(Buffer& out) { Message(out, 'I'); }
void put_command_complete(Buffer& out, std::string_view tag) { Message(out, 'C').string(tag); }

void put_parameter_description(Buffer& out, std::span<const Oid> types) {
  Message message(out, 't');
  message.integer<std::uint16_t>(static_cast<std::uint16_t>(types.size()));
  for (Oid type : types) message.integer<Oid>(type);
}

void put_row_description(Buffer& out, std::span<const ColumnDescription> columns) {
  Message message(out, 'T');
  message.integer<std::int16_t>(static_cast<std::int16_t>(columns.size()));
  for (const ColumnDescription& column : columns) {
    message.string(column.name)
        .integer<std::int32_t>(0)  // no table oid, no column number: a result's columns are not traced to tables
        .integer<std::int16_t>(0)
        .integer<Oid>(column.type)
        .integer<std::int16_t>(column.type_size)
        .integer<std::int32_t>(column.type_modifier)
        .integer<std::int16_t>(column.format);
  }
}

void put_error(Buffer& out, const Report& report) { put_report(out, 'E', report); }
void put_notice(Buffer& out, const Report& report) { put_report(out, 'N', report); }

std::int16_t format_of(std::span<const std::int16_t> formats, std::size_t column) {
  if (formats.empty()) return 0;
  return formats[formats.size() == 1 ? 0 : column];
}

}  // namespace tarn::wire::postgres
