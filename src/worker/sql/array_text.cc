// Lists as Postgres arrays of one dimension (array_out and array_send of its arrayfuncs.c).
#include <algorithm>

#include "base/endian.h"
#include "sql/types.h"
#include "worker/sql/result_types.h"
#include "worker/sql/row_encoder.h"

namespace tarn::worker::sql {
namespace {

void append_text_of(Buffer& out, std::string_view text) {
  ByteView bytes = tarn::as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_int(Buffer& out, std::int32_t value) {
  std::size_t at = out.size();
  out.resize(at + sizeof value);
  store_be<std::int32_t>(out.data() + at, value);
}

bool needs_quotes(std::string_view text) {
  std::string lower(text.substr(0, 5));
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text.empty() || lower == "null" || text.find_first_of("{}\",\\ \t\n\r\v\f") != std::string_view::npos;
}

}  // namespace

void append_array_text(const EncodedVector& vector, std::uint64_t row, const EncodeOptions& options, Buffer& out) {
  const auto& range = vector.at<duckdb_list_entry>(row);
  const EncodedVector& items = vector.children[0];
  append_text_of(out, "{");
  Buffer text;
  for (std::uint64_t i = range.offset; i < range.offset + range.length; ++i) {
    if (i > range.offset) append_text_of(out, ",");
    if (items.is_null(i)) {
      append_text_of(out, "NULL");
      continue;
    }
    text.clear();
    append_text(items, i, options, text);
    if (!needs_quotes(tarn::as_text(text))) {
      out.insert(out.end(), text.begin(), text.end());
      continue;
    }
    append_text_of(out, "\"");
    for (std::byte b : text) {
      if (b == std::byte{'"'} || b == std::byte{'\\'}) out.push_back(std::byte{'\\'});
      out.push_back(b);
    }
    append_text_of(out, "\"");
  }
  append_text_of(out, "}");
}

//   dimensions | has nulls | element's oid | length | lower bound | ( size, -1 for null | bytes )*       all int32
void append_array_binary(const EncodedVector& vector, std::uint64_t row, const EncodeOptions& options, Buffer& out) {
  const auto& range = vector.at<duckdb_list_entry>(row);
  const EncodedVector& items = vector.children[0];
  bool nulls = false;
  for (std::uint64_t i = range.offset; i < range.offset + range.length; ++i) nulls |= items.is_null(i);
  append_int(out, range.length == 0 ? 0 : 1);
  append_int(out, nulls ? 1 : 0);
  append_int(out, static_cast<std::int32_t>(vector.element));
  if (range.length == 0) return;
  append_int(out, static_cast<std::int32_t>(range.length));
  append_int(out, 1);
  for (std::uint64_t i = range.offset; i < range.offset + range.length; ++i) {
    if (items.is_null(i)) {
      append_int(out, -1);
      continue;
    }
    std::size_t at = out.size();
    append_int(out, 0);
    append_binary(items, i, options, out);
    store_be<std::int32_t>(out.data() + at, static_cast<std::int32_t>(out.size() - at - 4));
  }
}

}  // namespace tarn::worker::sql
