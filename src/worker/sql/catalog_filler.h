// Writes rows of one tarn_pg table by column name; what a row does not say is its type's zero: false, 0, "" for names
// and "char", null for the rest.
#pragma once

#include <duckdb.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "sql/pg_catalog.h"
#include "worker/sql/database.h"

namespace tarn::worker::sql {

struct Null {};

// A value as the appender takes it.
class Cell {
 public:
  Cell(bool value) : value_(value) {}
  Cell(std::string_view value) : value_(value) {}
  Cell(const char* value) : value_(std::string_view(value)) {}
  Cell(const std::string& value) : value_(std::string_view(value)) {}
  Cell(Null value) : value_(value) {}
  Cell(char value) : value_(value) {}
  Cell(double value) : value_(value) {}
  template <std::integral T>
  Cell(T value) : value_(static_cast<std::int64_t>(value)) {}

  void append_to(duckdb_appender appender) const;

 private:
  std::variant<bool, char, std::int64_t, double, std::string_view, Null> value_;
};

class CatalogFiller {
 public:
  // Deletes the table's rows. `name` is "pg_class" or "information_schema.tables".
  static Result<CatalogFiller> begin(Connection& connection, std::string_view name);
  CatalogFiller(CatalogFiller&& other) noexcept
      : table_(other.table_), appender_(std::exchange(other.appender_, nullptr)) {}
  CatalogFiller& operator=(CatalogFiller&&) = delete;
  ~CatalogFiller() { duckdb_appender_destroy(&appender_); }

  void row(std::initializer_list<std::pair<std::string_view, Cell>> cells);
  // Nothing is in the table before.
  Result<void> end();

 private:
  explicit CatalogFiller(const tarn::sql::CatalogTable& table) : table_(&table) {}

  const tarn::sql::CatalogTable* table_;
  duckdb_appender appender_ = nullptr;
};

}  // namespace tarn::worker::sql
