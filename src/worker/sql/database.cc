#include "worker/sql/database.h"

#include <fmt/format.h>

#include <tuple>
#include <utility>

#include "worker/duckdb_types.h"
#include "worker/sql/functions.h"

namespace tarn::worker::sql {
namespace {

constexpr std::size_t kIdleConnectionsMax = 16;

Error duckdb_error(const char* message) {
  return {Code::kInternal, fmt::format("DuckDB: {}", message == nullptr ? "no message" : message)};
}

}  // namespace

Connection::Connection(Connection&& other) noexcept
    : home_(std::exchange(other.home_, nullptr)),
      handle_(std::exchange(other.handle_, nullptr)),
      kind_(other.kind_),
      begun_(std::exchange(other.begun_, false)) {}

Connection::~Connection() {
  if (handle_ == nullptr) return;
  if (begun_) std::ignore = run("ROLLBACK");
  kind_ == Connect::kPooled ? home_->give_back(handle_) : duckdb_disconnect(&handle_);
}

Result<void> Connection::begin() {
  begun_ = true;
  return run("BEGIN");
}

Result<void> Connection::run(const std::string& sql) {
  QueryResult result;
  if (duckdb_query(handle_, sql.c_str(), &result.result) != DuckDBSuccess) {
    return std::unexpected(duckdb_error(duckdb_result_error(&result.result)));
  }
  return {};
}

Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options) {
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  auto set = [&](const char* name, const std::string& value) { duckdb_set_config(config, name, value.c_str()); };
  set("threads", std::to_string(options.threads));
  set("memory_limit", fmt::format("{}B", options.memory_max.count()));
  set("temp_directory", options.temp);
  set("autoinstall_known_extensions", "false");
  set("autoload_known_extensions", "false");
  set("allow_community_extensions", "false");
  std::unique_ptr<Database> database(new Database());
  char* why = nullptr;
  duckdb_state opened = duckdb_open_ext(nullptr, &database->database_, config, &why);
  duckdb_destroy_config(&config);
  if (opened != DuckDBSuccess) {
    Error error = duckdb_error(why);
    duckdb_free(why);
    return std::unexpected(std::move(error));
  }
  TARN_TRY(database->configure(options));
  return database;
}

Result<void> Database::configure(const DatabaseOptions& options) {
  TARN_ASSIGN(scans_, ChunkScans::attach(database_));
  TARN_ASSIGN(Connection connection, connect());
  TARN_TRY(register_functions(connection.handle()));
  TARN_TRY(connection.run("SET GLOBAL TimeZone = 'UTC'"));
  TARN_TRY(connection.run("SET GLOBAL errors_as_json = true"));
  TARN_TRY(connection.run("SET GLOBAL parquet_metadata_cache = true"));  // a data file never changes
  TARN_TRY(connection.run(fmt::format("SET GLOBAL allowed_directories = [{}, {}]", quote_literal(options.lake + "/"),
                                      quote_literal(options.temp + "/"))));
  TARN_TRY(connection.run("SET GLOBAL allowed_configs = ['TimeZone', 'preserve_insertion_order']"));
  TARN_TRY(connection.run("SET GLOBAL enable_external_access = false"));
  return connection.run("SET GLOBAL lock_configuration = true");
}

Database::~Database() {
  for (duckdb_connection& connection : idle_) duckdb_disconnect(&connection);
  scans_.reset();
  duckdb_close(&database_);
}

Result<Connection> Database::connect(Connect kind) {
  if (kind == Connect::kPooled) {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      duckdb_connection handle = idle_.back();
      idle_.pop_back();
      return Connection(this, handle, kind);
    }
  }
  duckdb_connection handle = nullptr;
  if (duckdb_connect(database_, &handle) != DuckDBSuccess) return std::unexpected(duckdb_error("no connection"));
  Connection connection(this, handle, kind);
  if (kind == Connect::kForCopy) TARN_TRY(connection.run("SET SESSION preserve_insertion_order = false"));
  return connection;
}

void Database::give_back(duckdb_connection handle) {
  {
    std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleConnectionsMax) {
      idle_.push_back(handle);
      return;
    }
  }
  duckdb_disconnect(&handle);
}

}  // namespace tarn::worker::sql
