#include "flow/publish/row_reader.h"

#include "base/endian.h"

namespace tarn::flow::publish {

void RowReader::columns(std::span<const engine::Column> columns, std::span<const std::int16_t>) {
  names_.clear();
  for (const engine::Column& column : columns) names_.push_back(column.name);
}

bool RowReader::rows(ByteView messages, bool) {
  std::string_view text = as_text(messages);
  bytes_ += text.substr(0, kReadBytesMax - std::min(kReadBytesMax, bytes_.size()));
  return true;
}

// DataRow: 'D', length: i32, columns: i16, of each its length: i32 (-1: null) and bytes.
std::vector<std::vector<std::optional<std::string>>> RowReader::take() {
  std::vector<std::vector<std::optional<std::string>>> all;
  ByteView rest = as_bytes(bytes_);
  constexpr std::size_t kHeaderBytes = 5, kCountBytes = 2, kLengthBytes = 4;
  while (rest.size() >= kHeaderBytes + kCountBytes) {
    std::size_t size = 1 + load_be<std::uint32_t>(rest.data() + 1);
    if (size < kHeaderBytes + kCountBytes || size > rest.size()) break;
    ByteView row = rest.subspan(kHeaderBytes, size - kHeaderBytes);
    std::size_t count = load_be<std::uint16_t>(row.data());
    row = row.subspan(kCountBytes);
    std::vector<std::optional<std::string>> values;
    for (; values.size() < count && row.size() >= kLengthBytes;) {
      auto length = static_cast<std::int32_t>(load_be<std::uint32_t>(row.data()));
      row = row.subspan(kLengthBytes);
      if (length < 0) {
        values.emplace_back();
        continue;
      }
      std::size_t bytes = std::min(static_cast<std::size_t>(length), row.size());
      values.emplace_back(std::string(as_text(row.subspan(0, bytes))));
      row = row.subspan(bytes);
    }
    all.push_back(std::move(values));
    rest = rest.subspan(size);
  }
  bytes_.clear();
  return all;
}

}  // namespace tarn::flow::publish
