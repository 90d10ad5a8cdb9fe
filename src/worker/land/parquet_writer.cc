#include "worker/land/parquet_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "worker/duckdb_types.h"
#include "worker/land/parquet_stats.h"

namespace tarn::worker::land {
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

struct QueryResult {
  duckdb_result result{};
  ~QueryResult() { duckdb_destroy_result(&result); }
};

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

class ParquetWriterImpl final : public ParquetWriter {
 public:
  ~ParquetWriterImpl() override {
    scans_.reset();
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
  }

  Result<void> start(Bytes memory_max, const std::string& temp) {
    char* why = nullptr;
    duckdb_config config = nullptr;
    duckdb_create_config(&config);
    auto set = [&](const char* name, const std::string& value) { duckdb_set_config(config, name, value.c_str()); };
    set("threads", "1");
    set("memory_limit", fmt::format("{}B", memory_max.count()));
    set("temp_directory", temp);
    set("preserve_insertion_order",
        "false");  // or row groups could not be bounded in bytes; one thread keeps it all the same
    set("autoinstall_known_extensions", "false");
    set("autoload_known_extensions", "false");
    duckdb_state opened = duckdb_open_ext(nullptr, &database_, config, &why);
    duckdb_destroy_config(&config);
    if (opened != DuckDBSuccess) {
      std::string message = fmt::format("DuckDB does not open: {}", why ? why : "no reason given");
      duckdb_free(why);
      return fail(Code::kInternal, std::move(message));
    }
    if (duckdb_connect(database_, &connection_) != DuckDBSuccess)
      return fail(Code::kInternal, "DuckDB gives no connection");
    TARN_ASSIGN(scans_, ChunkScans::attach(database_));
    QueryResult utc;  // statistics say timestamps in the session's zone
    if (duckdb_query(connection_, "SET TimeZone = 'UTC'", &utc.result) != DuckDBSuccess) return failed(utc);
    return {};
  }

  Result<table::DataFile> write(host::Files& files, const host::Path& path,
                                std::shared_ptr<const ChunkSet> chunks) override {
    table::Schema schema = chunks->schema;
    std::uint64_t id = scans_->add(std::move(chunks));
    auto file = copy(files, path, schema, fmt::format("SELECT * FROM chunk_scan({})", id));
    scans_->remove(id);
    return file;
  }

  Result<table::DataFile> rewrite(host::Files& files, const engine::Rewrite& request) override {
    std::string columns;
    for (std::size_t i = 0; i < request.to.fields.size(); ++i) {
      const table::Field &from = request.from.fields.at(i), &to = request.to.fields[i];
      columns += fmt::format("{}{} AS {}", i == 0 ? "" : ", ",
                             evolve_sql(quote_identifier(from.name), from.type, to.type), quote_identifier(to.name));
    }
    return copy(files, request.path, request.to,
                fmt::format("SELECT {} FROM {}", columns, files_sql(request.inputs, request.from)));
  }

 private:
  Result<table::DataFile> copy(host::Files& files, const host::Path& path, const table::Schema& schema,
                               const std::string& rows) {
    TARN_ASSIGN(table::DataFile file, copy_unsynced(path, schema, rows));
    TARN_ASSIGN(auto opened, files.open(path, host::OpenMode::kReadWrite));
    TARN_TRY(opened->sync());
    TARN_TRY(files.sync_dir(host::parent(path)));
    return file;
  }

  Result<table::DataFile> copy_unsynced(const host::Path& path, const table::Schema& schema, const std::string& rows) {
    QueryResult query;
    std::string sql = fmt::format(
        "COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {}, "
        "ROW_GROUP_SIZE {}, ROW_GROUP_SIZE_BYTES {}, FIELD_IDS {}, RETURN_STATS true)",
        rows, quote_literal(path), kCompressionLevel, row_group_rows(schema), kRowGroupBytes.count(),
        field_ids_sql(schema));
    if (duckdb_query(connection_, sql.c_str(), &query.result) != DuckDBSuccess) return failed(query);
    duckdb_data_chunk row = duckdb_fetch_chunk(query.result);
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

  static std::unexpected<Error> failed(QueryResult& query) {
    std::string_view whole = duckdb_result_error(&query.result);
    std::string message(whole.substr(0, whole.find('\n')));  // below it DuckDB advises how to set itself
    bool io = duckdb_result_error_type(&query.result) == DUCKDB_ERROR_IO;
    bool full = message.contains("No space left");
    return fail(full ? Code::kUnavailable : io ? Code::kIo : Code::kInternal, std::move(message));
  }

  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
  std::unique_ptr<ChunkScans> scans_;
};

}  // namespace

Result<std::unique_ptr<ParquetWriter>> ParquetWriter::open(Bytes memory_max, const std::string& temp) {
  auto writer = std::make_unique<ParquetWriterImpl>();
  TARN_TRY(writer->start(memory_max, temp));
  return writer;
}

}  // namespace tarn::worker::land
