#include "tail/chunk_builder.h"

#include <fmt/format.h>

#include <bit>

#include "host/memory_file.h"

namespace tarn::tail {
namespace {

bool has_map(const std::vector<table::Field>& fields) {
  for (const table::Field& field : fields) {
    if (field.type.kind == table::TypeKind::kMap || has_map(field.type.children)) return true;
  }
  return false;
}

constexpr std::uint64_t align(std::uint64_t at) { return (at + kBufferAlignment - 1) & ~(kBufferAlignment - 1); }

std::uint32_t count_nulls(const std::byte* validity, std::uint32_t from, std::uint32_t to) {
  std::uint32_t nulls = 0;
  for (std::uint32_t i = from; i < to; ++i) nulls += !(static_cast<unsigned>(validity[i / 8]) >> (i % 8) & 1);
  return nulls;
}

}  // namespace

ColumnBuilder::ColumnBuilder(const table::Field& field)
    : field_id_(field.id.value()), kind_(field.type.kind), width_(value_width(field.type)) {
  if (has_offsets(kind_)) values_.put(std::int32_t{0});
  children_.reserve(field.type.children.size());
  for (const table::Field& child : field.type.children) children_.emplace_back(child);
}

void ColumnBuilder::set_validity(bool valid) {
  if (!has_nulls()) {  // the first null: all before it are valid
    std::size_t bytes = length_ / 8 + 1;
    std::memset(validity_.extend(bytes), 0xFF, bytes);
  } else if (length_ % 8 == 0) {
    validity_.put(std::uint8_t{0xFF});
  }
  if (!valid) validity_.data()[length_ / 8] &= ~static_cast<std::byte>(1u << (length_ % 8));
}

void ColumnBuilder::append_null() {
  set_validity(false);
  ++nulls_;
  switch (kind_) {
    case table::TypeKind::kBoolean:
      if (length_ % 8 == 0) values_.put(std::uint8_t{0});
      break;
    case table::TypeKind::kString:
    case table::TypeKind::kBinary: values_.put(static_cast<std::int32_t>(bytes_.size())); break;
    case table::TypeKind::kList: values_.put(static_cast<std::int32_t>(children_[0].length_)); break;
    case table::TypeKind::kStruct:
      for (ColumnBuilder& child : children_) child.append_null();
      break;
    default: std::memset(values_.extend(width_), 0, width_);
  }
  ++length_;
}

void ColumnBuilder::truncate(std::uint32_t length) {
  if (length < length_) {
    if (has_nulls()) nulls_ -= count_nulls(validity_.data(), length, length_);
    // A value's validity byte is begun with its first bit, so bits past the end must read as valid.
    if (has_nulls() && length % 8 != 0) validity_.data()[length / 8] |= static_cast<std::byte>(0xFFu << (length % 8));
    if (has_nulls()) validity_.shrink((length + 7) / 8);
    if (kind_ == table::TypeKind::kBoolean) {
      values_.shrink((length + 7) / 8);
      if (length % 8 != 0) values_.data()[length / 8] &= static_cast<std::byte>(0xFFu >> (8 - length % 8));
    } else if (has_offsets(kind_)) {
      values_.shrink((std::size_t{length} + 1) * 4);
    } else {
      values_.shrink(std::size_t{length} * width_);
    }
    length_ = length;
  }
  // Children may be ahead of us: a value whose fields were begun but that was never ended.
  if (kind_ == table::TypeKind::kStruct) {
    for (ColumnBuilder& child : children_) child.truncate(length_);
  } else if (has_offsets(kind_)) {
    std::int32_t end;
    std::memcpy(&end, values_.data() + std::size_t{length_} * 4, sizeof end);
    if (kind_ == table::TypeKind::kList)
      children_[0].truncate(static_cast<std::uint32_t>(end));
    else
      bytes_.shrink(static_cast<std::size_t>(end));
  }
}

std::size_t ColumnBuilder::node_count() const {
  std::size_t count = 1;
  for (const ColumnBuilder& child : children_) count += child.node_count();
  return count;
}

std::size_t ColumnBuilder::bytes() const {
  std::size_t total = validity_.size() + values_.size() + bytes_.size();
  for (const ColumnBuilder& child : children_) total += child.bytes();
  return total;
}

Result<ChunkBuilder> ChunkBuilder::make(const table::Schema& schema) {
  if (has_map(schema.fields)) return fail(Code::kUnsupported, "a chunk has no map columns");
  return ChunkBuilder(schema);
}

ChunkBuilder::ChunkBuilder(const table::Schema& schema) : schema_id_(schema.id) {
  columns_.reserve(schema.fields.size());
  for (const table::Field& field : schema.fields) {
    columns_.emplace_back(field);
    node_count_ += columns_.back().node_count();
  }
}

std::size_t ChunkBuilder::bytes() const {
  std::size_t total = 0;
  for (const ColumnBuilder& column : columns_) total += column.bytes();
  return total;
}

void ChunkBuilder::truncate(std::uint32_t rows) {
  rows_ = rows;
  for (ColumnBuilder& column : columns_) column.truncate(rows);
}

// In pre-order: the one order of nodes and buffers.
template <class Visit>
void ChunkBuilder::for_each_column(const std::vector<ColumnBuilder>& columns, const Visit& visit) {
  for (const ColumnBuilder& column : columns) {
    visit(column);
    for_each_column(column.children_, visit);
  }
}

// A chunk file as pieces that follow one another: header and nodes here, buffers in the columns. Does not move.
struct ChunkBuilder::Layout {
  ChunkHeader header;
  std::vector<ChunkNode> nodes;
  std::vector<ByteView> pieces;
  std::uint64_t bytes = 0;

