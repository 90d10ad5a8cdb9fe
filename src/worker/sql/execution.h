// One statement on this worker, from Execute to Completed or Failed, over as many Fetches as its portal gets.
//
//   start() ──> Described? Rows* ──┬──> Completed, Failed: finished
//                                  └──> Suspended ── fetch() ──> Rows* ──> ...
//
// A Store goes start() ──> Stored, Failed instead: its rows become a file.
//
// start() and fetch() run on one thread at a time and block while the window is full; credit(), cancel() and close()
// come from another thread.
#pragma once

#include <duckdb.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "engine/sql_protocol.h"
#include "host/channel.h"
#include "host/files.h"
#include "worker/sql/catalog.h"
#include "worker/sql/database.h"
#include "worker/sql/failure.h"
#include "worker/sql/prepared.h"
#include "worker/sql/row_encoder.h"
#include "worker/sql/scan_sql.h"
#include "worker/sql/time_zone.h"

namespace tarn::worker::sql {

inline constexpr Bytes kRowBytesMax = 1_GiB;  // Postgres's bound on a message

// What executions need of the worker. Outlives them.
struct Service {
  host::Files& files;
  Database& database;
  CatalogTables& catalog;
  TimeZones& zones;
  std::function<void(const engine::SqlReply&)> reply;  // thread-safe
  std::function<void()> on_fatal;                      // DuckDB said that it is broken; the reply is sent already
};

// What a statement that reads pg_catalog is to see; null for others.
using Image = std::shared_ptr<const engine::CatalogImage>;

// The answer to Describe.
void describe(Service& service, const engine::Describe& request, const Image& image);

class Execution {
 public:
  Execution(Service& service, engine::Execute request, std::vector<host::Descriptor> chunks, Image image);
  Execution(Service& service, engine::Store request, std::vector<host::Descriptor> chunks, Image image);
  ~Execution();

  void start();
  void fetch(std::uint64_t max_rows);

  void credit(std::uint64_t bytes);
  void cancel();
  void close();  // cancel, and say nothing any more
  bool finished();

 private:
  // What a Store has beyond an Execute.
  struct Target {
    table::Schema schema;
    std::string path;
    std::optional<table::DataFile> file;  // once it is written
  };

  Outcome<void> prepare();
  Outcome<void> prepare_rows();
  Outcome<void> execute();
  Outcome<void> begin_rows();
  Outcome<void> store();
  Outcome<void> stream(std::uint64_t max_rows);
  Outcome<bool> next_chunk();
  Outcome<void> flush();
  Outcome<void> send_row(std::size_t from);
  Outcome<void> send_rows(ByteView messages, std::uint64_t count, bool cut);
  Outcome<void> explain_lines();
  void end(const Outcome<void>& outcome);
  void release();
  bool stopped();

  Service& service_;
  engine::Execute request_;
  std::optional<Target> target_;
  std::vector<host::Descriptor> chunks_;
  Image image_;
  // In the order that they are made; destroyed in the opposite one.
  std::optional<Connection> connection_;
  ScanLease lease_;
  std::optional<Prepared> prepared_;
  QueryResult result_;
  std::vector<Form> forms_;
  std::unique_ptr<RowEncoder> encoder_;
  duckdb_data_chunk chunk_ = nullptr;
  std::uint64_t chunk_row_ = 0, chunk_rows_ = 0;
  Buffer rows_;
  std::uint64_t rows_count_ = 0;  // DataRows in rows_
  std::uint64_t total_ = 0;       // rows since the last Execute or Fetch
  bool suspended_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t uncredited_ = 0;
  bool cancelled_ = false, closed_ = false, finished_ = false;
  duckdb_connection interruptible_ = nullptr;  // set while a statement runs on it
};

}  // namespace tarn::worker::sql
