// Who may do what. Every handler of every door asks here before it acts or shows a name, from the first day: today the
// answer is yes for the local administrator, whom every connection on loopback is.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tarn::access {

struct Principal {
  std::string name;          // as the door's protocol gave it
  bool local_admin = false;  // came in over loopback while no authentication is configured
};

// The principal of a connection that named itself `name` (empty: "anonymous") over loopback.
Principal local_admin(std::string_view name);

enum class Action { kRead, kWrite, kCreate, kDrop, kAlter, kDescribe };

enum class ResourceKind { kCluster, kTopic, kProducerId, kGroup, kNamespace, kTable, kStatement, kMetrics };

struct Resource {
  ResourceKind kind;
  std::string_view name;  // empty: the kind as a whole
};

// kDenied, naming principal, action and resource, if not allowed.
Result<void> authorize(const Principal& principal, Action action, Resource resource);

}  // namespace tarn::access