  void add(ByteView piece) {
    if (piece.empty()) return;
    pieces.push_back(piece);
    bytes += piece.size();
  }
  void pad() {
    static constexpr std::byte kZeros[kBufferAlignment] = {};
    add(ByteView(kZeros).first(align(bytes) - bytes));
  }
  ChunkBuffer add_buffer(const Growing& content) {
    if (content.size() == 0) return {};
    pad();
    ChunkBuffer buffer{bytes, content.size()};
    add(content.view());
    return buffer;
  }
};

void ChunkBuilder::lay_out(Layout& layout) const {
  layout.nodes.resize(node_count_);
  layout.add(std::as_bytes(std::span(&layout.header, 1)));
  layout.add(std::as_bytes(std::span(layout.nodes)));
  auto node = layout.nodes.begin();
  for_each_column(columns_, [&](const ColumnBuilder& column) {
    node->field_id = column.field_id_;
    node->kind = static_cast<std::uint32_t>(column.kind_);
    node->length = column.length_;
    node->nulls = column.nulls_;
    if (column.nulls_ != 0) node->buffers[0] = layout.add_buffer(column.validity_);
    node->buffers[1] = layout.add_buffer(column.values_);
    node->buffers[2] = layout.add_buffer(column.bytes_);
    ++node;
  });
  layout.pad();
  layout.header = {.rows = rows_,
                   .schema_id = schema_id_.value(),
                   .node_count = static_cast<std::uint32_t>(node_count_),
                   .bytes = layout.bytes};
}

Result<Chunk> ChunkBuilder::emit() const {
  Layout layout;
  lay_out(layout);
  if (layout.bytes > kChunkBytesMax || rows_ > kChunkRowsMax)
    return fail(Code::kLimit, fmt::format("a chunk of {} rows and {} bytes is past {} rows or {} bytes", rows_,
                                          layout.bytes, kChunkRowsMax, kChunkBytesMax));
  Chunk chunk{.size = Bytes(layout.bytes), .rows = rows_, .schema = schema_id_};
  TARN_ASSIGN(chunk.file, host::make_sealed_memory_file("tarn-chunk", layout.pieces));
  return chunk;
}

Buffer ChunkBuilder::bytes_of_chunk() const {
  Layout layout;
  lay_out(layout);
  Buffer out;
  for (ByteView piece : layout.pieces) out.insert(out.end(), piece.begin(), piece.end());
  return out;
}

}  // namespace tarn::tail
