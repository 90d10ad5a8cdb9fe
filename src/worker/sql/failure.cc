#include "worker/sql/failure.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "worker/sql/functions.h"

namespace tarn::worker::sql {
namespace {

struct Row {
  std::string_view type;
  std::string_view subtype;  // empty: any
  std::string_view sqlstate;
};

// First match counts. Types as DuckDB's Exception::ExceptionTypeToString names them.
constexpr std::array kRows = std::to_array<Row>({
    {"Parser", "", "42601"},
    {"Syntax", "", "42601"},
    {"Binder", "COLUMN_NOT_FOUND", "42703"},
    {"Binder", "AMBIGUOUS_COLUMN", "42702"},
    {"Binder", "NO_MATCHING_FUNCTION", "42883"},
    {"Binder", "UNSUPPORTED", "0A000"},
    {"Binder", "", "42804"},
    {"Catalog", "", "42883"},
    {"Conversion", "", "22P02"},
    {"Out of Range", "", "22003"},
    {"Decimal", "", "22003"},
    {"Divide by Zero", "", "22012"},
    {"Mismatch Type", "", "42804"},
    {"Invalid type", "", "42804"},
    {"Unknown Type", "", "42704"},
    {"INTERRUPT", "", "57014"},
    {"Out of Memory", "", "53200"},
    {"Permission", "", "42501"},
    {"Not implemented", "", "0A000"},
    {"Constraint", "", "23000"},
    {"TransactionContext", "", "40001"},
    {"Expression", "", "42804"},
    {"Parameter Not Resolved", "", "42P18"},
    {"Parameter Not Allowed", "", "42601"},
    {"Object Size", "", "54000"},
    {"Sequence", "", "2200H"},
    {"Invalid Input", "", "22023"},
    {"IO", "", "58030"},
});

std::int32_t character_at(std::string_view sql, std::size_t byte) {
  std::string_view before = sql.substr(0, std::min(byte, sql.size()));
  return static_cast<std::int32_t>(
             std::ranges::count_if(before, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; })) +
         1;
}

std::string_view text_field(simdjson::dom::object object, const char* name) {
  std::string_view value;
  return object[name].get_string().get(value) == simdjson::SUCCESS ? value : std::string_view();
}

}  // namespace

Failure failure_of(std::string_view duckdb_message, std::string_view sql) {
  Failure failure{.sqlstate = "XX000", .message = std::string(duckdb_message)};
  std::size_t brace = duckdb_message.find('{');
  if (brace == std::string_view::npos) return failure;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  simdjson::padded_string json(duckdb_message.substr(brace));
  if (parser.parse(json).get_object().get(object) != simdjson::SUCCESS) return failure;
  std::string_view type = text_field(object, "exception_type"), subtype = text_field(object, "error_subtype");
  std::string_view message = text_field(object, "exception_message"), position = text_field(object, "position");
  failure.message = message;
  failure.fatal = type == "INTERNAL" || type == "FATAL";
  if (message.starts_with(kErrorMark) && message.size() > kErrorMark.size() + 6) {
    failure.sqlstate = message.substr(kErrorMark.size(), 5);
    failure.message = message.substr(kErrorMark.size() + 6);
    return failure;
  }
  auto row = std::ranges::find_if(
      kRows, [&](const Row& r) { return r.type == type && (r.subtype.empty() || r.subtype == subtype); });
  if (row != kRows.end()) failure.sqlstate = row->sqlstate;
  if (failure.sqlstate == "57014") return cancelled();
  // The only words that count: DuckDB has one type for what can't be read and for what does not fit. Its own begin
  // the message, the client's follow.
  bool does_not_fit = type == "Conversion" && message.starts_with("Type ") && message.contains("out of range");
  if (does_not_fit) failure.sqlstate = "22003";
  if (type == "Catalog") {  // without DuckDB's guesses, which name things of ours
    failure.message = std::string(failure.message.substr(0, failure.message.find('\n')));
  }
  std::size_t byte = 0;
  if (!position.empty() &&
      std::from_chars(position.data(), position.data() + position.size(), byte).ec == std::errc()) {
    failure.position = character_at(sql, byte);
  }
  return failure;
}

Failure cancelled() { return {.sqlstate = "57014", .message = "canceling statement due to user request"}; }

engine::Failed to_reply(engine::ExecutionId id, const Failure& failure) {
  return {.id = id,
          .sqlstate = failure.sqlstate,
          .message = failure.message,
          .detail = failure.detail,
          .hint = failure.hint,
          .position = failure.position};
}

}  // namespace tarn::worker::sql
