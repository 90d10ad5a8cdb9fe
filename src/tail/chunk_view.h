// A chunk as its readers see it: checked once against its schema and its own length, then handed out as Arrow arrays
// that point into the mapping, without a copy.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/memory_file.h"
#include "table/schema.h"
#include "tail/arrow.h"
#include "tail/chunk_layout.h"

namespace tarn::tail {

// Immutable; any number of threads.
class ChunkView {
 public:
  // Maps a chunk's sealed file, or takes bytes that outlive the view (tests). kCorruption if any length, offset or
  // count does not fit the file, or the nodes are not those of `schema`.
  static Result<ChunkView> map(int descriptor, const table::Schema& schema);
  static Result<ChunkView> of_bytes(ByteView bytes, const table::Schema& schema);

  std::uint32_t rows() const { return header_.rows; }
  SchemaId schema() const { return SchemaId(header_.schema_id); }

 private:
  friend class ChunkSlicer;
  struct Checker;
  ChunkView() = default;
  Result<void> check(const table::Schema& schema);

  host::Mapping mapping_;
  ByteView bytes_;
  ChunkHeader header_;
  std::vector<ChunkNode> nodes_;      // pre-order
  std::vector<std::size_t> columns_;  // index in nodes_ of each top-level field
};

// Slices of some columns of a chunk as one Arrow struct array. The array and what it points to belong to the slicer and
// the view; release() is a no-op, so both have to outlive every use. One slicer per thread.
class ChunkSlicer {
 public:
  ChunkSlicer(const ChunkView& view, const table::Schema& schema, std::span<const std::size_t> columns);
  // Rows [from, from + count), within the chunk.
  ArrowArray slice(std::uint32_t from, std::uint32_t count);

 private:
  struct Node {
    ArrowArray array{};
    const void* buffers[3] = {};
    std::vector<ArrowArray*> children;
  };
  ArrowArray* add(const ChunkView& view, const table::Type& type, std::size_t& node);

  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<ArrowArray*> columns_;
  const void* no_validity_[1] = {nullptr};
};

// The Arrow schema that goes with the arrays of a ChunkSlicer over the same columns; owned by this object.
class ArrowSchemaTree {
 public:
  ArrowSchemaTree(const table::Schema& schema, std::span<const std::size_t> columns);
  ArrowSchema* root() { return root_; }

 private:
  struct Node {
    ArrowSchema schema{};
    std::string format;
    std::string name;
    std::string metadata;
    std::vector<ArrowSchema*> children;
  };
  ArrowSchema* add(const table::Field& field);
  Node& new_node(std::string name, std::string format);

  std::vector<std::unique_ptr<Node>> nodes_;
  ArrowSchema* root_;
};

}  // namespace tarn::tail
