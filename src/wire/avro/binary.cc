#include "wire/avro/binary.h"

#include <fmt/format.h>

#include <bit>

#include "base/endian.h"

namespace tarn::wire::avro {
namespace {

std::unexpected<Error> corrupt(std::string_view why) {
  return fail(Code::kCorruption, fmt::format("Avro data: {}", why));
}

std::unexpected<Error> misfit(const Node& node) {
  return fail(Code::kInvalidArgument, fmt::format("Avro: a value does not fit its type (kind {}, name \"{}\")",
                                                  static_cast<int>(node.kind), node.name));
}

bool fits(const Node& node, const Value& value) {
  switch (node.kind) {
    case Kind::kNull: return value.is_null();
    case Kind::kBoolean: return std::holds_alternative<bool>(value);
    case Kind::kInt:
    case Kind::kLong:
    case Kind::kEnum: return std::holds_alternative<std::int64_t>(value);
    case Kind::kFloat:
    case Kind::kDouble: return std::holds_alternative<double>(value);
    case Kind::kBytes:
    case Kind::kString: return std::holds_alternative<std::string>(value);
    case Kind::kFixed: return std::holds_alternative<std::string>(value) && value.text().size() == node.size;
    case Kind::kRecord: return std::holds_alternative<Value::List>(value) && value.list().size() == node.fields.size();
    case Kind::kArray:
    case Kind::kMap: return std::holds_alternative<Value::List>(value);
    case Kind::kUnion: return true;
  }
  return false;
}

void put_raw(Buffer& out, std::string_view text) {
  ByteView bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

template <std::integral T>
void put_le(Buffer& out, T bits) {
  std::size_t at = out.size();
  out.resize(at + sizeof bits);
  store_le<T>(out.data() + at, bits);
}

Result<void> encode_node(const Schema& schema, const Node& node, const Value& value, Buffer& out);

Result<void> encode_union(const Schema& schema, const Node& node, const Value& value, Buffer& out) {
  for (std::size_t i = 0; i < node.branches.size(); ++i) {
    const Node& branch = schema.node(node.branches[i]);
    if (!fits(branch, value)) continue;
    put_long(out, static_cast<std::int64_t>(i));
    return encode_node(schema, branch, value, out);
  }
  return misfit(node);
}

Result<void> encode_list(const Schema& schema, const Node& node, const Value::List& list, Buffer& out) {
  bool is_map = node.kind == Kind::kMap;
  std::size_t step = is_map ? 2 : 1;
  if (list.size() % step != 0) return misfit(node);
  if (!list.empty()) put_long(out, static_cast<std::int64_t>(list.size() / step));
  for (std::size_t i = 0; i < list.size(); i += step) {
    if (is_map) {
      if (!std::holds_alternative<std::string>(list[i])) return misfit(node);
      put_long(out, static_cast<std::int64_t>(list[i].text().size()));
      put_raw(out, list[i].text());
    }
    TARN_TRY(encode_node(schema, schema.node(node.items), list[i + step - 1], out));
  }
  put_long(out, 0);
  return {};
}

Result<void> encode_node(const Schema& schema, const Node& node, const Value& value, Buffer& out) {
  if (!fits(node, value)) return misfit(node);
  switch (node.kind) {
    case Kind::kNull: break;
    case Kind::kBoolean: out.push_back(static_cast<std::byte>(value.boolean())); break;
    case Kind::kInt:
    case Kind::kLong:
    case Kind::kEnum: put_long(out, value.integer()); break;
    case Kind::kFloat: put_le(out, std::bit_cast<std::uint32_t>(static_cast<float>(value.real()))); break;
    case Kind::kDouble: put_le(out, std::bit_cast<std::uint64_t>(value.real())); break;
    case Kind::kBytes:
    case Kind::kString: put_long(out, static_cast<std::int64_t>(value.text().size())); [[fallthrough]];
    case Kind::kFixed: put_raw(out, value.text()); break;
    case Kind::kRecord:
      for (std::size_t i = 0; i < node.fields.size(); ++i)
        TARN_TRY(encode_node(schema, schema.node(node.fields[i].node), value.list()[i], out));
      break;
    case Kind::kArray:
    case Kind::kMap: return encode_list(schema, node, value.list(), out);
    case Kind::kUnion: return encode_union(schema, node, value, out);
  }
  return {};
}

}  // namespace

void put_long(Buffer& out, std::int64_t value) {
  std::uint64_t zigzag = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (; zigzag >= 0x80; zigzag >>= 7) out.push_back(static_cast<std::byte>(zigzag | 0x80));
  out.push_back(static_cast<std::byte>(zigzag));
}

Result<void> encode(const Schema& schema, const Value& value, Buffer& out) {
  return encode_node(schema, schema.root(), value, out);
}

Result<std::int64_t> BinaryReader::read_long() {
  std::uint64_t zigzag = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (at_ == input_.size()) return corrupt("ends inside a number");
    auto byte = std::to_integer<std::uint64_t>(input_[at_++]);
    zigzag |= (byte & 0x7F) << shift;
    if (byte < 0x80) return static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
  }
  return corrupt("a number is longer than 64 bits");
}

Result<ByteView> BinaryReader::read_bytes(std::int64_t size) {
  if (size < 0 || static_cast<std::uint64_t>(size) > left()) return corrupt("a length goes past the end");
  ByteView view = input_.subspan(at_, static_cast<std::size_t>(size));
  at_ += view.size();
  return view;
}

Result<Value> BinaryReader::read(const Schema& schema) { return read(schema, 0, 0); }

Result<Value> BinaryReader::read(const Schema& schema, std::size_t index, int depth) {
  if (values_left_ == 0) return fail(Code::kLimit, "Avro data holds more values than its size allows");
  --values_left_;
  if (depth > kDepthMax) return fail(Code::kLimit, fmt::format("Avro data may be nested {} deep", kDepthMax));
  const Node& node = schema.node(index);
  if (node.kind == Kind::kArray || node.kind == Kind::kMap) return read_blocks(schema, node, depth);
  if (node.kind == Kind::kUnion) {
    TARN_ASSIGN(std::int64_t branch, read_long());
    if (branch < 0 || static_cast<std::uint64_t>(branch) >= node.branches.size())
      return corrupt("a union has no such branch");
    return read(schema, node.branches[static_cast<std::size_t>(branch)], depth + 1);
  }
  if (node.kind != Kind::kRecord) return read_primitive(node);
  Value::List fields;
  fields.reserve(std::min(node.fields.size(), values_left_));
  for (const SchemaField& field : node.fields) {
    TARN_ASSIGN(Value value, read(schema, field.node, depth + 1));
    fields.push_back(std::move(value));
  }
  return Value(std::move(fields));
}

Result<Value> BinaryReader::read_primitive(const Node& node) {
  switch (node.kind) {
    case Kind::kBoolean: {
      TARN_ASSIGN(ByteView byte, read_bytes(1));
      return Value(byte[0] != std::byte{0});
    }
    case Kind::kInt:
    case Kind::kLong:
    case Kind::kEnum: {
      TARN_ASSIGN(std::int64_t number, read_long());
      return Value(number);
    }
    case Kind::kFloat: {
      TARN_ASSIGN(ByteView bits, read_bytes(4));
      return Value(static_cast<double>(std::bit_cast<float>(load_le<std::uint32_t>(bits.data()))));
    }
    case Kind::kDouble: {
      TARN_ASSIGN(ByteView bits, read_bytes(8));
      return Value(std::bit_cast<double>(load_le<std::uint64_t>(bits.data())));
    }
    case Kind::kBytes:
    case Kind::kString: {
      TARN_ASSIGN(std::int64_t size, read_long());
      TARN_ASSIGN(ByteView bytes, read_bytes(size));
      return Value(std::string(as_text(bytes)));
    }
    case Kind::kFixed: {
      TARN_ASSIGN(ByteView bytes, read_bytes(static_cast<std::int64_t>(node.size)));
      return Value(std::string(as_text(bytes)));
    }
    default: return Value();
  }
}

// Arrays and maps come in blocks; a negative count is followed by the block's size in bytes.
Result<Value> BinaryReader::read_blocks(const Schema& schema, const Node& node, int depth) {
  Value::List items;
  while (true) {
    TARN_ASSIGN(std::int64_t count, read_long());
    if (count == 0) return Value(std::move(items));
    if (count < 0) {
      if (count == INT64_MIN) return corrupt("a block's count");
      count = -count;
      TARN_TRY(read_long());
    }
    for (std::int64_t i = 0; i < count; ++i) {
      if (node.kind == Kind::kMap) {
        TARN_ASSIGN(std::int64_t size, read_long());
        TARN_ASSIGN(ByteView key, read_bytes(size));
        items.emplace_back(std::string(as_text(key)));
      }
      TARN_ASSIGN(Value item, read(schema, node.items, depth + 1));
      items.push_back(std::move(item));
    }
  }
}

}  // namespace tarn::wire::avro
