#include "worker/parquet_copy.h"

#include <fmt/format.h>

#include <algorithm>

#include "worker/duckdb_types.h"
#include "worker/parquet_stats.h"

namespace tarn::worker {
namespace {

constexpr int kCompressionLevel = 1;  // half the CPU of the default level 3 for files 5 % larger

constexpr std::size_t kRowGroupRowsMax = 122'880;  // DuckDB's default
constexpr std::size_t kRowGroupRowsMin = 2'048;
constexpr std::size_t kRowGroupValues = 8u << 20;  // of all columns: bounds what DuckDB gathers for a wide table
constexpr Bytes kRowGroupBytes{64u << 20};         // and for one with large values

std::size_t count_leaves(const std::vector<table::Field>& fields) {
  std::size_t count = 0;
  for (const table::Field& field : fields) count += field.type.is_nested() ? count_leaves(field.type.children) : 1;
  return count;
}

std::size_t row_group_rows(const table::Schema& schema) {
  std::size_t rows = kRowGroupValues / std::max<std::size_t>(1, count_leaves(schema.fields));
  return std::clamp(rows / kRowGroupRowsMin * kRowGroupRowsMin, kRowGroupRowsMin, kRowGroupRowsMax);
}

std::string text_at(duckdb_vector vector, idx_t row) {
  auto* strings = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  return {duckdb_string_t_data(&strings[row]), duckdb_string_t_length(strings[row])};
}

bool valid_at(duckdb_vector vector, idx_t row) {
  std::uint64_t* validity = duckdb_vector_get_validity(vector);
  return !validity || duckdb_validity_row_is_valid(validity, row);
}

// MAP(VARCHAR, MAP(VARCHAR, VARCHAR)) of the first row.
FileStats read_stats(duckdb_vector columns) {
  auto entries = [](duckdb_vector map) { return duckdb_list_vector_get_child(map); };
  auto key = [&](duckdb_vector map) { return duckdb_struct_vector_get_child(entries(map), 0); };
  auto value = [&](duckdb_vector map) { return duckdb_struct_vector_get_child(entries(map), 1); };
  FileStats stats;
  auto outer = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(columns))[0];
  duckdb_vector inner = value(columns);
  for (idx_t column = outer.offset; column < outer.offset + outer.length; ++column) {
    ColumnStats& out = stats[text_at(key(columns), column)];
    auto range = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(inner))[column];
    for (idx_t i = range.offset; i < range.offset + range.length; ++i) {
      if (valid_at(value(inner), i)) out[text_at(key(inner), i)] = text_at(value(inner), i);
    }
  }
  return stats;
}

}  // namespace

std::string copy_sql(std::string_view rows, std::string_view path, const table::Schema& schema) {
  return fmt::format(
      "{}{}) TO {} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {}, "
      "ROW_GROUP_SIZE {}, ROW_GROUP_SIZE_BYTES {}, FIELD_IDS {}, RETURN_STATS true)",
      kCopyHead, rows, quote_literal(path), kCompressionLevel, row_group_rows(schema), kRowGroupBytes.count(),
      field_ids_sql(schema));
}

Result<table::DataFile> copied_file(duckdb_result& result, std::string_view path, const table::Schema& schema) {
  duckdb_data_chunk row = duckdb_fetch_chunk(result);
  if (!row) return fail(Code::kInternal, "DuckDB wrote a file and says nothing of it");
  auto number = [&](idx_t column) {
    return static_cast<std::uint64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(row, column)))[0];
  };
  table::DataFile file{.file_path = table::to_uri(path),
                       .record_count = static_cast<std::int64_t>(number(1)),
                       .file_size_in_bytes = Bytes(number(2))};
  apply_stats(read_stats(duckdb_data_chunk_get_vector(row, 4)), schema, file);
  duckdb_destroy_data_chunk(&row);
  return file;
}

}  // namespace tarn::worker
