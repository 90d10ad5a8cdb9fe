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

bool drops(const std::vector<HeadChange>& heads, TableUuid uuid) {
  for (const HeadChange& head : heads) {
    if (head.uuid == uuid && !head.next) return true;
  }
  return false;
}

// What goes first, then what comes: another thing may take a dropped one's name.
template <class Visit>
void in_order(const std::vector<HeadChange>& heads, Visit visit) {
  for (const HeadChange& head : heads) {
    if (!head.next) visit(head);
  }
  for (const HeadChange& head : heads) {
    if (head.next) visit(head);
  }
}

}  // namespace

void put_heads(StateData& state, const std::vector<HeadChange>& heads) {
  change(state.by_name, [&](StateData::TablesByName& tables) {
    in_order(heads, [&](const HeadChange& head) {
      if (!head.next.table)
        tables.erase(head.name);
      else
        tables[head.name] = head.next.table;
    });
  });
  change(state.by_uuid, [&](StateData::TablesByUuid& tables) {
    in_order(heads, [&](const HeadChange& head) {
      if (!head.next.table)
        tables.erase(head.uuid);
      else
        tables[head.uuid] = head.next.table;
    });
  });
  change(state.views_by_name, [&](StateData::ViewsByName& views) {
    in_order(heads, [&](const HeadChange& head) {
      if (!head.next.view)
        views.erase(head.name);
      else
        views[head.name] = head.next.view;
    });
  });
}

StatePtr apply(const StateData& before, const Changes& changes) {
  auto next = std::make_shared<StateData>(before);
  next->at = changes.version;
  if (!changes.namespaces.empty()) {
    change(next->name_spaces,
           [&](StateData::Namespaces& all) { all.insert(changes.namespaces.begin(), changes.namespaces.end()); });
  }
  if (!changes.heads.empty()) {
    put_heads(*next, changes.heads);
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
