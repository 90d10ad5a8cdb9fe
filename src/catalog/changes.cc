#include "catalog/changes.h"

namespace tarn::catalog {
namespace {

// A private copy of a shared part, put back when done.
template <class Part, class Change>
void change(std::shared_ptr<const Part>& part, Change apply_to) {
  auto copy = std::make_shared<Part>(*part);
  apply_to(*copy);
  part = std::move(copy);
}

void change_heads(StateData& state, const std::vector<HeadChange>& heads) {
  change(state.by_name, [&](StateData::TablesByName& tables) {
    for (const HeadChange& head : heads) {
      if (!head.next) tables.erase(head.name);
    }
    for (const HeadChange& head : heads) {
      if (head.next) tables[head.name] = head.next;
    }
  });
  change(state.by_uuid, [&](StateData::TablesByUuid& tables) {
    for (const HeadChange& head : heads) {
      if (head.next)
        tables[head.uuid] = head.next;
      else
        tables.erase(head.uuid);
    }
  });
}

bool drops(const std::vector<HeadChange>& heads, TableUuid uuid) {
  for (const HeadChange& head : heads) {
    if (head.uuid == uuid && !head.next) return true;
  }
  return false;
}

}  // namespace

std::shared_ptr<const StateData> apply(const StateData& before, const Changes& changes) {
  auto next = std::make_shared<StateData>(before);
  next->at = changes.version;
  if (!changes.namespaces.empty()) {
    change(next->name_spaces,
           [&](StateData::Namespaces& all) { all.insert(changes.namespaces.begin(), changes.namespaces.end()); });
  }
  if (!changes.heads.empty()) {
    change_heads(*next, changes.heads);
    change(next->landed, [&](StateData::Landed& all) {
      std::erase_if(all, [&](const auto& entry) { return drops(changes.heads, entry.first.table); });
    });
  }
  if (!changes.landed.empty()) {
    change(next->landed, [&](StateData::Landed& all) {
      for (const auto& [key, end] : changes.landed) all[key] = end;
    });
  }
  if (!changes.bindings.empty()) {
    change(next->topic_bindings, [&](StateData::Bindings& all) {
      for (const auto& [topic, binding] : changes.bindings) all[topic] = binding;
    });
  }
  return next;
}

}  // namespace tarn::catalog
