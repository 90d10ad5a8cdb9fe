#include <doctest/doctest.h>

#include <random>

#include "base/uuid.h"
#include "tail/chunk_builder.h"
#include "tail/chunk_view.h"

namespace tarn::tail {
namespace {

using table::Field;
using table::Type;
using enum table::TypeKind;

Field field(int id, const char* name, Type type) { return {.id = FieldId(id), .name = name, .type = std::move(type)}; }

table::Schema nested_schema() {
  Type list{.kind = kList, .children = {field(12, "element", {.kind = kString})}};
  Type inner{.kind = kStruct, .children = {field(10, "n", {.kind = kLong}), field(11, "tags", list)}};
  return {.id = SchemaId(3),
          .fields = {field(1, "flag", {.kind = kBoolean}), field(2, "n", {.kind = kInt}),
                     field(3, "name", {.kind = kString}), field(4, "id", {.kind = kUuid}), field(5, "s", inner)}};
}

// Row i: every third value null, in every column in turn.
void add_row(ChunkBuilder& builder, int i) {
  auto& columns = builder.columns();
  if (i % 3 == 0)
    columns[0].append_null();
  else
    columns[0].append_bool(i % 2);
  if (i % 3 == 1)
    columns[1].append_null();
  else
    columns[1].append(std::int32_t{i});
  std::string name = "row " + std::to_string(i);
  if (i % 3 == 2)
    columns[2].append_null();
  else
    columns[2].append_bytes(name.data(), name.size());
  Uuid uuid;
  uuid.bytes[15] = static_cast<std::byte>(i);
  columns[3].append_fixed(uuid.bytes.data());
  if (i % 3 == 0) {
    columns[4].append_null();
  } else {
    auto& inner = columns[4].children();
    inner[0].append(std::int64_t{i} * 1000);
    for (int k = 0; k < i % 5; ++k) inner[1].children()[0].append_bytes("tag", 3);
    inner[1].end_list();
    columns[4].end_struct();
  }
  builder.end_row();
}

bool is_null(const ArrowArray& array, std::int64_t i) {
  auto* validity = static_cast<const std::uint8_t*>(array.buffers[0]);
  i += array.offset;
  return validity && !(validity[i / 8] >> (i % 8) & 1);
}

void check_row(const ArrowArray& slice, std::int64_t at, int i) {
  const ArrowArray& flag = *slice.children[0];
  CHECK(is_null(flag, at) == (i % 3 == 0));
  std::int64_t bit = at + flag.offset;
  if (i % 3 != 0) CHECK((static_cast<const std::uint8_t*>(flag.buffers[1])[bit / 8] >> (bit % 8) & 1) == i % 2);
  const ArrowArray& n = *slice.children[1];
  CHECK(is_null(n, at) == (i % 3 == 1));
  if (i % 3 != 1) CHECK(static_cast<const std::int32_t*>(n.buffers[1])[at + n.offset] == i);
  const ArrowArray& name = *slice.children[2];
  CHECK(is_null(name, at) == (i % 3 == 2));
  auto* ends = static_cast<const std::int32_t*>(name.buffers[1]) + name.offset + at;
  std::string text(static_cast<const char*>(name.buffers[2]) + ends[0], static_cast<std::size_t>(ends[1] - ends[0]));
  CHECK(text == (i % 3 == 2 ? "" : "row " + std::to_string(i)));
  const ArrowArray& s = *slice.children[4];
  CHECK(is_null(s, at) == (i % 3 == 0));
  const ArrowArray& tags = *s.children[1];
  auto* list = static_cast<const std::int32_t*>(tags.buffers[1]) + s.offset + at;
  CHECK(list[1] - list[0] == (i % 3 == 0 ? 0 : i % 5));
}

constexpr std::size_t kAll[] = {0, 1, 2, 3, 4};

TEST_CASE("a chunk gives back, slice by slice, the rows that were put in") {
  table::Schema schema = nested_schema();
  ChunkBuilder builder = *ChunkBuilder::make(schema);
  for (int i = 0; i < 5000; ++i) add_row(builder, i);
  Chunk chunk = *builder.emit();
  CHECK(chunk.rows == 5000);
  auto view = ChunkView::map(chunk.file.get(), schema);
  REQUIRE(view);
  CHECK(view->rows() == 5000);
  ChunkSlicer slicer(*view, schema, kAll);
  for (std::uint32_t from = 0; from < 5000; from += 2048) {
    std::uint32_t count = std::min(2048u, 5000 - from);
    ArrowArray slice = slicer.slice(from, count);
    for (std::uint32_t i = 0; i < count; ++i) check_row(slice, i, static_cast<int>(from + i));
  }
}

TEST_CASE("a row taken back leaves no trace, wherever it stopped") {
  table::Schema schema = nested_schema();
  ChunkBuilder builder = *ChunkBuilder::make(schema);
  ChunkBuilder clean = *ChunkBuilder::make(schema);
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    ChunkBuilder broken = *ChunkBuilder::make(schema);
    switch (random() % 4) {
      case 0: builder.columns()[0].append_null(); [[fallthrough]];
      case 1: builder.columns()[2].append_bytes("half", 4); break;
      case 2: builder.columns()[4].children()[1].children()[0].append_bytes("x", 1); [[fallthrough]];
      case 3: builder.columns()[4].children()[0].append(std::int64_t{1}); break;
    }
    builder.drop_row();
    add_row(builder, i);
    add_row(clean, i);
  }
  CHECK(builder.bytes_of_chunk() == clean.bytes_of_chunk());
  builder.truncate(100);
  ChunkBuilder hundred = *ChunkBuilder::make(schema);
  for (int i = 0; i < 100; ++i) add_row(hundred, i);
  CHECK(builder.bytes_of_chunk() == hundred.bytes_of_chunk());
}

TEST_CASE("a chunk whose bytes were changed is refused or stays within its bounds") {
  table::Schema schema = nested_schema();
  ChunkBuilder builder = *ChunkBuilder::make(schema);
  for (int i = 0; i < 50; ++i) add_row(builder, i);
  Buffer good = builder.bytes_of_chunk();
  REQUIRE(ChunkView::of_bytes(good, schema));
  for (std::size_t size = 0; size < good.size(); size += 7) {
    Buffer cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(ChunkView::of_bytes(cut, schema));
  }
  table::Schema other = schema;
  other.fields[1].id = FieldId(99);
  CHECK_FALSE(ChunkView::of_bytes(good, other));
  other = schema;
  other.fields.pop_back();
  CHECK_FALSE(ChunkView::of_bytes(good, other));
}

TEST_CASE("no rows make a chunk too") {
  table::Schema schema = nested_schema();
  ChunkBuilder builder = *ChunkBuilder::make(schema);
  Chunk chunk = *builder.emit();
  auto view = ChunkView::map(chunk.file.get(), schema);
  REQUIRE(view);
  CHECK(view->rows() == 0);
}

}  // namespace
}  // namespace tarn::tail
