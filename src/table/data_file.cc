#include "table/data_file.h"

namespace tarn::table {
namespace {

constexpr std::string_view kScheme = "file://";

void put_value(Encoder& encoder, std::int64_t value) { encoder.put(value); }
void put_value(Encoder& encoder, const std::string& value) { encoder.put(value); }
void get_value(Decoder& decoder, std::int64_t& value) { value = decoder.get<std::int64_t>(); }
void get_value(Decoder& decoder, std::string& value) { value = decoder.get_string(); }

template <class Value>
void encode_map(Encoder& encoder, const std::map<std::int32_t, Value>& map) {
  encoder.put(static_cast<std::uint32_t>(map.size()));
  for (const auto& [id, value] : map) {
    encoder.put(id);
    put_value(encoder, value);
  }
}

template <class Value>
void decode_map(Decoder& decoder, std::map<std::int32_t, Value>& map) {
  std::uint32_t count = decoder.get_count(8);
  for (std::uint32_t i = 0; i < count && decoder.ok(); ++i) {
    std::int32_t id = decoder.get<std::int32_t>();
    get_value(decoder, map[id]);
  }
}

}  // namespace

std::string to_uri(std::string_view path) { return std::string(kScheme).append(path); }

std::string from_uri(std::string_view uri) {
  if (!uri.starts_with(kScheme) || !uri.substr(kScheme.size()).starts_with('/')) return "";
  return std::string(uri.substr(kScheme.size()));
}

void encode(Encoder& encoder, const DataFile& file) {
  encoder.put(static_cast<std::uint8_t>(file.content));
  encoder.put(file.file_path);
  encoder.put(file.record_count);
  encoder.put(file.file_size_in_bytes);
  encode_map(encoder, file.column_sizes);
  encode_map(encoder, file.value_counts);
  encode_map(encoder, file.null_value_counts);
  encode_map(encoder, file.nan_value_counts);
  encode_map(encoder, file.lower_bounds);
  encode_map(encoder, file.upper_bounds);
  encoder.put(static_cast<std::uint32_t>(file.split_offsets.size()));
  for (std::int64_t offset : file.split_offsets) encoder.put(offset);
}

DataFile decode_data_file(Decoder& decoder) {
  DataFile file;
  std::uint8_t content = decoder.get<std::uint8_t>();
  if (content > static_cast<std::uint8_t>(FileContent::kEqualityDeletes)) decoder.mark_bad();
  file.content = static_cast<FileContent>(content);
  file.file_path = decoder.get_string();
  file.record_count = decoder.get<std::int64_t>();
  file.file_size_in_bytes = Bytes(decoder.get<std::uint64_t>());
  decode_map(decoder, file.column_sizes);
  decode_map(decoder, file.value_counts);
  decode_map(decoder, file.null_value_counts);
  decode_map(decoder, file.nan_value_counts);
  decode_map(decoder, file.lower_bounds);
  decode_map(decoder, file.upper_bounds);
  std::uint32_t offsets = decoder.get_count(8);
  file.split_offsets.reserve(offsets);
  for (std::uint32_t i = 0; i < offsets; ++i) file.split_offsets.push_back(decoder.get<std::int64_t>());
  return file;
}

}  // namespace tarn::table
