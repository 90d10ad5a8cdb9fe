// Any bytes read as table metadata end in metadata that survives its own JSON form, or in an error.
#include <cstring>

#include "base/assert.h"
#include "table/metadata.h"
#include "table/plan.h"

namespace {

using namespace tarn::table;

// Where mutations begin: bytes at random would never become metadata.
const std::string& whole_metadata() {
  static const std::string json = [] {
    TableMetadata metadata = new_table_metadata(
        {}, "file:///d", {{.name = "a", .type = *parse_type("struct<x: list<int>, y: decimal(9,2)>")}}, {{"k", "v"}},
        tarn::TimestampMs(1));
    Snapshot snapshot{.id = tarn::SnapshotId(7), .manifest_list = "file:///d/l", .summary = {{"operation", "append"}}};
    return to_json(with_snapshot(metadata, snapshot, {.snapshots_max = 1}));
  }();
  return json;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int) {
  const std::string& whole = whole_metadata();
  if (size < 100 && whole.size() <= max_size) {
    std::memcpy(data, whole.data(), whole.size());
    size = whole.size();
  }
  return LLVMFuzzerMutate(data, size, max_size);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto metadata = parse_metadata({reinterpret_cast<const char*>(data), size});
  if (!metadata) return 0;
  auto again = parse_metadata(to_json(*metadata));
  TARN_ASSERT(again.has_value());
  TARN_ASSERT(again->schemas == metadata->schemas);
  return 0;
}
