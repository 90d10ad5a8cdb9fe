// Which names a statement's text can mean at one place: relations of FROM, common table expressions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/types.h"

namespace tarn::sql {

struct OutputColumn {
  std::string name;
  Type type;
  std::string order_by = {};  // what sorts it, if not itself
};

// One item of FROM, under the name that column references use.
struct Relation {
  std::string alias;
  std::vector<OutputColumn> columns;
  bool open = false;                // may have columns that we don't know of
  Oid catalog = 0;                  // of pg_class, pg_type, ...: for their system column tableoid
  bool scalar = false;              // FROM generate_series(..) g: `g` alone is the value
  std::vector<std::string> merged;  // columns that JOIN USING took from this side
};

struct Scope {
  std::vector<Relation> relations;
  const Scope* outer = nullptr;
};

struct CommonTable {
  std::string name;
  std::vector<OutputColumn> columns;
  bool open = false;
};

// Innermost first.
struct CommonTables {
  std::vector<CommonTable> tables;
  const CommonTables* outer = nullptr;

  const CommonTable* find(std::string_view name) const {
    for (const CommonTables* at = this; at != nullptr; at = at->outer) {
      for (const CommonTable& table : at->tables) {
        if (table.name == name) return &table;
      }
    }
    return nullptr;
  }
};

struct FoundColumn {
  const Relation* relation = nullptr;
  Type type;
  bool ambiguous = false;
  bool merged = false;  // by JOIN USING: only its bare name means both
  bool maybe = false;   // some relation is open: DuckDB will tell
};

// A column by its bare name, innermost scope first; relation is null if none has it.
FoundColumn find_column(const Scope& scope, std::string_view name);
const Relation* find_relation(const Scope& scope, std::string_view alias);
const OutputColumn* find_column(const Relation& relation, std::string_view name);

// What a name that is not there may have meant, as Postgres's hints say it; "" if nothing is near.
std::string relation_hint(std::string_view name, const std::vector<std::string>& known);
std::string column_hint(std::string_view name, const Scope* scope);
std::string alias_hint(std::string_view alias, const Scope* scope);

}  // namespace tarn::sql
