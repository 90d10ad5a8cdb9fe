#include "tail/chunk_view.h"

#include <fmt/format.h>

#include <cstring>

#include "base/assert.h"

namespace tarn::tail {

// Goes through schema and nodes side by side.
struct ChunkView::Checker {
  ChunkView& view;
  std::size_t next = 0;

  static std::unexpected<Error> bad(const char* what) {
    return fail(Code::kCorruption, fmt::format("a chunk does not hold together: {}", what));
  }

  Result<void> buffer(const ChunkBuffer& buffer, std::uint64_t need) const {
    if (buffer.bytes < need) return bad("a buffer is too short");
    if (buffer.bytes == 0) return {};
    if (buffer.offset % kBufferAlignment != 0) return bad("a buffer is not aligned");
    if (buffer.offset > view.bytes_.size() || view.bytes_.size() - buffer.offset < buffer.bytes)
      return bad("a buffer is outside the file");
    return {};
  }

  // Checks length + 1 ascending offsets from 0; gives the last.
  Result<std::uint32_t> offsets(const ChunkNode& node) const {
    TARN_TRY(buffer(node.buffers[1], (std::uint64_t{node.length} + 1) * 4));
    auto* offsets = reinterpret_cast<const std::int32_t*>(view.bytes_.data() + node.buffers[1].offset);
    bool ascending = offsets[0] == 0;
    for (std::uint32_t i = 0; i < node.length; ++i) ascending &= offsets[i] <= offsets[i + 1];
    if (!ascending) return bad("offsets are not ascending");
    return static_cast<std::uint32_t>(offsets[node.length]);
  }

  Result<void> field(const table::Field& field, std::uint32_t length) {
    if (next == view.nodes_.size()) return bad("it has fewer fields than its schema");
    const ChunkNode& node = view.nodes_[next++];
    const table::Type& type = field.type;
    if (node.field_id != field.id.value() || node.kind != static_cast<std::uint32_t>(type.kind))
      return bad("its fields are not its schema's");
    if (node.length != length) return bad("columns differ in length");
    if (node.nulls > length) return bad("more nulls than values");
    if (node.nulls > 0) TARN_TRY(buffer(node.buffers[0], (std::uint64_t{length} + 7) / 8));
    switch (type.kind) {
      case table::TypeKind::kMap: return bad("it has a map");
      case table::TypeKind::kStruct:
        for (const table::Field& child : type.children) TARN_TRY(this->field(child, length));
        return {};
      case table::TypeKind::kList: {
        TARN_ASSIGN(std::uint32_t elements, offsets(node));
        if (type.children.size() != 1) return bad("a list without an element");
        return this->field(type.children[0], elements);
      }
      case table::TypeKind::kString:
      case table::TypeKind::kBinary: {
        TARN_ASSIGN(std::uint32_t bytes, offsets(node));
        return buffer(node.buffers[2], bytes);
      }
      case table::TypeKind::kBoolean: return buffer(node.buffers[1], (std::uint64_t{length} + 7) / 8);
      default: return buffer(node.buffers[1], std::uint64_t{length} * value_width(type));
    }
  }
};

Result<void> ChunkView::check(const table::Schema& schema) {
  if (bytes_.size() < sizeof header_) return Checker::bad("it is too short");
  std::memcpy(&header_, bytes_.data(), sizeof header_);
  if (header_.magic != kChunkMagic) return Checker::bad("it does not begin as a chunk");
  if (header_.bytes != bytes_.size() || header_.rows > kChunkRowsMax) return Checker::bad("a length is impossible");
  if (header_.node_count > (bytes_.size() - sizeof header_) / sizeof(ChunkNode)) return Checker::bad("it is too short");
  if (header_.schema_id != schema.id.value()) return Checker::bad("it is of another schema");
  nodes_.resize(header_.node_count);
  if (!nodes_.empty()) std::memcpy(nodes_.data(), bytes_.data() + sizeof header_, nodes_.size() * sizeof(ChunkNode));
  Checker checker{*this};
  for (const table::Field& field : schema.fields) {
    columns_.push_back(checker.next);
    TARN_TRY(checker.field(field, header_.rows));
  }
  if (checker.next != nodes_.size()) return Checker::bad("it has more fields than its schema");
  return {};
}

Result<ChunkView> ChunkView::map(int descriptor, const table::Schema& schema) {
  ChunkView view;
  TARN_ASSIGN(view.mapping_, host::map_memory_file(descriptor));
  view.bytes_ = view.mapping_.bytes();
  TARN_TRY(view.check(schema));
  return view;
}

Result<ChunkView> ChunkView::of_bytes(ByteView bytes, const table::Schema& schema) {
  ChunkView view;
  view.bytes_ = bytes;
  TARN_TRY(view.check(schema));
  return view;
}

namespace {

void keep_array(ArrowArray* array) { array->release = nullptr; }
void keep_schema(ArrowSchema* schema) { schema->release = nullptr; }

std::string arrow_format(const table::Type& type) {
  using enum table::TypeKind;
  switch (type.kind) {
    case kBoolean: return "b";
    case kInt: return "i";
    case kLong: return "l";
    case kFloat: return "f";
    case kDouble: return "g";
    case kDecimal: return fmt::format("d:{},{}", type.precision, type.scale);
    case kDate: return "tdD";
    case kTime: return "ttu";
    case kTimestamp: return "tsu:";
    case kTimestamptz: return "tsu:UTC";
    case kString: return "u";
    case kUuid: return "w:16";
    case kFixed: return fmt::format("w:{}", type.length);
    case kBinary: return "z";
    case kStruct: return "+s";
    case kList: return "+l";
    case kMap: return "+m";
  }
  return {};
}

// Arrow's metadata: a count, then length-prefixed keys and values, in native byte order.
std::string extension_metadata(std::string_view extension) {
  std::string out;
  auto number = [&](std::int32_t value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); };
  auto text = [&](std::string_view value) {
    number(static_cast<std::int32_t>(value.size()));
    out += value;
  };
  number(1);
  text("ARROW:extension:name");
  text(extension);
  return out;
}

}  // namespace

