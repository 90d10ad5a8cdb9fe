#include "flow/publish/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/nearest.h"
#include "engine/system_tables.h"
#include "flow/land/rules.h"
#include "flow/model/problems.h"
#include "sql/rewrite.h"

namespace tarn::flow::publish {
namespace {

using model::NodeKind;
using model::Plan;
using model::PlanNode;
using model::Problems;

catalog::TableName table_name(const model::Relation& relation) { return {relation.schema, relation.name}; }

bool is_there(const catalog::State& state, const catalog::TableName& name) {
  return state.find(name) || state.find_view(name);
}

// Of the topic that lands in what has the name; null: none does.
const catalog::Binding* landing(const catalog::State& state, const catalog::TableName& name) {
  auto table = state.find(name);
  return table ? state.landing_in(table->uuid) : nullptr;
}

std::string did_you_mean(const catalog::State& state, const catalog::TableName& name) {
  std::vector<std::string> names;
  for (const auto& table : state.tables(name.name_space)) names.push_back(table->name.name);
  std::vector<std::string_view> candidates(names.begin(), names.end());
  std::string_view near = nearest(name.name, candidates);
  return near.empty() ? "" : fmt::format("; did you mean `{}`?", near);
}

class Reading {
 public:
  Reading(const Plan& plan, const catalog::State& main) : main_(main) {
    for (const PlanNode& node : plan.nodes)
      if (node.kind == NodeKind::kModel) seen_.insert(table_name(node.relation));  // its SQL is read anyway
  }

  // What does not parse reads nothing: the run will say so.
  void read(const std::string& text, const std::string& name_space, int depth) {
    auto parsed = sql::parse(text);
    if (!parsed || parsed->size() != 1) return;
    for (const sql::RelationName& named : sql::relations_of(parsed->front())) {
      bool found = false;
      std::vector<std::string> spaces{named.name_space};
      if (named.name_space.empty()) spaces = {name_space, "public"};
      for (const std::string& space : spaces) found = found || look({space, named.name}, depth);
      if (!found && spaces.back() == "public") topics.to_come.insert(named.name);
    }
  }

  TopicsRead topics;

 private:
  bool look(const catalog::TableName& name, int depth) {
    if (!is_there(main_, name)) return seen_.contains(name);
    if (!seen_.insert(name).second) return true;
    if (auto binding = landing(main_, name)) topics.landed.insert(binding->topic_name);
    auto view = main_.find_view(name);
    if (view && depth < static_cast<int>(sql::kViewDepthMax)) read(view->sql(), name.name_space, depth + 1);
    return true;
  }

  const catalog::State& main_;
  std::set<catalog::TableName> seen_;
};

}  // namespace

Result<std::vector<std::string>> check_before_landing(const Plan& plan, const catalog::State& main) {
  Problems problems;
  for (const PlanNode& node : plan.nodes) {
    if (node.kind != NodeKind::kModel) continue;
    if (auto binding = landing(main, table_name(node.relation)))
      problems.add(
          {node.file, node.line},
          fmt::format("model `{}` would take the name of {}, which topic {} lands in; rename the model, or give it an "
                      "`alias` or `schema`",
                      node.name, to_string(node.relation), binding->topic_name));
    if (engine::is_system_schema(node.relation.schema))
      problems.add({node.file, node.line},
                   fmt::format("the schema {} is Tarn's own; give the model another", node.relation.schema));
  }
  std::set<std::string> topics;
  for (const model::SourceUse& use : plan.sources) {
    if (!use.topic.empty()) {
      bool letters = use.topic.ends_with(catalog::kDeadLetterSuffix);
      topics.insert(letters ? use.topic.substr(0, use.topic.size() - catalog::kDeadLetterSuffix.size()) : use.topic);
      continue;
    }
    if (auto binding = landing(main, table_name(use.relation))) topics.insert(binding->topic_name);
  }
  if (!problems.empty()) return std::unexpected(problems.error());
  return std::vector<std::string>(topics.begin(), topics.end());
}

TopicsRead topics_read(const Plan& plan, const catalog::State& main) {
  Reading reading(plan, main);
  for (const PlanNode& node : plan.nodes) reading.read(node.sql, "public", 0);
  return std::move(reading.topics);
}

std::vector<std::string> left_over(const Plan& plan, const std::map<std::string, std::string>& published,
                                   const catalog::State& main) {
  std::set<catalog::TableName> made;
  for (const PlanNode& node : plan.nodes)
    if (node.kind == NodeKind::kModel) made.insert(table_name(node.relation));
  std::vector<std::string> notes;
  auto look = [&](const catalog::TableName& name, std::string_view kind) {
    auto found = published.find(catalog::to_string(name));
    if (found == published.end() || found->second != plan.project || made.contains(name)) return;
    notes.push_back(
        fmt::format("no model makes the {} {} any more, which an earlier build published; if nobody needs it: "
                    "drop {} {}",
                    kind, catalog::to_string(name), kind, model::quoted({name.name_space, name.name})));
  };
  for (const std::string& space : main.namespaces()) {
    for (const auto& table : main.tables(space))
      if (!main.landing_in(table->uuid)) look(table->name, "table");
    for (const auto& view : main.views(space)) look(view->name, "view");
  }
  return notes;
}

Result<std::vector<Unasked>> check_after_landing(const Plan& plan, const catalog::State& main) {
  Problems problems;
  for (const model::SourceUse& use : plan.sources) {
    catalog::TableName name = table_name(use.relation);
    bool built = std::ranges::any_of(plan.nodes, [&](const PlanNode& node) {
      return node.kind == NodeKind::kModel && node.relation == use.relation;
    });
    if (built || is_there(main, name)) continue;
    problems.add(
        {use.file, use.line},
        use.topic.empty()
            ? fmt::format("source('{}', '{}') is {}, and there is no such table{}", use.source, use.table,
                          to_string(name), did_you_mean(main, name))
            : fmt::format("topic {} has no table {} yet: it is made when the first record lands; send one, or see "
                          "`tarn topic describe {}`",
                          use.topic, to_string(name), use.topic));
  }
  std::map<std::string, std::string> missing;  // node -> model
  for (const model::Existing& use : plan.existing) {
    if (is_there(main, table_name(use.relation))) continue;
    auto node = std::ranges::find(plan.nodes, use.by, &PlanNode::name);
    if (node != plan.nodes.end() && node->kind == NodeKind::kTest)
      missing.emplace(use.by, use.name);
    else
      problems.add({use.file, use.line},
                   fmt::format("model `{}` is read but was never built; build it too: --select +{}", use.name, use.by));
  }
  if (!problems.empty()) return std::unexpected(problems.error());
  std::vector<Unasked> unasked;
  for (std::size_t i = 0; i < plan.nodes.size(); ++i)
    if (auto found = missing.find(plan.nodes[i].name); found != missing.end())
      unasked.push_back({i, fmt::format("it reads model `{}`, which was never built", found->second)});
  return unasked;
}

}  // namespace tarn::flow::publish
