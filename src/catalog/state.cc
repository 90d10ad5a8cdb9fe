#include "catalog/state.h"

namespace tarn::catalog {
namespace {

template <class Part>
std::vector<typename Part::mapped_type> of_namespace(const Part& part, std::string_view name_space) {
  std::vector<typename Part::mapped_type> all;
  for (auto at = part.lower_bound({std::string(name_space), ""}); at != part.end(); ++at) {
    if (at->first.name_space != name_space) break;
    all.push_back(at->second);
  }
  return all;
}

template <class Part, class Key>
typename Part::mapped_type found_in(const Part& part, const Key& key) {
  auto found = part.find(key);
  return found == part.end() ? nullptr : found->second;
}

}  // namespace

std::string to_string(const TableName& name) { return name.name_space + "." + name.name; }

bool same(const Entry& a, const Entry& b) {
  return static_cast<bool>(a) == static_cast<bool>(b) && (!a || a.location() == b.location());
}

TablePtr StateData::find(const TableName& name) const { return found_in(*by_name, name); }
TablePtr StateData::find(TableUuid uuid) const { return found_in(*by_uuid, uuid); }
ViewPtr StateData::find_view(const TableName& name) const { return found_in(*views_by_name, name); }

std::vector<TablePtr> StateData::tables(std::string_view name_space) const {
  return of_namespace(*by_name, name_space);
}

std::vector<ViewPtr> StateData::views(std::string_view name_space) const {
  return of_namespace(*views_by_name, name_space);
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

const Binding* StateData::landing_in(TableUuid table) const {
  for (const auto& [topic, one] : *topic_bindings) {
    if (one.lands_in(table)) return &one;
  }
  return nullptr;
}

Offset StateData::landed_end(const LandedKey& key) const {
  auto found = landed->find(key);
  return found == landed->end() ? Offset(0) : found->second;
}

}  // namespace tarn::catalog
