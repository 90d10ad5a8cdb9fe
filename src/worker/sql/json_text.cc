// Nested values as JSON, the way Postgres's to_json writes its own.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "wire/postgres/values.h"
#include "worker/sql/row_encoder.h"

namespace tarn::worker::sql {
namespace {

void append(Buffer& out, std::string_view text) {
  ByteView bytes = tarn::as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_string(Buffer& out, std::string_view text) {
  append(out, "\"");
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    append(out, text.substr(plain, i - plain));
    plain = i + 1;
    switch (c) {
      case '"': append(out, "\\\""); break;
      case '\\': append(out, "\\\\"); break;
      case '\b': append(out, "\\b"); break;
      case '\f': append(out, "\\f"); break;
      case '\n': append(out, "\\n"); break;
      case '\r': append(out, "\\r"); break;
      case '\t': append(out, "\\t"); break;
      default: append(out, fmt::format("\\u{:04x}", c)); break;
    }
  }
  append(out, text.substr(plain));
  append(out, "\"");
}

// Text that needs no escapes but quotes around it; a timestamp's space becomes ISO 8601's T.
void append_quoted(const EncodedVector& vector, std::uint64_t row, const EncodeOptions& options, Buffer& out) {
  Buffer text;
  append_text(vector, row, options, text);
  bool timestamp = vector.type == DUCKDB_TYPE_TIMESTAMP || vector.type == DUCKDB_TYPE_TIMESTAMP_TZ;
  auto space = timestamp ? std::ranges::find(text, std::byte{' '}) : text.end();
  if (space != text.end()) *space = std::byte{'T'};
  bool short_offset =
      vector.type == DUCKDB_TYPE_TIMESTAMP_TZ && text.size() > 3 && text[text.size() - 3] != std::byte{':'};
  if (short_offset && space != text.end()) append(text, ":00");
  append_string(out, tarn::as_text(text));
}

void append_items(const EncodedVector& items, std::uint64_t from, std::uint64_t count, const EncodeOptions& options,
                  Buffer& out) {
  append(out, "[");
  for (std::uint64_t i = from; i < from + count; ++i) {
    if (i > from) append(out, ",");
    append_json(items, i, options, out);
  }
  append(out, "]");
}

void append_map(const EncodedVector& map, std::uint64_t row, const EncodeOptions& options, Buffer& out) {
  const auto& range = map.at<duckdb_list_entry>(row);
  append(out, "{");
  for (std::uint64_t i = range.offset; i < range.offset + range.length; ++i) {
    if (i > range.offset) append(out, ",");
    Buffer key;
    append_text(map.children[0], i, options, key);
    append_string(out, tarn::as_text(key));
    append(out, ":");
    append_json(map.children[1], i, options, out);
  }
  append(out, "}");
}

}  // namespace

void append_json(const EncodedVector& vector, std::uint64_t row, const EncodeOptions& options, Buffer& out) {
  if (vector.is_null(row)) return append(out, "null");
  switch (vector.type) {
    case DUCKDB_TYPE_BOOLEAN: return append(out, vector.at<bool>(row) ? "true" : "false");
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_DECIMAL: return append_text(vector, row, options, out);
    case DUCKDB_TYPE_FLOAT:
      return std::isfinite(vector.at<float>(row)) ? append_text(vector, row, options, out)
                                                  : append_quoted(vector, row, options, out);
    case DUCKDB_TYPE_DOUBLE:
      return std::isfinite(vector.at<double>(row)) ? append_text(vector, row, options, out)
                                                   : append_quoted(vector, row, options, out);
    case DUCKDB_TYPE_LIST: {
      const auto& range = vector.at<duckdb_list_entry>(row);
      return append_items(vector.children[0], range.offset, range.length, options, out);
    }
    case DUCKDB_TYPE_ARRAY:
      return append_items(vector.children[0], row * vector.array_size, vector.array_size, options, out);
    case DUCKDB_TYPE_MAP: return append_map(vector, row, options, out);
    case DUCKDB_TYPE_STRUCT:
      append(out, "{");
      for (std::size_t i = 0; i < vector.children.size(); ++i) {
        if (i > 0) append(out, ",");
        append_string(out, vector.names[i]);
        append(out, ":");
        append_json(vector.children[i], row, options, out);
      }
      return append(out, "}");
    default: return append_quoted(vector, row, options, out);
  }
}

}  // namespace tarn::worker::sql
