#include "worker/chunk_scan.h"

#include <doctest/doctest.h>

#include "tail/chunk_builder.h"

namespace tarn::worker {
namespace {

using enum table::TypeKind;

table::Field field(int id, const char* name, table::Type type) {
  return {.id = FieldId(id), .name = name, .type = std::move(type)};
}

table::Schema every_type() {
  table::Type strings{.kind = kList, .children = {field(21, "element", {.kind = kString})}};
  table::Type inner{.kind = kStruct, .children = {field(22, "n", {.kind = kLong}), field(23, "tags", strings)}};
  table::Type structs{
      .kind = kList,
      .children = {field(24, "element",
                         {.kind = kStruct,
                          .children = {field(25, "key", {.kind = kString}), field(26, "value", {.kind = kBinary})}})}};
  return {.id = SchemaId(0),
          .fields = {field(1, "b", {.kind = kBoolean}), field(2, "i", {.kind = kInt}), field(3, "l", {.kind = kLong}),
                     field(4, "f", {.kind = kFloat}), field(5, "d", {.kind = kDouble}),
                     field(6, "n", {.kind = kDecimal, .precision = 10, .scale = 2}),
                     field(7, "big", {.kind = kDecimal, .precision = 38, .scale = 0}), field(8, "day", {.kind = kDate}),
                     field(9, "t", {.kind = kTime}), field(10, "ts", {.kind = kTimestamp}),
                     field(11, "tz", {.kind = kTimestamptz}), field(12, "s", {.kind = kString}),
                     field(13, "u", {.kind = kUuid}), field(14, "x", {.kind = kBinary}), field(15, "st", inner),
                     field(16, "ls", structs)}};
}

void add_row(tail::ChunkBuilder& builder, int i) {
  auto& c = builder.columns();
  c[0].append_bool(i % 2);
  c[1].append(std::int32_t{i});
  c[2].append(std::int64_t{i});
  c[3].append(static_cast<float>(i) / 2);
  c[4].append(i / 4.0);
  c[5].append(static_cast<__int128>(i) * 101);
  c[6].append(static_cast<__int128>(i) * 1'000'000'000'000'000'000 * 1'000'000'000);
  c[7].append(std::int32_t{i});
  c[8].append(std::int64_t{i} * 1'000'000);
  c[9].append(std::int64_t{i} * 1'000'001);
  c[10].append(std::int64_t{i} * 1'000'001);
  std::string text = "a text that is not inlined " + std::to_string(i);
  if (i % 7 == 0)
    c[11].append_null();
  else
    c[11].append_bytes(text.data(), text.size());
  Uuid uuid;
  uuid.bytes[0] = std::byte{0xAB};
  uuid.bytes[15] = static_cast<std::byte>(i);
  c[12].append_fixed(uuid.bytes.data());
  c[13].append_bytes("\0\xFF", 2);
  if (i % 5 == 0) {
    c[14].append_null();
  } else {
    c[14].children()[0].append(std::int64_t{i});
    for (int k = 0; k < i % 4; ++k) c[14].children()[1].children()[0].append_bytes(text.data(), text.size());
    c[14].children()[1].end_list();
    c[14].end_struct();
  }
  for (int k = 0; k < i % 3; ++k) {
    auto& element = c[15].children()[0];
    element.children()[0].append_bytes("key", 3);
    if (k == 0)
      element.children()[1].append_null();
    else
      element.children()[1].append_bytes(text.data(), text.size());
    element.end_struct();
  }
  c[15].end_list();
  builder.end_row();
}

struct Db {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  std::unique_ptr<ChunkScans> scans;
  Db() {
    REQUIRE(duckdb_open(nullptr, &database) == DuckDBSuccess);
    REQUIRE(duckdb_connect(database, &connection) == DuckDBSuccess);
    scans = *ChunkScans::attach(database);
    ask("set TimeZone = 'UTC'");
  }
  ~Db() {
    scans.reset();
    duckdb_disconnect(&connection);
    duckdb_close(&database);
  }
  // The first value of the first row, as text.
  std::string ask(const std::string& sql) {
    duckdb_result result;
    std::string answer;
    if (duckdb_query(connection, sql.c_str(), &result) != DuckDBSuccess) {
      answer = std::string("error: ") + duckdb_result_error(&result);
    } else if (char* value = duckdb_value_varchar(&result, 0, 0)) {
      answer = value;
      duckdb_free(value);
    }
    duckdb_destroy_result(&result);
    return answer;
  }
};

std::shared_ptr<const tail::ChunkView> view_of(const tail::ChunkBuilder& builder, const table::Schema& schema) {
  tail::Chunk chunk = *builder.emit();
  return std::make_shared<const tail::ChunkView>(*tail::ChunkView::map(chunk.file.get(), schema));
}

TEST_CASE("DuckDB reads every type of a chunk, past the first vector, nested ones too") {
  table::Schema schema = every_type();
  auto set = std::make_shared<ChunkSet>();
  set->schema = schema;
  for (int part = 0; part < 2; ++part) {
    tail::ChunkBuilder builder = *tail::ChunkBuilder::make(schema);
    for (int i = 0; i < 5000; ++i) add_row(builder, part * 5000 + i);
    set->chunks.push_back(view_of(builder, schema));
  }
  Db db;
  auto id = std::to_string(db.scans->add(set));
  auto ask = [&](const std::string& what) {
    return db.ask("select (" + what + ")::varchar from chunk_scan(" + id + ")");
  };
  auto row = [&](const std::string& what, int i) {
    return ask("max(" + what + ") filter (i = " + std::to_string(i) + ")");
  };
  CHECK(ask("count(*)") == "10000");
  CHECK(ask("sum(l)") == "49995000");
  CHECK(ask("bool_and(b = (i % 2 = 1))") == "true");
  CHECK(ask("bool_and(f = i / 2 and d = i / 4)") == "true");
  CHECK(row("n", 4999) == "5048.99");
  CHECK(row("big", 3000) == "3000000000000000000000000000000");
  CHECK(row("day", 4000) == "1980-12-14");
  CHECK(row("t", 3000) == "00:50:00");
  CHECK(row("ts", 9000) == "1970-01-01 02:30:00.009");
  CHECK(row("tz", 9000) == "1970-01-01 02:30:00.009+00");
  CHECK(ask("count(s)") == "8571");
  CHECK(ask("bool_and(s = 'a text that is not inlined ' || i)") == "true");
  CHECK(row("u", 4607) == "ab000000-0000-0000-0000-0000000000ff");
  CHECK(ask("bool_and(x = '\\x00\\xFF'::blob)") == "true");
  CHECK(ask("count(st)") == "8000");
  CHECK(ask("bool_and(st.n = i)") == "true");
  CHECK(ask("bool_and(len(st.tags) = i % 4)") == "true");
  CHECK(ask("bool_and(list_all(st.tags, lambda e: e = 'a text that is not inlined ' || i))").substr(0, 5) != "false");
  CHECK(ask("bool_and(st.tags[1] = 'a text that is not inlined ' || i)") == "true");
  CHECK(ask("bool_and(len(ls) = i % 3)") == "true");
  CHECK(ask("bool_and(ls[1].key = 'key' and ls[1].value is null)") == "true");
  CHECK(ask("bool_and(ls[2].value::varchar = 'a text that is not inlined ' || i)") == "true");
  CHECK(ask("bool_and(ls[2].value is not null) filter (i % 3 = 2)") == "true");
  CHECK(db.ask("select count(*) from (select distinct s, st, ls from chunk_scan(" + id + "))") ==
        "9811");  // 191 rows are alike
  CHECK(db.ask("select chunk_scan.s from chunk_scan(" + id + ") order by i desc limit 1") ==
        "a text that is not inlined 9999");
  db.scans->remove(std::stoull(id));
  CHECK(ask("count(*)").contains("no such chunks"));
}

}  // namespace
}  // namespace tarn::worker
