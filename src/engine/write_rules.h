// What may be written where: columns, types, tables that belong to topics.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "engine/sql_error.h"
#include "engine/sql_protocol.h"
#include "sql/rewrite.h"

namespace tarn::engine {

// An error at the place of a name in the client's text.
std::unexpected<SqlError> fail_at(const sql::RelationName& name, std::string_view state, std::string message,
                                  std::string hint = {});

// At least one column, each with a name of its own; as in every file of ours, whatever the case of its letters.
// 42P16, 42701.
SqlResult<void> check_columns(const std::vector<table::Field>& fields);

// 0A000 if a topic lands in the table, or its dead letters; `what` is "insert into", "replace", "drop".
SqlResult<void> check_not_landed(const catalog::State& state, const catalog::TableState& table, std::string_view what);

// 42804 unless Postgres casts `from` to the column's type by assignment, as far as its types are ours.
SqlResult<void> check_assigned(const sql::ColumnInfo& column, Oid from);

// CREATE OR REPLACE VIEW may add columns at the end, nothing else: 42P16.
SqlResult<void> check_replaces(const std::vector<table::Field>& old, const std::vector<table::Field>& fields);

}  // namespace tarn::engine
