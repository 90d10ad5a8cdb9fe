// What one transaction of the catalog changes: rows for the store, parts for the next state.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "catalog/state.h"

namespace tarn::catalog {

struct HeadChange {
  TableName name;
  TableUuid uuid;
  bool is_new = false;  // no head to close
  TablePtr next;        // null: the table is dropped
};

struct Changes {
  CatalogVersion version;
  std::set<std::string> namespaces;  // new ones
  std::vector<HeadChange> heads;
  std::vector<std::string> forgotten;  // locations of metadata files that are to be deleted after the commit
  std::map<LandedKey, Offset> landed;
  std::map<TopicId, Binding> bindings;
  std::map<std::string, Committed> outcomes;  // by idempotency key
  TimestampMs now;
};

// The state after `changes`.
std::shared_ptr<const StateData> apply(const StateData& before, const Changes& changes);

}  // namespace tarn::catalog
