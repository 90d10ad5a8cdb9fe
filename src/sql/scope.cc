#include "sql/scope.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.h"

namespace tarn::sql {
namespace {

std::string_view nearest_of(std::string_view name, const std::vector<std::string>& known) {
  std::vector<std::string_view> candidates(known.begin(), known.end());
  return nearest(name, candidates);
}

}  // namespace

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

std::string relation_hint(std::string_view name, const std::vector<std::string>& known) {
  std::string_view near = nearest_of(name, known);
  return near.empty() ? "" : fmt::format("Perhaps you meant \"{}\".", near);
}

std::string column_hint(std::string_view name, const Scope* scope) {
  std::vector<std::string> known;
  std::vector<const Relation*> of;
  for (const Scope* at = scope; at != nullptr; at = at->outer)
    for (const Relation& relation : at->relations)
      for (const OutputColumn& column : relation.columns) known.push_back(column.name), of.push_back(&relation);
  std::string_view near = nearest_of(name, known);
  if (near.empty()) return "";
  const Relation* relation = of[static_cast<std::size_t>(std::ranges::find(known, near) - known.begin())];
  return fmt::format("Perhaps you meant to reference the column \"{}{}{}\".", relation->alias,
                     relation->alias.empty() ? "" : ".", near);
}

std::string alias_hint(std::string_view alias, const Scope* scope) {
  std::vector<std::string> known;
  for (const Scope* at = scope; at != nullptr; at = at->outer)
    for (const Relation& relation : at->relations)
      if (!relation.alias.empty()) known.push_back(relation.alias);
  std::string_view near = nearest_of(alias, known);
  return near.empty() ? "" : fmt::format("Perhaps you meant to reference the table alias \"{}\".", near);
}

}  // namespace tarn::sql
