// Between bytes and text: convert_from and convert_to, encode and decode.
#include <fmt/format.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>
#include <cctype>

#include "sql/printer.h"

namespace tarn::sql {

// The name of the encoding or format decides, so it must be written out.
Checked<Expression> Printer::convert_bytes(const FunctionFacts& facts, const PgQuery__FuncCall& node,
                                           std::vector<Expression> arguments) {
  bool is_charset = facts.special == Special::kConvertFrom || facts.special == Special::kConvertTo;
  bool from_bytes = facts.special == Special::kConvertFrom || facts.special == Special::kEncode;
  std::string named = arguments[1].constant.value_or("");
  std::erase_if(named, [&](unsigned char c) { return is_charset && !std::isalnum(c); });
  std::ranges::transform(named, named.begin(), [](unsigned char c) { return std::tolower(c); });
  Expression& value = arguments[0];
  if (value.constant) {
    TARN_ASSIGN(value, cast(std::move(value), {from_bytes ? oid::kBytea : oid::kText, -1}, node.location));
  } else if (from_bytes && value.type.oid != 0 && value.type.oid != oid::kBytea) {
    return refuse("42883", fmt::format("function {} takes bytea", facts.name), position(node.location),
                  "It has text already, or what can be cast to it.");
  }
  std::string_view templ;
  if (is_charset && (named == "utf8" || named == "unicode"))
    templ = from_bytes ? "tarn_from_utf8($1)" : "encode($1)";
  else if (!is_charset && named == "hex")
    templ = from_bytes ? "lower(hex($1))" : "unhex($1)";
  else if (!is_charset &&
           named == "base64")  // Postgres ends a line after 76 characters, and skips what is between them
    templ = from_bytes ? "regexp_replace(base64($1), '[^=]{76}', '\\0' || chr(10), 'g')"
                       : "from_base64(regexp_replace($1, '\\s', '', 'g'))";
  else if (!is_charset && named == "escape")
    templ = from_bytes ? "tarn_escape($1)" : "tarn_unescape($1)";
  else
    return not_supported(is_charset ? "an encoding other than UTF8" : "a format other than hex, base64 and escape",
                         node.location);
  Expression result{.type = {from_bytes ? oid::kText : oid::kBytea, -1}};
  result.sql.mark(node.location) << fill(templ, arguments);
  return result;
}

}  // namespace tarn::sql
