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
using catalog::State;

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
    "GET /v1/{prefix}/namespaces/{namespace}/views",
    "GET /v1/{prefix}/namespaces/{namespace}/views/{view}",
    "HEAD /v1/{prefix}/namespaces/{namespace}/views/{view}",
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

// "run/7@12" and "tarn" of a prefix or warehouse "run/7@12|tarn"; the first is empty if there is no bar.
std::pair<std::string_view, std::string_view> ref_and_warehouse(std::string_view prefix) {
  std::size_t bar = prefix.find('|');
  if (bar == std::string_view::npos) return {"", prefix};
  return {prefix.substr(0, bar), prefix.substr(bar + 1)};
}

// What a prefix reads: nothing and the warehouse's name are main. kInvalidArgument, kNotFound.
Result<catalog::Ref> ref_of(std::string_view prefix) {
  auto [ref, warehouse] = ref_and_warehouse(prefix);
  if (ref.empty() && (warehouse.empty() || warehouse == catalog::kWarehouse)) return catalog::Ref{};
  if (!ref.empty() && warehouse != catalog::kWarehouse)
    return fail(Code::kNotFound, fmt::format("there is no warehouse {}; there is {}", warehouse, catalog::kWarehouse));
  return catalog::parse_ref(ref.empty() ? warehouse : ref);
}

// Clients put a prefix into paths as it is.
std::string percent_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.')
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Answer no_such_prefix(const Error& error) {
  if (error.code != Code::kNotFound && error.code != Code::kInvalidArgument) return error_answer(error);
  return error_answer(404, "NoSuchWarehouseException", error.message);
}

Answer no_namespace(const std::string& name) {
  std::string shown = name;
  std::ranges::replace(shown, kNamespaceSeparator, '.');
  return error_answer(404, "NoSuchNamespaceException", fmt::format("Namespace does not exist: {}", shown));
}

Answer no_table(const std::string& name_space, const std::string& table) {
  return error_answer(404, "NoSuchTableException", fmt::format("Table does not exist: {}.{}", name_space, table));
}

Answer no_view(const std::string& name_space, const std::string& view) {
  return error_answer(404, "NoSuchViewException", fmt::format("View does not exist: {}.{}", name_space, view));
}

