// The worker's DuckDB: in memory, locked down, with the functions that rewritten SQL uses (tarn_*), and connections to
// run statements on.
//
// What a statement can reach: files in the given folders (read_parquet over a view's files), chunk_scan, and what is
// linked in. No extension is loaded, no setting changes but TimeZone and preserve_insertion_order, nothing is written
// but the temp folder.
#pragma once

#include <duckdb.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "worker/chunk_scan.h"

namespace tarn::worker::sql {

struct DatabaseOptions {
  std::string lake;  // the only folder that statements read files from
  std::string temp;  // spill
  Bytes memory_max = 1_GiB;
  int threads = 2;
};

// A result that is destroyed with its owner.
class QueryResult {
 public:
  QueryResult() = default;
  QueryResult(const QueryResult&) = delete;
  QueryResult& operator=(const QueryResult&) = delete;
  ~QueryResult() { reset(); }
  void reset() {
    duckdb_destroy_result(&result);
    result = {};
  }
  duckdb_result result{};
};

class Database;

enum class Connect {
  kPooled,
  kForCopy,  // does not keep the order in which rows come, which bounds what COPY holds
};

// Borrowed from a Database, given back at the end. One statement at a time.
class Connection {
 public:
  Connection(Database* home, duckdb_connection handle, Connect kind) : home_(home), handle_(handle), kind_(kind) {}
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  duckdb_connection handle() const { return handle_; }
  // Runs SQL of our own and drops its rows. Errors: kInternal with DuckDB's message.
  Result<void> run(const std::string& sql);
  // What follows sees the database as it is now, until the connection is given back.
  Result<void> begin();

 private:
  Database* home_;
  duckdb_connection handle_;
  Connect kind_;
  bool begun_ = false;
};

// Thread-safe.
class Database {
 public:
  // Errors: kInternal with DuckDB's message.
  static Result<std::unique_ptr<Database>> open(const DatabaseOptions& options);
  ~Database();

  Result<Connection> connect(Connect kind = Connect::kPooled);
  ChunkScans& scans() { return *scans_; }

 private:
  friend class Connection;
  Database() = default;
  Result<void> configure(const DatabaseOptions& options);
  void give_back(duckdb_connection handle);

  duckdb_database database_ = nullptr;
  std::unique_ptr<ChunkScans> scans_;
  std::mutex mutex_;
  std::vector<duckdb_connection> idle_;
};

}  // namespace tarn::worker::sql
