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

struct StateData final : State {
  using Namespaces = std::set<std::string>;
  using TablesByName = std::map<TableName, TablePtr>;
  using TablesByUuid = std::unordered_map<TableUuid, TablePtr>;
  using Bindings = std::map<TopicId, Binding>;
  using Landed = std::map<LandedKey, Offset>;

  CatalogVersion at;
  std::shared_ptr<const Namespaces> name_spaces = std::make_shared<Namespaces>();
  std::shared_ptr<const TablesByName> by_name = std::make_shared<TablesByName>();
  std::shared_ptr<const TablesByUuid> by_uuid = std::make_shared<TablesByUuid>();
  std::shared_ptr<const Bindings> topic_bindings = std::make_shared<Bindings>();
  std::shared_ptr<const Landed> landed = std::make_shared<Landed>();

  CatalogVersion version() const override { return at; }
  std::vector<std::string> namespaces() const override { return {name_spaces->begin(), name_spaces->end()}; }
  TablePtr find(const TableName& name) const override;
  TablePtr find(TableUuid uuid) const override;
  std::vector<TablePtr> tables(std::string_view name_space) const override;
  const Binding* binding(TopicId topic) const override;
  std::vector<const Binding*> bindings() const override;
  Offset landed_end(const LandedKey& key) const override;
};

}  // namespace tarn::catalog
