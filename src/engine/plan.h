// From a parsed statement to what a worker runs: resolved, authorised, rewritten, with the files and chunks that a view
// gives its tables.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/access.h"
#include "engine/settings.h"
#include "engine/sql_error.h"
#include "engine/sql_protocol.h"
#include "engine/view.h"
#include "sql/rewrite.h"

namespace tarn::engine {

// A rewritten statement. Good as long as catalog and settings are those it was made with.
struct Plan {
  sql::Rewritten rewritten;
  CatalogVersion catalog_version;
  std::uint64_t settings_version = 0;
};

// What becomes of a statement's rows.
struct Purpose {
  bool stored = false;                                  // files of a table
  std::vector<sql::ColumnInfo> assigned;                // INSERT: the columns that they go to
  std::optional<std::vector<std::string>> search_path;  // CREATE VIEW: where its names are looked up at any time
};
inline const Purpose kAnswer;

struct PlanContext {
  const access::Principal& principal;
  const std::string& database;
  std::int32_t process_id;
  const Settings& settings;
  const catalog::State& state;
  const std::vector<Oid>& parameter_types;
  std::vector<catalog::TableName>* missing = nullptr;  // gets the names of tables that were looked for in vain
  const Purpose& purpose = kAnswer;
};

// Errors: the statement's own (42P01, 42601, ...); 42501 when `access` refuses.
SqlResult<Plan> make_plan(const sql::Parsed& statement, const PlanContext& context);

// Asks `access` again for every table and view: a plan outlives policies.
SqlResult<void> authorize_tables(const access::Principal& principal, const Plan& plan);

// The statement for a worker, its tables without rows: enough for Describe.
SqlResult<Statement> describe_statement(const Plan& plan, const std::vector<Oid>& parameter_types,
                                        const Settings& settings, const catalog::State& state);

// The same with the rows of `view`. The chunks' descriptors, in the protocol's order, are the view's, which must live
// on, and those of system tables.
struct ViewedStatement {
  Statement statement;
  std::vector<int> descriptors;
  std::vector<std::shared_ptr<const tail::Chunk>> system_chunks;
};
SqlResult<ViewedStatement> view_statement(const Plan& plan, const std::vector<Oid>& parameter_types,
                                          const Settings& settings, const View& view, catalog::Catalog& catalog);

}  // namespace tarn::engine
