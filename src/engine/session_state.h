// What a session keeps by name. Internal to session*.cc.
#pragma once

#include "engine/session.h"

namespace tarn::engine {

struct Session::Prepared {
  std::shared_ptr<const sql::Parsed> statement;  // null: an empty text
  std::size_t bytes = 0;
  std::vector<Oid> parameter_types;  // as the client gave them; 0: to be inferred
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

inline bool returns_rows(sql::Kind kind) { return kind == sql::Kind::kSelect || kind == sql::Kind::kExplain; }

}  // namespace tarn::engine
