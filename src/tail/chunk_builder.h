// Builds chunks row by row, column by column: append one value (or null) to every column, then the next row.
//
// Nothing is checked per value: the caller gives each column values of its kind, and calls truncate() to take back a
// row that failed half way. Not thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/result.h"
#include "table/schema.h"
#include "tail/chunk_layout.h"
#include "tail/growing.h"
#include "tail/tail.h"

namespace tarn::tail {

class ColumnBuilder {
 public:
  explicit ColumnBuilder(const table::Field& field);

  std::uint32_t length() const { return length_; }
  std::vector<ColumnBuilder>& children() { return children_; }

  // A struct's null also appends a null to each of its fields.
  void append_null();

  void append_bool(bool value) {
    if (length_ % 8 == 0) values_.put(std::uint8_t{0});
    values_.data()[length_ / 8] |= static_cast<std::byte>(value << (length_ % 8));
    end_value();
  }
  // T as wide as the kind: int32 (int, date), int64 (long, time, timestamps), float, double, __int128 (decimal).
  template <class T>
  void append(T value) {
    values_.put(value);
    end_value();
  }
  void append_fixed(const void* value) {  // uuid, fixed
    values_.append(value, width_);
    end_value();
  }
  void append_bytes(const void* value, std::size_t size) {  // string, binary
    bytes_.append(value, size);
    end_bytes();
  }
  // For a value made in place: write up to `size` bytes, then say how many there were.
  std::byte* begin_bytes(std::size_t size) { return bytes_.extend(size); }
  void end_bytes(std::size_t reserved, std::size_t used) {
    bytes_.shrink(bytes_.size() - reserved + used);
    end_bytes();
  }
  // After the fields, or the elements, of one value were appended to the children.
  void end_struct() { end_value(); }
  void end_list() {
    values_.put(static_cast<std::int32_t>(children_[0].length_));
    end_value();
  }

  // Back to the first `length` values.
  void truncate(std::uint32_t length);

  std::size_t node_count() const;
  std::size_t bytes() const;  // of all buffers, nested ones included

 private:
  friend class ChunkBuilder;
  void end_value() {
    if (has_nulls()) set_validity(true);
    ++length_;
  }
  void end_bytes() {
    values_.put(static_cast<std::int32_t>(bytes_.size()));
    end_value();
  }
  bool has_nulls() const { return validity_.size() != 0; }
  void set_validity(bool valid);

  std::int32_t field_id_;
  table::TypeKind kind_;
  std::uint32_t width_;
  std::uint32_t length_ = 0;
  std::uint32_t nulls_ = 0;
  Growing validity_;  // empty until the first null
  Growing values_;    // fixed-width values, bits or offsets
  Growing bytes_;
  std::vector<ColumnBuilder> children_;
};

class ChunkBuilder {
 public:
  // kUnsupported for a map column.
  static Result<ChunkBuilder> make(const table::Schema& schema);

  std::vector<ColumnBuilder>& columns() { return columns_; }
  // Rows that end_row() closed.
  std::uint32_t rows() const { return rows_; }
  std::size_t bytes() const;

  void end_row() { ++rows_; }
  void drop_row() { truncate(rows_); }  // takes back a row begun but not ended
  void truncate(std::uint32_t rows);

  // The rows so far as a chunk. The builder keeps them, so that it can grow and emit a larger one.
  Result<Chunk> emit() const;
  // The same bytes in a vector, for tests.
  Buffer bytes_of_chunk() const;

 private:
  explicit ChunkBuilder(const table::Schema& schema);
  template <class Visit>
  static void for_each_column(const std::vector<ColumnBuilder>& columns, const Visit& visit);
  struct Layout;  // header, nodes and where each buffer goes
  void lay_out(Layout& layout) const;

  SchemaId schema_id_;
  std::vector<ColumnBuilder> columns_;
  std::size_t node_count_ = 0;
  std::uint32_t rows_ = 0;
};

}  // namespace tarn::tail
