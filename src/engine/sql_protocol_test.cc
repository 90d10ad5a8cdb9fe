#include "engine/sql_protocol.h"

#include <doctest/doctest.h>

using namespace tarn;
using namespace tarn::engine;

TEST_CASE("a request survives its bytes, a cut one is refused") {
  Execute execute{.id = ExecutionId(9)};
  execute.statement.sql = "SELECT 1";
  execute.statement.parameter_types = {23, 0};
  ScanTable scan{
      .scan_name = "tarn_scan_0", .files = {"/a", "/b"}, .chunk_rows = {3}, .chunk_schema_ids = {SchemaId(1)}};
  scan.schema.fields = {{.id = FieldId(1), .name = "a"}};
  scan.chunk_schemas = {scan.schema};
  execute.statement.tables = {scan};
  execute.parameters = {{.is_null = true}, {.binary = true, .value = std::string("\0x", 2)}};
  execute.result_formats = {1};
  execute.max_rows = 5;
  execute.describe = true;
  Buffer bytes = encode(SqlRequest(execute));
  auto decoded = decode_sql_request(bytes);
  REQUIRE(decoded);
  const auto& back = std::get<Execute>(*decoded);
  CHECK(back.id == execute.id);
  CHECK(back.statement.tables[0].files == scan.files);
  CHECK(back.statement.tables[0].chunk_schemas == scan.chunk_schemas);
  CHECK(back.parameters[1].value.size() == 2);
  CHECK(back.describe);
  CHECK(encode(SqlRequest(back)) == bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK(!decode_sql_request(ByteView(bytes).first(size)));
}

TEST_CASE("replies survive their bytes") {
  Buffer rows = encode(SqlReply(Rows{ExecutionId(1), 2, true, as_bytes("DD")}));
  const auto decoded = decode_sql_reply(rows);
  REQUIRE(decoded);
  CHECK(std::get<Rows>(*decoded).cut);
  CHECK(as_text(std::get<Rows>(*decoded).messages) == "DD");
  auto failed = decode_sql_reply(encode(SqlReply(Failed{ExecutionId(1), "22012", "m", "d", "h", 4})));
  CHECK(std::get<Failed>(*failed).position == 4);
  CHECK(!decode_sql_reply(as_bytes("\x63")));
}
