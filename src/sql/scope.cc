#include "sql/scope.h"

#include <algorithm>

namespace tarn::sql {

const OutputColumn* find_column(const Relation& relation, std::string_view name) {
  auto found = std::ranges::find(relation.columns, name, &OutputColumn::name);
  return found == relation.columns.end() ? nullptr : &*found;
}

const Relation* find_relation(const Scope& scope, std::string_view alias) {
  for (const Scope* at = &scope; at != nullptr; at = at->outer) {
    auto found = std::ranges::find(at->relations, alias, &Relation::alias);
    if (found != at->relations.end()) return &*found;
  }
  return nullptr;
}

FoundColumn find_column(const Scope& scope, std::string_view name) {
  FoundColumn result;
  for (const Scope* at = &scope; at != nullptr; at = at->outer) {
    for (const Relation& relation : at->relations) {
      result.maybe |= relation.open;
      if (std::ranges::find(relation.merged, name) != relation.merged.end()) {
        result.merged = true;
        continue;
      }
      const OutputColumn* column = find_column(relation, name);
      if (column == nullptr) continue;
      if (result.relation != nullptr) result.ambiguous = true;
      result.relation = &relation;
      result.type = column->type;
    }
    if (result.relation != nullptr) return result;
  }
  return result;
}

}  // namespace tarn::sql