ChunkSlicer::ChunkSlicer(const ChunkView& view, const table::Schema& schema, std::span<const std::size_t> columns) {
  for (std::size_t column : columns) {
    std::size_t node = view.columns_[column];
    columns_.push_back(add(view, schema.fields[column].type, node));
  }
}

ArrowArray* ChunkSlicer::add(const ChunkView& view, const table::Type& type, std::size_t& node) {
  const ChunkNode& from = view.nodes_[node++];
  Node& to = *nodes_.emplace_back(std::make_unique<Node>());
  for (int i = 0; i < 3; ++i) {
    if (from.buffers[i].bytes != 0) to.buffers[i] = view.bytes_.data() + from.buffers[i].offset;
  }
  if (from.nulls == 0) to.buffers[0] = nullptr;
  for (const table::Field& child : type.children) to.children.push_back(add(view, child.type, node));
  to.array = {.length = from.length,
              .null_count = from.nulls,
              .offset = 0,
              .n_buffers = type.kind == table::TypeKind::kStruct                                            ? 1
                           : type.kind == table::TypeKind::kString || type.kind == table::TypeKind::kBinary ? 3
                                                                                                            : 2,
              .n_children = static_cast<std::int64_t>(to.children.size()),
              .buffers = to.buffers,
              .children = to.children.data(),
              .dictionary = nullptr,
              .release = keep_array,
              .private_data = nullptr};
  return &to.array;
}

ArrowArray ChunkSlicer::slice(std::uint32_t from, std::uint32_t count) {
  for (ArrowArray* column : columns_) {
    column->offset = from;
    column->length = count;
    if (column->null_count != 0) column->null_count = -1;  // not known for a part
    column->release = keep_array;
  }
  return {.length = count,
          .null_count = 0,
          .offset = 0,
          .n_buffers = 1,
          .n_children = static_cast<std::int64_t>(columns_.size()),
          .buffers = no_validity_,
          .children = columns_.data(),
          .dictionary = nullptr,
          .release = keep_array,
          .private_data = nullptr};
}

ArrowSchemaTree::ArrowSchemaTree(const table::Schema& schema, std::span<const std::size_t> columns) {
  Node& root = new_node("", "+s");
  for (std::size_t column : columns) root.children.push_back(add(schema.fields[column]));
  root.schema.n_children = static_cast<std::int64_t>(root.children.size());
  root.schema.children = root.children.data();
  root_ = &root.schema;
}

ArrowSchemaTree::Node& ArrowSchemaTree::new_node(std::string name, std::string format) {
  Node& node = *nodes_.emplace_back(std::make_unique<Node>());
  node.name = std::move(name);
  node.format = std::move(format);
  node.schema.name = node.name.c_str();
  node.schema.format = node.format.c_str();
  node.schema.flags = ARROW_FLAG_NULLABLE;
  node.schema.release = keep_schema;
  return node;
}

ArrowSchema* ArrowSchemaTree::add(const table::Field& field) {
  Node& node = new_node(field.name, arrow_format(field.type));
  if (field.type.kind == table::TypeKind::kUuid) {
    node.metadata = extension_metadata("arrow.uuid");
    node.schema.metadata = node.metadata.c_str();
  }
  for (const table::Field& child : field.type.children) node.children.push_back(add(child));
  node.schema.n_children = static_cast<std::int64_t>(node.children.size());
  node.schema.children = node.children.data();
  return &node.schema;
}

}  // namespace tarn::tail
