#include "doors/http/iceberg_rest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "doors/http/error_answer.h"

namespace tarn::doors::http {
namespace {

using Json = nlohmann::ordered_json;
using access::Action;
using access::ResourceKind;
using catalog::Catalog;

constexpr char kNamespaceSeparator = '\x1F';
constexpr std::size_t kPageMax = 1000;

// What /v1/config lists: clients ask for nothing else.
constexpr const char* kEndpoints[] = {
    "GET /v1/{prefix}/namespaces",
    "GET /v1/{prefix}/namespaces/{namespace}",
    "HEAD /v1/{prefix}/namespaces/{namespace}",
    "GET /v1/{prefix}/namespaces/{namespace}/tables",
    "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}",
    "HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}",
    "POST /v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics",
};

Answer json_answer(const Json& json) { return {.body = json.dump(-1, ' ', false, Json::error_handler_t::replace)}; }

Answer no_content() { return {.status = 204, .content_type = ""}; }

std::string bound(const Request& request, const char* name) {
  auto found = request.bound.find(name);
  return found == request.bound.end() ? "" : found->second;
}

std::string queried(const Request& request, const char* name) {
  auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

// "main|tarn" of a prefix or warehouse, in parts; the branch is empty if none is named.
std::pair<std::string_view, std::string_view> branch_and_warehouse(std::string_view prefix) {
  std::size_t bar = prefix.find('|');
  if (bar == std::string_view::npos) return {"", prefix};
  return {prefix.substr(0, bar), prefix.substr(bar + 1)};
}

bool prefix_known(std::string_view prefix) {
  auto [branch, warehouse] = branch_and_warehouse(prefix);
  if (branch.empty()) return warehouse.empty() || warehouse == catalog::kWarehouse || warehouse == catalog::kMainBranch;
  return branch == catalog::kMainBranch && warehouse == catalog::kWarehouse;
}

Answer no_namespace(const std::string& name) {
  std::string shown = name;
  std::ranges::replace(shown, kNamespaceSeparator, '.');
  return error_answer(404, "NoSuchNamespaceException", fmt::format("Namespace does not exist: {}", shown));
}

Answer no_table(const std::string& name_space, const std::string& table) {
  return error_answer(404, "NoSuchTableException", fmt::format("Table does not exist: {}.{}", name_space, table));
}

bool has_namespace(const catalog::State& state, const std::string& name) {
  return std::ranges::binary_search(state.namespaces(), name);
}

// One page of sorted names (the specification's pageToken and pageSize): those after the token, which is the last name
// of the page before. `next` is the token of the next page, empty on the last one. A client that sends no pageToken
// wants all at once.
std::vector<std::string> page(const Request& request, std::vector<std::string> names, std::string& next) {
  if (!request.query.contains("pageToken")) return names;
  std::string size_text = queried(request, "pageSize");
  std::size_t size = kPageMax;
  std::from_chars(size_text.data(), size_text.data() + size_text.size(), size);
  size = std::clamp<std::size_t>(size, 1, kPageMax);
  names.erase(names.begin(), std::ranges::upper_bound(names, queried(request, "pageToken")));
  if (names.size() > size) {
    names.resize(size);
    next = names.back();
  }
  return names;
}

Answer listing(const char* key, Json items, const std::string& next) {
  Json json{{key, std::move(items)}};
  if (!next.empty()) json["next-page-token"] = next;
  return json_answer(json);
}

Answer get_config(const Catalog&, const Request& request) {
  std::string warehouse = queried(request, "warehouse");
  auto [branch, name] = branch_and_warehouse(warehouse);
  if (!branch.empty() && !prefix_known(warehouse))
    return error_answer(404, "NoSuchWarehouseException",
                        fmt::format("there is no branch {}; there is main|tarn", branch));
  Json json{{"defaults", Json::object()}, {"overrides", Json::object()}, {"endpoints", kEndpoints}};
  if (!branch.empty())
    json["overrides"]["prefix"] = fmt::format("{}%7C{}", branch, name);  // clients put it into paths as it is
  return json_answer(json);
}

Answer list_namespaces(const Catalog& catalog, const Request& request) {
  auto state = catalog.state();
  std::string parent = queried(request, "parent"), next;
  if (!parent.empty()) {  // one level so far: no namespace has children
    if (!has_namespace(*state, parent)) return no_namespace(parent);
    return listing("namespaces", Json::array(), next);
  }
  Json items = Json::array();
  for (const std::string& name : page(request, state->namespaces(), next)) items.push_back({name});
  return listing("namespaces", std::move(items), next);
}

Answer load_namespace(const Catalog& catalog, const Request& request) {
  std::string name = bound(request, "namespace");
  if (!has_namespace(*catalog.state(), name)) return no_namespace(name);
  return json_answer({{"namespace", Json::array({name})}, {"properties", Json::object()}});
}

Answer namespace_exists(const Catalog& catalog, const Request& request) {
  std::string name = bound(request, "namespace");
  return has_namespace(*catalog.state(), name) ? no_content() : no_namespace(name);
}

Answer list_tables(const Catalog& catalog, const Request& request) {
  auto state = catalog.state();
  std::string name = bound(request, "namespace"), next;
  if (!has_namespace(*state, name)) return no_namespace(name);
  std::vector<std::string> names;
  for (const auto& table : state->tables(name)) names.push_back(table->name.name);
  Json items = Json::array();
  for (const std::string& table : page(request, std::move(names), next))
    items.push_back({{"namespace", Json::array({name})}, {"name", table}});
  return listing("identifiers", std::move(items), next);
}

// snapshots=refs: only the snapshots that refs name.
table::TableMetadata with_ref_snapshots(const table::TableMetadata& metadata) {
  table::TableMetadata few = metadata;
  std::erase_if(few.snapshots, [&](const auto& snapshot) {
    return std::ranges::none_of(few.refs, [&](const auto& ref) { return ref.second.snapshot == snapshot->id; });
  });
  return few;
}

Answer load_table(const Catalog& catalog, const Request& request) {
  std::string name_space = bound(request, "namespace"), name = bound(request, "table");
  auto table = catalog.state()->find(catalog::TableName{name_space, name});
  if (!table) return no_table(name_space, name);
  std::string metadata = queried(request, "snapshots") == "refs" ? table::to_json(with_ref_snapshots(*table->metadata))
                                                                 : table::to_json(*table->metadata);
  // Put together as text: the metadata may be large, and is JSON already.
  return {.body = fmt::format(R"({{"metadata-location":{},"metadata":{},"config":{{}}}})",
                              Json(table->metadata_location).dump(), metadata)};
}

Answer table_exists(const Catalog& catalog, const Request& request) {
  std::string name_space = bound(request, "namespace"), name = bound(request, "table");
  return catalog.state()->find(catalog::TableName{name_space, name}) ? no_content() : no_table(name_space, name);
}

Answer report_metrics(const Catalog&, const Request&) { return no_content(); }

Answer not_served(const Catalog&, const Request& request) {
  if (request.method == "GET" || request.method == "HEAD")
    return error_answer(404, "NotFoundException", "there is nothing at this path");
  return error_answer(
      406, "UnsupportedOperationException",
      "Tarn's Iceberg catalog is read-only for now: write through Kafka topics or SQL at the Postgres door");
}

struct Operation {
  const char* method;
  const char* path;  // after /iceberg/v1 and an optional prefix
  Answer (*handle)(const Catalog&, const Request&);
  Action action;
  ResourceKind kind;
};

constexpr Operation kOperations[] = {
    {"GET", "/namespaces", list_namespaces, Action::kDescribe, ResourceKind::kNamespace},
    {"GET", "/namespaces/{namespace}", load_namespace, Action::kDescribe, ResourceKind::kNamespace},
    {"HEAD", "/namespaces/{namespace}", namespace_exists, Action::kDescribe, ResourceKind::kNamespace},
    {"GET", "/namespaces/{namespace}/tables", list_tables, Action::kDescribe, ResourceKind::kNamespace},
    {"GET", "/namespaces/{namespace}/tables/{table}", load_table, Action::kRead, ResourceKind::kTable},
    {"HEAD", "/namespaces/{namespace}/tables/{table}", table_exists, Action::kDescribe, ResourceKind::kTable},
    {"POST", "/namespaces/{namespace}/tables/{table}/metrics", report_metrics, Action::kRead, ResourceKind::kTable},
};

// Past access, and with a prefix that we know.
Answer guarded(const Operation& operation, const Catalog& catalog, const Request& request) {
  std::string resource = bound(request, "namespace");
  if (operation.kind == ResourceKind::kTable) resource += "." + bound(request, "table");
  auto allowed = access::authorize(request.principal, operation.action, {operation.kind, resource});
  if (!allowed) return error_answer(allowed.error());
  std::string prefix = bound(request, "prefix");
  if (!prefix_known(prefix))
    return error_answer(404, "NoSuchWarehouseException",
                        fmt::format("there is no branch or warehouse {}; there is main|tarn", prefix));
  return operation.handle(catalog, request);
}

}  // namespace

std::vector<Route> iceberg_routes(const Catalog& catalog) {
  std::vector<Route> routes;
  auto add = [&](const Operation& operation, const std::string& base) {
    routes.push_back({operation.method, base + operation.path,
                      [operation, &catalog](const Request& request) { return guarded(operation, catalog, request); }});
  };
  add({"GET", "/config", get_config, Action::kDescribe, ResourceKind::kCluster}, "/iceberg/v1");
  for (const Operation& operation : kOperations) add(operation, "/iceberg/v1");
  for (const Operation& operation : kOperations) add(operation, "/iceberg/v1/{prefix}");
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE"})
    add({method, "/{rest...}", not_served, Action::kDescribe, ResourceKind::kCluster}, "/iceberg");
  return routes;
}

}  // namespace tarn::doors::http
