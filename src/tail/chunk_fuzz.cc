// Any bytes as a chunk: opening refuses them or every slice stays inside.
#include "tail/chunk_builder.h"
#include "tail/chunk_view.h"

using namespace tarn;

static table::Schema schema() {
  using enum table::TypeKind;
  table::Type list{.kind = kList, .children = {{.id = FieldId(5), .name = "element", .type = {.kind = kString}}}};
  table::Type inner{.kind = kStruct, .children = {{.id = FieldId(4), .name = "tags", .type = list}}};
  return {.id = SchemaId(0),
          .fields = {{.id = FieldId(1), .name = "b", .type = {.kind = kBoolean}},
                     {.id = FieldId(2), .name = "n", .type = {.kind = kLong}},
                     {.id = FieldId(3), .name = "s", .type = inner}}};
}

static unsigned long touch(const ArrowArray& array, std::int64_t from, std::int64_t count, const table::Type& type) {
  unsigned long sum = 0;
  auto at = [&](int buffer, std::int64_t i) { return static_cast<const std::uint8_t*>(array.buffers[buffer])[i]; };
  from += array.offset;
  for (std::int64_t i = from; i < from + count; ++i) {
    if (array.buffers[0]) sum += at(0, i / 8);
    if (type.kind == table::TypeKind::kBoolean) sum += at(1, i / 8);
    if (std::uint32_t width = tail::value_width(type)) sum += at(1, i * width) + at(1, i * width + width - 1);
    if (!tail::has_offsets(type.kind)) continue;
    auto* ends = static_cast<const std::int32_t*>(array.buffers[1]);
    if (type.kind == table::TypeKind::kList)
      sum += touch(*array.children[0], ends[i], ends[i + 1] - ends[i], type.children[0].type);
    else
      for (std::int32_t k = ends[i]; k < ends[i + 1]; ++k) sum += at(2, k);
  }
  if (type.kind == table::TypeKind::kStruct)
    for (std::size_t c = 0; c < type.children.size(); ++c)
      sum += touch(*array.children[c], from, count, type.children[c].type);
  return sum;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const table::Schema kSchema = schema();
  static constexpr std::size_t kColumns[] = {0, 1, 2};
  Buffer bytes(size);  // aligned, as a mapping is
  if (size != 0) std::memcpy(bytes.data(), data, size);
  auto view = tail::ChunkView::of_bytes(bytes, kSchema);
  if (!view) return 0;
  tail::ChunkSlicer slicer(*view, kSchema, kColumns);
  ArrowArray slice = slicer.slice(0, view->rows());
  unsigned long sum = 0;
  for (std::size_t c = 0; c < 3; ++c) sum += touch(*slice.children[c], 0, view->rows(), kSchema.fields[c].type);
  return sum == 0x12345678 ? 1 : 0;
}