bool has_namespace(const State& state, const std::string& name) {
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

Answer get_config(const Catalog& catalog, const Request& request) {
  std::string warehouse = queried(request, "warehouse");
  Json json{{"defaults", Json::object()}, {"overrides", Json::object()}, {"endpoints", kEndpoints}};
  // Any plain name is taken: clients send what they were once configured with.
  if (warehouse.contains('|')) {
    auto ref = ref_of(warehouse);
    if (!ref) return no_such_prefix(ref.error());
    if (auto state = catalog.state(*ref); !state) return no_such_prefix(state.error());
    json["overrides"]["prefix"] = percent_encode(warehouse);
  }
  return json_answer(json);
}

Answer list_namespaces(const State& state, const Request& request) {
  std::string parent = queried(request, "parent"), next;
  if (!parent.empty()) {  // one level so far: no namespace has children
    if (!has_namespace(state, parent)) return no_namespace(parent);
    return listing("namespaces", Json::array(), next);
  }
  Json items = Json::array();
  for (const std::string& name : page(request, state.namespaces(), next)) items.push_back({name});
  return listing("namespaces", std::move(items), next);
}

Answer load_namespace(const State& state, const Request& request) {
  std::string name = bound(request, "namespace");
  if (!has_namespace(state, name)) return no_namespace(name);
  return json_answer({{"namespace", Json::array({name})}, {"properties", Json::object()}});
}

Answer namespace_exists(const State& state, const Request& request) {
  std::string name = bound(request, "namespace");
  return has_namespace(state, name) ? no_content() : no_namespace(name);
}

// A page of the names of `all`, as the specification's identifiers.
template <class Items>
Answer list_names(const Request& request, const std::string& name_space, const Items& all) {
  std::vector<std::string> names;
  for (const auto& one : all) names.push_back(one->name.name);
  Json items = Json::array();
  std::string next;
  for (const std::string& name : page(request, std::move(names), next))
    items.push_back({{"namespace", Json::array({name_space})}, {"name", name}});
  return listing("identifiers", std::move(items), next);
}

Answer list_tables(const State& state, const Request& request) {
  std::string name = bound(request, "namespace");
  return has_namespace(state, name) ? list_names(request, name, state.tables(name)) : no_namespace(name);
}

Answer list_views(const State& state, const Request& request) {
  std::string name = bound(request, "namespace");
  return has_namespace(state, name) ? list_names(request, name, state.views(name)) : no_namespace(name);
}

// snapshots=refs: only the snapshots that refs name.
table::TableMetadata with_ref_snapshots(const table::TableMetadata& metadata) {
  table::TableMetadata few = metadata;
  std::erase_if(few.snapshots, [&](const auto& snapshot) {
    return std::ranges::none_of(few.refs, [&](const auto& ref) { return ref.second.snapshot == snapshot->id; });
  });
  return few;
}

// Put together as text: the metadata may be large, and is JSON already.
Answer loaded(const std::string& location, const std::string& metadata) {
  return {.body = fmt::format(R"({{"metadata-location":{},"metadata":{},"config":{{}}}})", Json(location).dump(),
                              metadata)};
}

Answer load_table(const State& state, const Request& request) {
  std::string name_space = bound(request, "namespace"), name = bound(request, "table");
  auto table = state.find(catalog::TableName{name_space, name});
  if (!table) return no_table(name_space, name);
  bool few = queried(request, "snapshots") == "refs";
  return loaded(table->metadata_location,
                table::to_json(few ? with_ref_snapshots(*table->metadata) : *table->metadata));
}

Answer table_exists(const State& state, const Request& request) {
  std::string name_space = bound(request, "namespace"), name = bound(request, "table");
  return state.find(catalog::TableName{name_space, name}) ? no_content() : no_table(name_space, name);
}

Answer load_view(const State& state, const Request& request) {
  std::string name_space = bound(request, "namespace"), name = bound(request, "view");
  auto view = state.find_view({name_space, name});
  return view ? loaded(view->metadata_location, table::to_json(*view->metadata)) : no_view(name_space, name);
}

Answer view_exists(const State& state, const Request& request) {
  std::string name_space = bound(request, "namespace"), name = bound(request, "view");
  return state.find_view({name_space, name}) ? no_content() : no_view(name_space, name);
}

Answer report_metrics(const State&, const Request&) { return no_content(); }

Answer not_served(const Request& request) {
  if (request.method == "GET" || request.method == "HEAD")
    return error_answer(404, "NotFoundException", "there is nothing at this path");
  return error_answer(
      406, "UnsupportedOperationException",
      "Tarn's Iceberg catalog is read-only for now: write through Kafka topics or SQL at the Postgres door");
}

struct Operation {
  const char* method;
  const char* path;  // after /iceberg/v1 and an optional prefix
  Answer (*handle)(const State&, const Request&);
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
    {"GET", "/namespaces/{namespace}/views", list_views, Action::kDescribe, ResourceKind::kNamespace},
    {"GET", "/namespaces/{namespace}/views/{view}", load_view, Action::kRead, ResourceKind::kTable},
    {"HEAD", "/namespaces/{namespace}/views/{view}", view_exists, Action::kDescribe, ResourceKind::kTable},
};

// What access says, if it says no.
std::optional<Answer> refused(const Request& request, Action action, ResourceKind kind) {
  std::string resource = bound(request, "namespace");
  if (kind == ResourceKind::kTable) resource += "." + bound(request, "table") + bound(request, "view");
  auto allowed = access::authorize(request.principal, action, {kind, resource});
  if (!allowed) return error_answer(allowed.error());
  return std::nullopt;
}

// Past access, on the state that the prefix names.
Answer guarded(const Operation& operation, const Catalog& catalog, const Request& request) {
  if (auto no = refused(request, operation.action, operation.kind)) return std::move(*no);
  auto ref = ref_of(bound(request, "prefix"));
  if (!ref) return no_such_prefix(ref.error());
  auto state = catalog.state(*ref);
  if (!state) return no_such_prefix(state.error());
  return operation.handle(**state, request);
}

}  // namespace

std::vector<Route> iceberg_routes(const Catalog& catalog) {
  std::vector<Route> routes;
  auto of_cluster = [](auto handle) {
    return [handle](const Request& request) {
      auto no = refused(request, Action::kDescribe, ResourceKind::kCluster);
      return no ? std::move(*no) : handle(request);
    };
  };
  routes.push_back({"GET", "/iceberg/v1/config",
                    of_cluster([&catalog](const Request& request) { return get_config(catalog, request); })});
  for (std::string base : {"/iceberg/v1", "/iceberg/v1/{prefix}"}) {
    for (const Operation& operation : kOperations) {
      routes.push_back({operation.method, base + operation.path, [operation, &catalog](const Request& request) {
                          return guarded(operation, catalog, request);
                        }});
    }
  }
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE"})
    routes.push_back({method, "/iceberg/{rest...}", of_cluster(not_served)});
  return routes;
}

}  // namespace tarn::doors::http
