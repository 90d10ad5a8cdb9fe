#include "catalog/state.h"

namespace tarn::catalog {

std::string to_string(const TableName& name) { return name.name_space + "." + name.name; }

TablePtr StateData::find(const TableName& name) const {
  auto found = by_name->find(name);
  return found == by_name->end() ? nullptr : found->second;
}

TablePtr StateData::find(TableUuid uuid) const {
  auto found = by_uuid->find(uuid);
  return found == by_uuid->end() ? nullptr : found->second;
}

std::vector<TablePtr> StateData::tables(std::string_view name_space) const {
  std::vector<TablePtr> tables;
  for (auto at_table = by_name->lower_bound({std::string(name_space), ""});
       at_table != by_name->end() && at_table->first.name_space == name_space; ++at_table)
    tables.push_back(at_table->second);
  return tables;
}

const Binding* StateData::binding(TopicId topic) const {
  auto found = topic_bindings->find(topic);
  return found == topic_bindings->end() ? nullptr : &found->second;
}

std::vector<const Binding*> StateData::bindings() const {
  std::vector<const Binding*> all;
  for (const auto& [topic, one] : *topic_bindings) all.push_back(&one);
  return all;
}

Offset StateData::landed_end(const LandedKey& key) const {
  auto found = landed->find(key);
  return found == landed->end() ? Offset(0) : found->second;
}

}  // namespace tarn::catalog
