#include "worker/sql/prepared.h"

#include <fmt/format.h>

#include <algorithm>

#include "sql/types.h"
#include "wire/postgres/types.h"
#include "worker/duckdb_types.h"
#include "worker/sql/parameters.h"
#include "worker/sql/result_types.h"

namespace tarn::worker::sql {

Failure Prepared::failure(const char* message) const {
  Failure failure = failure_of(message == nullptr ? "" : message, sql_);
  // Casts of parameters shift positions a little to the right; the client's mark before it is still the right one, as
  // each mark stands at the begin of what it names.
  failure.position = std::max(0, failure.position - static_cast<std::int32_t>(before_bytes_));
  auto at = static_cast<std::int32_t>(scans_at_), bytes = static_cast<std::int32_t>(scans_bytes_);
  if (failure.position > at + bytes) {
    failure.position -= bytes;
  } else if (failure.position > at) {
    failure.position = 0;  // in the scans, which the client knows nothing of
  }
  return failure;
}

Outcome<Prepared> Prepared::make(Connection& connection, const engine::Statement& statement, const ScanSql& scans,
                                 std::span<const engine::Parameter> values) {
  std::vector<engine::Oid> types = statement.parameter_types;
  // At most twice: what DuckDB can't infer the first time is text, as in Postgres; and what it inferred from one use of
  // a parameter is said at its other uses, without which it does not know the columns.
  while (true) {
    Prepared prepared;
    prepared.before_bytes_ = scans.before_bytes;
    prepared.scans_at_ = scans.inserted_at;
    prepared.scans_bytes_ = scans.inserted_bytes;
    TARN_ASSIGN(prepared.sql_, with_parameter_types(scans.sql, types, values));
    if (duckdb_prepare(connection.handle(), prepared.sql_.c_str(), &prepared.handle_) != DuckDBSuccess) {
      return std::unexpected(prepared.failure(duckdb_prepare_error(prepared.handle_)));
    }
    prepared.parameter_types_ = inferred_types(prepared.handle_, types);
    auto unknown = std::ranges::find(prepared.parameter_types_, engine::Oid{0});
    bool settled = unknown == prepared.parameter_types_.end();
    if (settled && (prepared.parameter_types_ == types || prepared.knows_columns())) return prepared;
    types = prepared.parameter_types_;
    std::ranges::replace(types, engine::Oid{0}, wire::postgres::kTextOid);
  }
}

bool Prepared::knows_columns() const {
  idx_t count = duckdb_prepared_statement_column_count(handle_);
  for (idx_t i = 0; i < count; ++i) {
    if (duckdb_prepared_statement_column_type(handle_, i) == DUCKDB_TYPE_INVALID) return false;
  }
  return true;
}

Outcome<std::vector<engine::Column>> Prepared::columns(std::span<const engine::ColumnHint> hints) const {
  std::vector<engine::Column> columns;
  if (is_explain()) {
    columns.push_back({.name = "QUERY PLAN", .type = wire::postgres::kTextOid});
    return columns;
  }
  idx_t count = duckdb_prepared_statement_column_count(handle_);
  for (idx_t i = 0; i < count; ++i) {
    const char* name = duckdb_prepared_statement_column_name(handle_, i);
    duckdb_logical_type type = duckdb_prepared_statement_column_logical_type(handle_, i);
    columns.push_back(result_column(name, type, hints.size() == count ? hints[i] : engine::ColumnHint{}));
    duckdb_destroy_logical_type(&type);
    duckdb_free(const_cast<char*>(name));
    if (columns.back().type == 0) {
      return std::unexpected(Failure{
          .sqlstate = "0A000", .message = fmt::format("the type of column \"{}\" can't be sent", columns.back().name)});
    }
  }
  return columns;
}

std::vector<table::Field> Prepared::fields() const {
  std::vector<table::Field> fields;
  idx_t count = duckdb_prepared_statement_column_count(handle_);
  for (idx_t i = 0; i < count; ++i) {
    const char* name = duckdb_prepared_statement_column_name(handle_, i);
    duckdb_logical_type logical = duckdb_prepared_statement_column_logical_type(handle_, i);
    table::Field& field = fields.emplace_back(table::Field{.name = name});
    if (std::optional<table::Type> type = table_type(logical)) {
      field.type = std::move(*type);
    } else {
      const tarn::sql::TypeFacts* facts = tarn::sql::find_type(result_type(logical).oid);
      field.doc = facts == nullptr ? "unknown" : facts->sql_name;
    }
    duckdb_destroy_logical_type(&logical);
    duckdb_free(const_cast<char*>(name));
  }
  return fields;
}

}  // namespace tarn::worker::sql
