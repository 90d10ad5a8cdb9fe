// Any bytes as a record's value, with declared columns and with inferred ones: a value in every column, or in none and
// a reason.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "tail/chunk_view.h"
#include "worker/land/json_decoder.h"

using namespace tarn;

namespace {

table::Schema with_ids(std::vector<table::Field> fields) {
  table::Schema schema{.fields = std::move(fields)};
  FieldId last{0};
  table::assign_ids(schema, last);
  return schema;
}

table::Schema declared() {
  std::vector<table::Field> fields;
  int n = 0;
  for (const char* type :
       {"int", "long", "float", "double", "decimal(9,2)", "boolean", "date", "time", "timestamp", "timestamptz", "uuid",
        "binary", "string", "list<long>", "struct<a: int, b: list<struct<c: string>>>"})
    fields.push_back({.name = std::string(1, static_cast<char>('a' + n++)), .type = *table::parse_type(type)});
  return with_ids(std::move(fields));
}

void decode(ByteView value, const table::Schema& schema, worker::land::Columns columns) {
  tail::ChunkBuilder rows = *tail::ChunkBuilder::make(schema);
  worker::land::JsonDecoder decoder(schema, columns);
  for (std::uint32_t round = 0; round < 2; ++round) {
    bool ok = decoder.decode(value, rows);
    TARN_ASSERT(ok || !decoder.reason().empty());
    if (ok) rows.end_row();
  }
  // Aligned as a mapping is.
  auto view = tail::ChunkView::of_bytes(rows.bytes_of_chunk(), schema);
  TARN_ASSERT(view.has_value(), "columns of one length");
  if (decoder.has_new_fields()) (void)decoder.fields_with_new();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const table::Schema kSchema = declared();
  Buffer padded(size + worker::land::kJsonPadding, std::byte{0x22});
  std::copy_n(reinterpret_cast<const std::byte*>(data), size, padded.begin());
  ByteView value = ByteView(padded).first(size);
  using enum worker::land::Columns;
  for (auto columns : {kDeclared, kGrowing, kReplaceable}) decode(value, kSchema, columns);
  worker::land::JsonInference inference;
  if (!inference.look_at(value)) return 0;
  decode(value, with_ids(inference.fields()), kReplaceable);
  return 0;
}
