#include "engine/land_protocol.h"

#include <doctest/doctest.h>

namespace tarn::engine {
namespace {

table::Schema some_schema() {
  table::Schema schema{.id = SchemaId(4), .fields = dead_letter_fields()};
  schema.fields.push_back(metadata_field());
  FieldId last{0};
  table::assign_ids(schema, last);
  return schema;
}

TEST_CASE("landing messages arrive as they were sent, and no shorter") {
  Decode decode{.id = LandRequestId(7),
                .topic = "rides",
                .format = LandFormat::kJson,
                .declared = true,
                .may_replace = true,
                .schema = some_schema(),
                .dead_letters = some_schema(),
                .from = Offset(10),
                .to = Offset(20),
                .open_from = Offset(3),
                .parts = {{1_B, 2_B}, {3_B, 4_B}}};
  decode.source.partition = PartitionId(2);
  Buffer bytes = encode(LandRequest(decode));
  auto back = std::get<Decode>(*decode_land_request(bytes));
  CHECK(back.schema == decode.schema);
  CHECK(back.source == decode.source);
  CHECK(back.open_from == Offset(3));
  CHECK(back.may_replace);
  CHECK(back.parts.size() == 2);
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode_land_request(ByteView(bytes).first(size)));

  Rewrite rewrite{
      .id = LandRequestId(7), .path = "/new", .inputs = {"/a", "/b"}, .from = some_schema(), .to = some_schema()};
  bytes = encode(LandRequest(rewrite));
  auto rewrite_back = std::get<Rewrite>(*decode_land_request(bytes));
  CHECK(rewrite_back.path == rewrite.path);
  CHECK(rewrite_back.inputs == rewrite.inputs);
  CHECK(rewrite_back.from == rewrite.from);
  CHECK(rewrite_back.to == rewrite.to);
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode_land_request(ByteView(bytes).first(size)));

  Decoded decoded{
      .id = LandRequestId(8), .from = Offset(1), .to = Offset(2), .open = true, .rows = ChunkInfo{5_B, 6, SchemaId(7)}};
  bytes = encode(LandReply(decoded));
  auto reply = std::get<Decoded>(*decode_land_reply(bytes));
  CHECK(reply.rows->rows == 6);
  CHECK_FALSE(reply.dead_letters);
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode_land_reply(ByteView(bytes).first(size)));

  Written written{.id = LandRequestId(9), .file = {.file_path = "file:///x", .record_count = 3}};
  CHECK(std::get<Written>(*decode_land_reply(encode(LandReply(written)))).file == written.file);
  LandFailed failed{LandRequestId(1), Code::kUnavailable, "the disk is full"};
  CHECK(std::get<LandFailed>(*decode_land_reply(encode(LandReply(failed)))).message == failed.message);
  Proposed proposed{
      .id = LandRequestId(1), .records = 2, .format = LandFormat::kBinary, .fields = some_schema().fields};
  CHECK(std::get<Proposed>(*decode_land_reply(encode(LandReply(proposed)))).fields == proposed.fields);
}

}  // namespace
}  // namespace tarn::engine
