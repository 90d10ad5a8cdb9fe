#include "access/access.h"

#include <fmt/format.h>

namespace tarn::access {
namespace {

constexpr const char* kActionNames[] = {"read", "write", "create", "drop", "alter", "describe"};
constexpr const char* kKindNames[] = {"cluster",   "topic", "producer id", "group",
                                      "namespace", "table", "statement",   "metrics"};

}  // namespace

Principal local_admin(std::string_view name) {
  return {.name = std::string(name.empty() ? "anonymous" : name), .local_admin = true};
}

Result<void> authorize(const Principal& principal, Action action, Resource resource) {
  if (principal.local_admin) return {};
  return fail(Code::kDenied, fmt::format("{} may not {} {} {}; ask an administrator for a grant", principal.name,
                                         kActionNames[static_cast<int>(action)],
                                         kKindNames[static_cast<int>(resource.kind)], resource.name));
}

}  // namespace tarn::access
