// What the statement's text can name in pg_catalog and information_schema: tables of our own shape (Postgres 15's
// columns), which the worker keeps in DuckDB's schema `tarn_pg` and fills from main's CatalogImage.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/scope.h"

namespace tarn::sql {

inline constexpr std::string_view kCatalogSchema = "tarn_pg";
inline constexpr std::string_view kVersionText = "PostgreSQL 15.0 (Tarn)";  // what version() answers

struct CatalogTable {
  std::string name_space;  // "pg_catalog", "information_schema"
  std::string name;
  std::string duck_name;  // in tarn_pg: "pg_class", "is_tables"
  Oid oid = 0;            // the relation's own
  std::vector<OutputColumn> columns;
};

std::span<const CatalogTable> catalog_tables();
const CatalogTable* find_catalog_table(std::string_view name_space, std::string_view name);

}  // namespace tarn::sql
