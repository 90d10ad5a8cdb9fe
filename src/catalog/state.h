// The catalog's immutable state in memory. Parts that a commit does not touch are shared with the state before it.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "catalog/catalog.h"

namespace tarn::catalog {

using TablePtr = std::shared_ptr<const TableState>;
using ViewPtr = std::shared_ptr<const ViewState>;

// What stands at a name: a table, a view, or nothing.
struct Entry {
  TablePtr table;
  ViewPtr view;

  explicit operator bool() const { return table || view; }
  const Uuid& uuid() const { return table ? table->uuid : view->uuid; }
  const std::string& location() const { return table ? table->metadata_location : view->metadata_location; }
};
bool same(const Entry& a, const Entry& b);  // the very same metadata, or both nothing

struct StateData final : State {
  using Namespaces = std::set<std::string>;
  using TablesByName = std::map<TableName, TablePtr>;
  using TablesByUuid = std::unordered_map<TableUuid, TablePtr>;
  using ViewsByName = std::map<TableName, ViewPtr>;
  using Bindings = std::map<TopicId, Binding>;
  using Landed = std::map<LandedKey, Offset>;

  CatalogVersion at;
  std::shared_ptr<const Namespaces> name_spaces = std::make_shared<Namespaces>();
  std::shared_ptr<const TablesByName> by_name = std::make_shared<TablesByName>();
  std::shared_ptr<const TablesByUuid> by_uuid = std::make_shared<TablesByUuid>();
  std::shared_ptr<const ViewsByName> views_by_name = std::make_shared<ViewsByName>();
  std::shared_ptr<const Bindings> topic_bindings = std::make_shared<Bindings>();
  std::shared_ptr<const Landed> landed = std::make_shared<Landed>();

  CatalogVersion version() const override { return at; }
  std::vector<std::string> namespaces() const override { return {name_spaces->begin(), name_spaces->end()}; }
  TablePtr find(const TableName& name) const override;
  TablePtr find(TableUuid uuid) const override;
  std::vector<TablePtr> tables(std::string_view name_space) const override;
  ViewPtr find_view(const TableName& name) const override;
  std::vector<ViewPtr> views(std::string_view name_space) const override;
  const Binding* binding(TopicId topic) const override;
  std::vector<const Binding*> bindings() const override;
  const Binding* landing_in(TableUuid table) const override;
  Offset landed_end(const LandedKey& key) const override;

  Entry entry(const TableName& name) const { return {find(name), find_view(name)}; }
};

using StatePtr = std::shared_ptr<const StateData>;

}  // namespace tarn::catalog
