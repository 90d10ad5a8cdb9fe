#include "flow/model/check_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "sql/rewrite.h"

namespace tarn::flow::model {
namespace {

std::string not_one_select(const PlanNode& node, const std::vector<sql::Parsed>& statements) {
  std::string_view kind = to_string(node.kind);
  if (statements.empty()) return fmt::format("the {} is nothing but comments; a {} is one select", kind, kind);
  if (statements.size() > 1)
    return fmt::format("{} statements; a {} is one select, without what is before or after it", statements.size(),
                       kind);
  if (statements[0].tag.empty()) return fmt::format("{}; a {} is one select", statements[0].problem.message, kind);
  return fmt::format("`{}`; a {} is a select: Tarn makes the table or view of it", statements[0].tag, kind);
}

}  // namespace

void check_sql(const Plan& plan, Problems& problems) {
  for (const PlanNode& node : plan.nodes) {
    auto parsed = sql::parse(node.sql);
    if (!parsed) {
      const sql::Problem& problem = parsed.error();
      auto position = static_cast<std::size_t>(std::max(0, problem.position));
      problems.add(place_of(node, position), sql_message(problem.message, problem.hint, node.sql, position));
    } else if (parsed->size() != 1 || parsed->front().kind != sql::Kind::kSelect) {
      problems.add({node.file, node.line}, not_one_select(node, *parsed));
    }
  }
}

std::string sql_message(std::string message, const std::string& hint, std::string_view sql, std::size_t position) {
  bool sentence = !hint.empty() && std::isupper(static_cast<unsigned char>(hint[0]));
  if (!hint.empty()) message += (sentence ? ". " : "; ") + hint;
  return message + pointed(sql, position);
}

}  // namespace tarn::flow::model
