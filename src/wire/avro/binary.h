// Avro's binary encoding (Apache Avro 1.11 specification, "Binary Encoding") of values that a schema describes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/avro/schema.h"

namespace tarn::wire::avro {

// A value of any schema:
//   null: monostate       boolean: bool       int, long: int64       float, double: double
//   bytes, string, fixed: string              enum: the symbol's index, int64
//   record: one value a field, in order       array: its items       map: keys and values in turn, keys strings
//   union: the branch's value alone
struct Value : std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<Value>> {
  using variant::variant;
  using List = std::vector<Value>;

  bool is_null() const { return std::holds_alternative<std::monostate>(*this); }
  bool boolean() const { return std::get<bool>(*this); }
  std::int64_t integer() const { return std::get<std::int64_t>(*this); }
  double real() const { return std::get<double>(*this); }
  const std::string& text() const { return std::get<std::string>(*this); }
  const List& list() const { return std::get<List>(*this); }
};

// Appends the encoding of `value`. A union takes its first branch that fits the value's kind.
// kInvalidArgument if the value does not fit the schema.
Result<void> encode(const Schema& schema, const Value& value, Buffer& out);

// Takes values from the front of a buffer. After an error its position means nothing.
class BinaryReader {
 public:
  // `values_max` bounds what may be made of the input, so that a hostile array of nulls can't fill the memory.
  BinaryReader(ByteView input, std::size_t values_max) : input_(input), values_left_(values_max) {}

  // kCorruption if the bytes don't encode a value of the schema, kLimit past values_max or kDepthMax.
  Result<Value> read(const Schema& schema);
  Result<std::int64_t> read_long();
  Result<ByteView> read_bytes(std::int64_t size);

  bool at_end() const { return at_ == input_.size(); }
  std::size_t left() const { return input_.size() - at_; }

 private:
  Result<Value> read(const Schema& schema, std::size_t index, int depth);
  Result<Value> read_primitive(const Node& node);
  Result<Value> read_blocks(const Schema& schema, const Node& node, int depth);

  ByteView input_;
  std::size_t at_ = 0;
  std::size_t values_left_;
};

// Zig-zag variable-length int and long.
void put_long(Buffer& out, std::int64_t value);

}  // namespace tarn::wire::avro
