#include "doors/http/branch_routes.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "doors/http/error_answer.h"

namespace tarn::doors::http {
namespace {

using Json = nlohmann::json;
using access::Action;
using access::ResourceKind;
using catalog::Catalog;

std::string_view kind_name(catalog::ChangeKind kind) {
  switch (kind) {
    case catalog::ChangeKind::kAdded: return "added";
    case catalog::ChangeKind::kChanged: return "changed";
    case catalog::ChangeKind::kDropped: return "dropped";
  }
  return "";
}

// Of the table's newest snapshot; null if it is no table there, or nobody counted.
Json rows_of(const std::shared_ptr<const catalog::State>& state, const catalog::TableName& name) {
  auto table = state ? state->find(name) : nullptr;
  if (!table) return {};
  auto snapshot = table->metadata->current_snapshot();
  if (!snapshot) return 0;
  auto total = snapshot->summary.find("total-records");
  std::int64_t rows = 0;
  if (total == snapshot->summary.end()) return {};
  const std::string& text = total->second;
  if (std::from_chars(text.data(), text.data() + text.size(), rows).ec != std::errc()) return {};
  return rows;
}

// A branch is a state of all tables: who may see or drop one is asked of the platform as a whole.
Result<Json> list(Catalog& catalog, const Request& request) {
  TARN_TRY(access::authorize(request.principal, Action::kDescribe, {ResourceKind::kCluster, ""}));
  Json branches = Json::array();
  for (const catalog::BranchState& branch : catalog.branches()) {
    branches.push_back({{"name", branch.name},
                        {"base", branch.base.value()},
                        {"at", branch.at.value()},
                        {"created", branch.created.value()},
                        {"expires", branch.expires ? Json(branch.expires->value()) : Json()}});
  }
  return Json{{"branches", branches}};
}

Result<Json> diff(Catalog& catalog, const Request& request) {
  const std::string& name = request.bound.at("name");
  TARN_TRY(access::authorize(request.principal, Action::kDescribe, {ResourceKind::kCluster, ""}));
  if (name == catalog::kMainBranch) return Json{{"branch", name}, {"changes", Json::array()}};
  TARN_ASSIGN(std::vector<catalog::Change> changes, catalog.diff(name));
  std::shared_ptr<const catalog::State> now, before;  // without them rows are not known, no more
  for (const catalog::BranchState& branch : catalog.branches()) {
    if (branch.name != name) continue;
    if (auto state = catalog.state({.branch = name})) now = *state;
    if (auto state = catalog.state({.version = branch.base})) before = *state;
  }
  Json all = Json::array();
  for (const catalog::Change& change : changes)
    all.push_back({{"name", to_string(change.name)},
                   {"kind", kind_name(change.kind)},
                   {"is_view", change.is_view},
                   {"appends", change.appends},
                   {"conflict", change.conflict.empty() ? Json() : Json(change.conflict)},
                   {"rows", rows_of(now, change.name)},
                   {"rows_before", rows_of(before, change.name)}});
  return Json{{"branch", name}, {"changes", all}};
}

Result<Json> drop(Catalog& catalog, const Request& request) {
  const std::string& name = request.bound.at("name");
  TARN_TRY(access::authorize(request.principal, Action::kAlter, {ResourceKind::kCluster, ""}));
  TARN_TRY(catalog.drop_branch(name));
  return Json::object();
}

}  // namespace

std::vector<Route> branch_routes(Catalog& catalog) {
  auto route = [&](std::string method, std::string pattern, Result<Json> (*handle)(Catalog&, const Request&)) {
    return Route{std::move(method), std::move(pattern), [&catalog, handle](const Request& request) -> Answer {
                   Result<Json> result = handle(catalog, request);
                   if (!result) return error_answer(result.error());
                   return {.body = result->dump(-1, ' ', false, Json::error_handler_t::replace)};
                 }};
  };
  return {route("GET", "/api/v1/branches", &list), route("GET", "/api/v1/branches/{name}/diff", &diff),
          route("DELETE", "/api/v1/branches/{name}", &drop)};
}

}  // namespace tarn::doors::http
