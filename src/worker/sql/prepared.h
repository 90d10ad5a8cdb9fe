// A statement prepared by DuckDB, with parameter types settled and columns known, without running it.
#pragma once

#include <duckdb.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/sql_protocol.h"
#include "worker/sql/database.h"
#include "worker/sql/failure.h"
#include "worker/sql/scan_sql.h"

namespace tarn::worker::sql {

class Prepared {
 public:
  // `values` are those to be bound later, or none to only describe.
  static Outcome<Prepared> make(Connection& connection, const engine::Statement& statement, const ScanSql& scans,
                                std::span<const engine::Parameter> values);
  Prepared(Prepared&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)),
        sql_(std::move(other.sql_)),
        before_bytes_(other.before_bytes_),
        scans_at_(other.scans_at_),
        scans_bytes_(other.scans_bytes_),
        parameter_types_(std::move(other.parameter_types_)) {}
  Prepared& operator=(Prepared&&) = delete;
  ~Prepared() { duckdb_destroy_prepare(&handle_); }

  duckdb_prepared_statement handle() const { return handle_; }
  const std::vector<engine::Oid>& parameter_types() const { return parameter_types_; }
  // 0A000 if a column has a type that can't be sent.
  Outcome<std::vector<engine::Column>> columns(std::span<const engine::ColumnHint> hints) const;
  // The columns of a table that keeps the rows, as engine::Described has them.
  std::vector<table::Field> fields() const;
  bool is_explain() const { return sql_.starts_with("EXPLAIN "); }
  // DuckDB's message as the client gets it, its position one in the statement's SQL.
  Failure failure(const char* message) const;

 private:
  Prepared() = default;
  bool knows_columns() const;  // false while a parameter's type is open somewhere
  duckdb_prepared_statement handle_ = nullptr;
  std::string sql_;  // what DuckDB got
  std::size_t before_bytes_ = 0, scans_at_ = 0, scans_bytes_ = 0;
  std::vector<engine::Oid> parameter_types_;
};

}  // namespace tarn::worker::sql
