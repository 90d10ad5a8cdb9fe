// Schema `tarn`: what the platform knows of itself as tables, for any session, whatever branch it reads.
//
//   tarn.runs       runs of models, the newest first to be kept
//   tarn.run_nodes  their models and tests, with compiled SQL and samples of failing rows
//
// Rows are made when a statement reads them, in chunks like those of un-landed rows.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "tail/tail.h"

namespace tarn::engine {

inline constexpr std::string_view kSystemSchema = "tarn";
inline constexpr Bytes kSystemRowsBytesMax{64u << 20};  // of one statement's rows of one table: older runs are left out

// Schemas that hold what the platform says of itself: nobody makes anything there.
constexpr bool is_system_schema(std::string_view name) {
  return name == kSystemSchema || name == "pg_catalog" || name == "information_schema";
}

// "runs", "run_nodes".
std::vector<std::string_view> system_tables();
// Null if there is no such table.
const table::Schema* find_system_table(std::string_view name_space, std::string_view name);
// Its rows as they are now. Errors: the catalog's.
Result<std::vector<std::shared_ptr<const tail::Chunk>>> system_rows(catalog::Catalog& catalog, std::string_view name);

}  // namespace tarn::engine
