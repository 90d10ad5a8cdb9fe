// One data file as manifests describe it (spec, "data_file" fields 100 to 140) and its travel form.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/codec.h"
#include "base/id.h"

namespace tarn::table {

enum class FileContent : std::uint8_t { kData = 0, kPositionDeletes = 1, kEqualityDeletes = 2 };

struct DataFile {
  FileContent content = FileContent::kData;
  std::string file_path;  // "file:///abs/path", as every location of ours
  std::int64_t record_count = 0;
  Bytes file_size_in_bytes;
  // By leaf field id. Bounds are in the spec's single-value binary form (Appendix D), strings truncated to 16 code
  // points, the upper one rounded up or left out.
  std::map<std::int32_t, std::int64_t> column_sizes;
  std::map<std::int32_t, std::int64_t> value_counts;
  std::map<std::int32_t, std::int64_t> null_value_counts;
  std::map<std::int32_t, std::int64_t> nan_value_counts;
  std::map<std::int32_t, std::string> lower_bounds;
  std::map<std::int32_t, std::string> upper_bounds;
  std::vector<std::int64_t> split_offsets;

  bool operator==(const DataFile&) const = default;
};

// "file:///a/b" of "/a/b" and back; from_uri gives "" for anything else.
std::string to_uri(std::string_view path);
std::string from_uri(std::string_view uri);

void encode(Encoder& encoder, const DataFile& file);
DataFile decode_data_file(Decoder& decoder);

}  // namespace tarn::table
