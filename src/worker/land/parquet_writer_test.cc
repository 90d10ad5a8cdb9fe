#include "worker/land/parquet_writer.h"

#include <doctest/doctest.h>

#include "host/test_folder.h"
#include "table/bounds.h"
#include "tail/chunk_builder.h"
#include "worker/duckdb_types.h"
#include "worker/parquet_stats.h"

namespace tarn::worker::land {
namespace {

table::Schema schema_of(std::vector<std::pair<std::string, std::string>> columns) {
  table::Schema schema;
  for (auto& [name, type] : columns) schema.fields.push_back({.name = name, .type = *table::parse_type(type)});
  FieldId last{0};
  table::assign_ids(schema, last);
  return schema;
}

std::string ask(const std::string& sql) {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  duckdb_open(nullptr, &database);
  duckdb_connect(database, &connection);
  duckdb_result result;
  std::string answer = "error";
  if (duckdb_query(connection, sql.c_str(), &result) == DuckDBSuccess) {
    char* value = duckdb_value_varchar(&result, 0, 0);
    answer = value ? value : "NULL";
    duckdb_free(value);
  } else {
    answer = duckdb_result_error(&result);
  }
  duckdb_destroy_result(&result);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  return answer;
}

TEST_CASE("a written file has every row, the field ids and bounds that hold") {
  host::TestFolder folder;
  auto files = host::real_files();
  table::Schema schema = schema_of({{"n", "long"}, {"te\"xt'", "string"}, {"s", "struct<a: int, l: list<string>>"}});
  tail::ChunkBuilder rows = *tail::ChunkBuilder::make(schema);
  for (int i = 0; i < 3000; ++i) {
    rows.columns()[0].append(std::int64_t{i} - 5);
    std::string text = "a text longer than sixteen letters " + std::to_string(i % 10);
    rows.columns()[1].append_bytes(text.data(), text.size());
    auto& s = rows.columns()[2];
    if (i % 2) {
      s.append_null();
    } else {
      s.children()[0].append(i);
      s.children()[1].children()[0].append_bytes("x", 1);
      s.children()[1].end_list();
      s.end_struct();
    }
    rows.end_row();
  }
  tail::Chunk chunk = *rows.emit();
  auto set = std::make_shared<ChunkSet>();
  set->schema = schema;
  for (int i = 0; i < 2; ++i)
    set->chunks.push_back(std::make_shared<const tail::ChunkView>(*tail::ChunkView::map(chunk.file.get(), schema)));
  auto writer = ParquetWriter::open(256_MiB, folder.path() + "/spill");
  REQUIRE(writer);
  std::string path = folder.path() + "/it's.parquet";
  auto file = (*writer)->write(*files, path, set);
  REQUIRE_MESSAGE(file, file.error().message);
  CHECK(file->record_count == 6000);
  CHECK(file->file_size_in_bytes == *(*files->open(path, host::OpenMode::kRead))->size());
  CHECK(file->lower_bounds.at(1) == table::long_bound(-5));
  CHECK(file->upper_bounds.at(1) == table::long_bound(2994));
  CHECK(file->lower_bounds.at(2) == "a text longer th");
  CHECK(file->upper_bounds.at(2) == "a text longer ti");
  CHECK(file->null_value_counts.at(4) == 3000);
  CHECK(file->value_counts.at(6) > 0);
  CHECK_FALSE(file->lower_bounds.contains(6));
  std::string quoted = quote_literal(path);
  CHECK(ask("select count(*) from read_parquet(" + quoted + ") where s is null") == "3000");
  CHECK(ask("select sum(s.a) from read_parquet(" + quoted + ")") == "4497000");
  CHECK(ask("select list(field_id order by field_id)::varchar from parquet_schema(" + quoted +
            ") where field_id is not null") == "[1, 2, 3, 4, 5, 6]");
}

TEST_CASE("rows larger than the memory together are written, in their order") {
  host::TestFolder folder;
  auto files = host::real_files();
  table::Schema schema = schema_of({{"n", "long"}, {"text", "string"}});
  tail::ChunkBuilder rows = *tail::ChunkBuilder::make(schema);
  std::string text(16'000, 'x');
  for (int i = 0; i < 1000; ++i) {
    rows.columns()[0].append(std::int64_t{i});
    for (std::size_t at = 0; at < text.size(); at += 7)
      text[at] = static_cast<char>('a' + (i * 31 + static_cast<int>(at)) % 26);
    rows.columns()[1].append_bytes(text.data(), text.size());
    rows.end_row();
  }
  tail::Chunk chunk = *rows.emit();
  auto set = std::make_shared<ChunkSet>();
  set->schema = schema;
  for (int i = 0; i < 24; ++i)
    set->chunks.push_back(std::make_shared<const tail::ChunkView>(*tail::ChunkView::map(chunk.file.get(), schema)));
  auto writer = ParquetWriter::open(256_MiB, folder.path() + "/spill");
  REQUIRE(writer);
  std::string path = folder.path() + "/large.parquet";
  auto file = (*writer)->write(*files, path, set);
  REQUIRE_MESSAGE(file, file.error().message);
  CHECK(file->record_count == 24'000);
  CHECK(ask("select count(*) from (select n, file_row_number r from read_parquet(" + quote_literal(path) +
            ", file_row_number = true)) where n <> r % 1000") == "0");
}

// One file of `count` rows: n and, where the schema has it, s.a are their number; every second n is null.
std::string some_file(ParquetWriter& writer, host::Files& files, const std::string& path, const table::Schema& schema,
                      int count) {
  tail::ChunkBuilder rows = *tail::ChunkBuilder::make(schema);
  for (int i = 0; i < count; ++i) {
    if (i % 2)
      rows.columns()[0].append_null();
    else
      rows.columns()[0].append(std::int64_t{i});
    for (std::size_t column = 1; column < schema.fields.size(); ++column) {
      auto& s = rows.columns()[column];
      s.children()[0].append(i);
      if (s.children().size() > 1) s.children()[1].append_bytes("x", 1);
      s.end_struct();
    }
    rows.end_row();
  }
  tail::Chunk chunk = *rows.emit();
  auto set = std::make_shared<ChunkSet>();
  set->schema = schema;
  set->chunks.push_back(std::make_shared<const tail::ChunkView>(*tail::ChunkView::map(chunk.file.get(), schema)));
  auto file = writer.write(files, path, set);
  REQUIRE_MESSAGE(file, file.error().message);
  return path;
}

TEST_CASE("rewritten files have their rows under new ids, columns they lacked null") {
  host::TestFolder folder;
  auto files = host::real_files();
  auto writer = ParquetWriter::open(256_MiB, folder.path() + "/spill");
  REQUIRE(writer);
  table::Schema oldest = schema_of({{"n", "long"}}), older = schema_of({{"n", "long"}, {"s", "struct<a: int>"}});
  engine::Rewrite rewrite{.path = folder.path() + "/new.parquet", .from = older};
  FieldId last = last_field_id(older);
  rewrite.from.fields[1].type.children.push_back({.name = "b", .type = *table::parse_type("string")});
  assign_ids(rewrite.from, last);
  rewrite.to = rewrite.from;
  rewrite.to.fields[0].id = FieldId(0), rewrite.to.fields[0].type.kind = table::TypeKind::kDouble;
  assign_ids(rewrite.to, last);
  rewrite.inputs = {some_file(**writer, *files, folder.path() + "/it's oldest.parquet", oldest, 100),
                    some_file(**writer, *files, folder.path() + "/older.parquet", older, 10),
                    some_file(**writer, *files, folder.path() + "/now.parquet", rewrite.from, 4)};
  auto file = (*writer)->rewrite(*files, rewrite);
  REQUIRE_MESSAGE(file, file.error().message);
  CHECK(file->record_count == 114);
  CHECK_FALSE(file->value_counts.contains(1));
  CHECK(file->value_counts.at(5) == 114);
  CHECK(file->null_value_counts.at(5) == 57);
  CHECK(file->lower_bounds.at(5) == *table::double_bound(0.0, table::BoundSide::kLower));
  CHECK(file->upper_bounds.at(5) == *table::double_bound(98.0, table::BoundSide::kUpper));
  std::string quoted = quote_literal(rewrite.path);
  CHECK(ask("select list(field_id order by field_id)::varchar from parquet_schema(" + quoted +
            ") where field_id is not null") == "[2, 3, 4, 5]");
  CHECK(ask("select typeof(n) || sum(n) || ' ' || count(s.a) || ' ' || count(s.b) from read_parquet(" + quoted +
            ") group by typeof(n)") == "DOUBLE2472.0 14 4");
  CHECK(ask("select count(*) from read_parquet(" + quoted + ") where s is null") == "100");

  rewrite.path = folder.path() + "/another.parquet", rewrite.inputs = {rewrite.path};
  CHECK_FALSE((*writer)->rewrite(*files, rewrite));
}

TEST_CASE("a file that cannot be written says why") {
  auto files = host::real_files();
  table::Schema schema = schema_of({{"n", "long"}});
  tail::ChunkBuilder rows = *tail::ChunkBuilder::make(schema);
  rows.columns()[0].append(std::int64_t{1});
  rows.end_row();
  tail::Chunk chunk = *rows.emit();
  auto set = std::make_shared<ChunkSet>();
  set->schema = schema;
  set->chunks.push_back(std::make_shared<const tail::ChunkView>(*tail::ChunkView::map(chunk.file.get(), schema)));
  host::TestFolder folder;
  auto writer = ParquetWriter::open(256_MiB, folder.path() + "/spill");
  auto file = (*writer)->write(*files, folder.path() + "/missing/x.parquet", set);
  CHECK(file.error().code == Code::kIo);
}

TEST_CASE("bounds are left out where their text is not a value's") {
  table::Schema schema =
      schema_of({{"ts", "timestamp"}, {"d", "double"}, {"b", "binary"}, {"u", "uuid"}, {"n", "decimal(5,2)"}});
  FileStats stats;
  stats["\"ts\""] = {{"min", "0044-03-15 (BC) 00:00:00"}, {"max", "2020-01-01 00:00:00.5"}, {"num_values", "3"}};
  stats["\"d\""] = {{"min", "0.0"}, {"max", "nan"}, {"has_nan", "true"}};
  stats["\"b\""] = {{"min", "00FF"}, {"max", "0"}};
  stats["\"u\""] = {{"min", "00000000-0000-0000-0000-000000000001"}};
  stats["\"n\""] = {{"min", "-1.5"}, {"max", "1.25"}};
  table::DataFile file;
  apply_stats(stats, schema, file);
  CHECK_FALSE(file.lower_bounds.contains(1));
  CHECK(file.upper_bounds.at(1) == table::long_bound(1'577'836'800'500'000));
  CHECK(file.value_counts.at(1) == 3);
  CHECK(file.lower_bounds.at(2) == *table::double_bound(0.0, table::BoundSide::kLower));
  CHECK_FALSE(file.upper_bounds.contains(2));
  CHECK_FALSE(file.nan_value_counts.contains(2));
  CHECK(file.lower_bounds.at(3) == std::string("\0\xFF", 2));
  CHECK_FALSE(file.upper_bounds.contains(3));
  CHECK(file.lower_bounds.at(4).size() == 16);
  CHECK(file.lower_bounds.at(5) == table::decimal_bound(-150));
}

}  // namespace
}  // namespace tarn::worker::land
