#include "worker/land/parquet_writer.h"

#include <fmt/format.h>

#include "worker/duckdb_types.h"
#include "worker/parquet_copy.h"

namespace tarn::worker::land {
namespace {

struct QueryResult {
  duckdb_result result{};
  ~QueryResult() { duckdb_destroy_result(&result); }
};

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
    if (duckdb_query(connection_, copy_sql(rows, path, schema).c_str(), &query.result) != DuckDBSuccess)
      return failed(query);
    return copied_file(query.result, path, schema);
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
