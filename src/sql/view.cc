// Views: the text of each printed once, as a common table expression before the statement.
#include <fmt/format.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>

#include "sql/printer.h"

namespace tarn::sql {
namespace {

std::string full_name(const ViewUse& use) { return fmt::format("{}.{}", use.name_space, use.name); }

auto is(const ViewUse& use) {
  return [&use](const ViewUse& other) { return other.name_space == use.name_space && other.name == use.name; };
}

// Of the columns that the view's text gives now those that it showed when it was made: what came to a table since then
// is not part of it.
Checked<void> keep_columns(const ViewUse& use, const std::vector<std::string>& names, Printed::View& view) {
  if (std::ranges::equal(names, view.columns, {}, {}, &OutputColumn::name)) return {};
  Piece list;
  std::vector<OutputColumn> kept;
  for (const std::string& name : names) {
    auto found = std::ranges::find(view.columns, name, &OutputColumn::name);
    if (found == view.columns.end()) {
      return refuse("42703",
                    fmt::format("column \"{}\" of view \"{}\" is no longer in what it reads", name, full_name(use)), 0,
                    "Make the view anew with CREATE OR REPLACE VIEW, or drop it.");
    }
    kept.push_back(*found);
    list << (kept.size() > 1 ? ", " : "") << quote_name(name);
  }
  view.sql = Piece("SELECT ") << list << " FROM (" << view.sql << ") AS tarn_rows";
  view.columns = std::move(kept);
  return {};
}

}  // namespace

Checked<const Printed::View*> Printer::view(const ViewUse& use, const ViewInfo& info, std::int32_t location) {
  auto known = std::ranges::find_if(printed_.views, is(use), &Printed::View::use);
  if (known != printed_.views.end()) return &*known;
  if (std::ranges::any_of(printed_.expanding, is(use))) {
    return refuse("42P17", fmt::format("view \"{}\" reads itself", full_name(use)), position(location),
                  "Replace one of the views on the way, or drop it.");
  }
  if (printed_.expanding.size() >= kViewDepthMax) {
    return refuse("54001", fmt::format("views read each other more than {} deep", kViewDepthMax), position(location));
  }
  if (printed_.views.size() + printed_.expanding.size() >= kViewsMax) {
    return refuse("54001", fmt::format("a statement reads at most {} views", kViewsMax), position(location));
  }
  printed_.expanding.push_back(use);
  Checked<Printed::View> made = std::unexpected(Problem{});
  with_own_stack_for(info.statement.tree->source->tokens, [&] { made = expand(use, info); });
  printed_.expanding.pop_back();
  if (!made) {
    Problem problem = std::move(made).error();
    problem.position = position(location);  // what it had is a place in the view's text
    if (problem.detail.empty()) problem.detail = fmt::format("This is in view \"{}\".", full_name(use));
    return std::unexpected(std::move(problem));
  }
  made->name = fmt::format("{}{}", kViewPrefix, printed_.views.size());
  printed_.views.push_back(std::move(*made));
  return &printed_.views.back();
}

Checked<Printed::View> Printer::expand(const ViewUse& use, const ViewInfo& info) {
  Context context = context_;
  context.search_path = {use.name_space};
  if (use.name_space != "public") context.search_path.emplace_back("public");
  context.parameter_types.clear();
  context.assigned.clear();
  Printer printer(*info.statement.tree->source, context, printed_, depth_ + 1);
  TARN_ASSIGN(Query query, printer.select(*info.statement.tree->node->select_stmt, {nullptr, nullptr}));
  Printed::View view{.use = use, .name = {}, .sql = std::move(query.sql), .columns = std::move(query.columns)};
  view.sql.marks.clear();
  if (query.open) {  // DuckDB knows the columns better; their types show in what it gives
    std::vector<OutputColumn> known = std::move(view.columns);
    view.columns.clear();
    for (const std::string& name : info.columns) {
      auto found = std::ranges::find(known, name, &OutputColumn::name);
      view.columns.push_back(found == known.end() ? OutputColumn{name, {}} : *found);
    }
    Piece list;
    for (const std::string& name : info.columns) list << (list.text.empty() ? "" : ", ") << quote_name(name);
    view.sql = Piece("SELECT ") << list << " FROM (" << view.sql << ") AS tarn_rows";
    return view;
  }
  TARN_TRY(keep_columns(use, info.columns, view));
  return view;
}

}  // namespace tarn::sql
