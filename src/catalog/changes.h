// What one transaction of the catalog changes: rows for the store, parts for the next state of one branch.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog/state.h"

namespace tarn::catalog {

struct HeadChange {
  TableName name;
  Uuid uuid;            // of the table or view
  bool is_new = false;  // the branch had no such table or view before
  Entry next;           // nothing: it is dropped
};

struct FinishedRun {
  RunFinish finish;
  std::size_t changed = 0;
};

struct Changes {
  std::string branch;
  CatalogVersion version;
  std::set<std::string> namespaces;  // new ones
  std::vector<HeadChange> heads;
  std::map<LandedKey, Offset> landed;
  std::map<TopicId, Binding> bindings;
  std::map<std::string, Committed> outcomes;  // by idempotency key
  std::set<std::string> published;            // branches that end with it
  std::vector<FinishedRun> finished;          // runs that end with it, published
  TimestampMs now;
};

// The branch's state after `changes`.
StatePtr apply(const StateData& before, const Changes& changes);

// `state` with `heads` in place of what is at their names.
void put_heads(StateData& state, const std::vector<HeadChange>& heads);

}  // namespace tarn::catalog
