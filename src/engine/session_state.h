// What a session keeps by name. Internal to session*.cc.
#pragma once

#include "engine/session.h"

namespace tarn::engine {

struct Session::Prepared {
  std::shared_ptr<const sql::Parsed> statement;  // null: an empty text
  std::size_t bytes = 0;
  std::vector<Oid> parameter_types;  // as the client gave them; 0: to be inferred
  Purpose purpose;
  std::optional<Plan> plan;
  std::optional<Described> described;  // of that plan
};

struct Session::Portal {
  enum class State { kNew, kSuspended, kDone };

  std::shared_ptr<Prepared> prepared;
  std::vector<Parameter> parameters;
  std::vector<std::int16_t> formats;
  std::size_t bytes = 0;
  bool hold = false;    // WITH HOLD: outlives its transaction
  bool cursor = false;  // made by DECLARE: its formats come with the first FETCH
  State state = State::kNew;
  std::optional<std::vector<Column>> told;  // columns the client was told
  Plan plan;                                // what runs: the prepared one may be made anew meanwhile
  std::shared_ptr<const View> view;         // keeps chunks and files while it runs
  std::unique_ptr<Execution> execution;
};

// One call that runs a portal.
struct Session::Relay {
  std::uint64_t max_rows = 0;
  bool describe = false;  // tell the columns first
  std::string_view tag;   // of CommandComplete, before the count; empty: none is sent
  Client& client;
};

// Where a statement's rows go.
struct Session::Target {
  TableUuid table;
  std::string location;                 // URI of the table's folder
  table::Schema schema;                 // of the rows' columns, by position, with ids
  std::optional<catalog::Place> place;  // of a table that is made or replaced
};

// Rows that are in their table's folder, for the commit that makes them its own.
struct Session::Written {
  Target target;
  std::optional<table::DataFile> file;  // none: no rows
  std::uint64_t rows() const { return file ? static_cast<std::uint64_t>(file->record_count) : 0; }
};

struct Session::TableWanted {
  catalog::TableName name;
  std::shared_ptr<Prepared> select;
  const std::vector<Parameter>& parameters;
  std::vector<std::string> columns;  // names for the first ones
  bool or_replace = false;
  bool with_rows = true;
};

struct Session::ViewWanted {
  catalog::TableName name;
  sql::Parsed select;
  std::string text;                  // of the select
  std::vector<std::string> columns;  // names for the first ones
  bool or_replace = false;
  bool as_postgres = true;  // only a view is replaced, and by one that keeps its columns; else a table too
};

inline bool writes(sql::Kind kind) {
  return kind == sql::Kind::kCreateTable || kind == sql::Kind::kCreateView || kind == sql::Kind::kInsert ||
         kind == sql::Kind::kDrop;
}

inline bool returns_rows(sql::Kind kind) { return kind == sql::Kind::kSelect || kind == sql::Kind::kExplain; }

}  // namespace tarn::engine
