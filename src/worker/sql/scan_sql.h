// A statement's SQL with its tables in front: WITH tarn_scan_0 AS (files UNION ALL chunks), ... <the statement>.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/sql_protocol.h"
#include "host/channel.h"
#include "worker/chunk_scan.h"

namespace tarn::worker::sql {

// Registered chunk sets, removed at the end.
class ScanLease {
 public:
  explicit ScanLease(ChunkScans& scans) : scans_(&scans) {}
  ScanLease(ScanLease&& other) noexcept : scans_(other.scans_), ids_(std::move(other.ids_)) { other.ids_.clear(); }
  ScanLease& operator=(ScanLease&&) = delete;
  ~ScanLease();
  std::uint64_t add(std::shared_ptr<const ChunkSet> set);

 private:
  ChunkScans* scans_;
  std::vector<std::uint64_t> ids_;
};

struct ScanSql {
  std::string sql;
  std::size_t inserted_at = 0;  // byte of the statement's SQL where the scans were put
  std::size_t inserted_bytes = 0;
  std::size_t before_bytes = 0;  // put before all of it
};

// `chunks` are the message's descriptors, in the protocol's order; fewer than the tables say is kInvalidArgument, a
// chunk that does not parse kCorruption.
Result<ScanSql> with_scans(const engine::Statement& statement, std::vector<host::Descriptor> chunks, ScanLease& lease);

// The same statement with its rows copied to a Parquet file, each column cast to its field's type.
ScanSql copy_of(ScanSql statement, const table::Schema& schema, std::string_view path);

}  // namespace tarn::worker::sql
