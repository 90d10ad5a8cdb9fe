#include "sql/rewrite.h"

#include <fmt/format.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>

#include "sql/printer.h"

namespace tarn::sql {

std::string quote_name(std::string_view name) {
  std::string result = "\"";
  for (char c : name) result.append(c == '"' ? 2 : 1, c);
  return result += '"';
}

std::string quote_text(std::string_view text) {
  std::string result = "'";
  for (char c : text) result.append(c == '\'' ? 2 : 1, c);
  return result += '\'';
}

std::string_view string_of(const PgQuery__Node* node) {
  return node != nullptr && node->node_case == PG_QUERY__NODE__NODE_STRING ? node->string->sval : std::string_view();
}

std::unexpected<Problem> Printer::not_supported(std::string_view what, std::int32_t location) const {
  return refuse("0A000", fmt::format("{} is not supported", what), position(location));
}

std::string Printer::current_schema() const {
  for (const std::string& name : context_.search_path) {
    if (std::ranges::find(context_.name_spaces, name) != context_.name_spaces.end()) return quote_text(name);
  }
  return "NULL";
}

Checked<Rewritten> Printer::run(const PgQuery__SelectStmt& statement, bool explain) {
  TARN_ASSIGN(Query query,
              select(statement, {nullptr, nullptr}, context_.assigned.empty() ? Literals::kText : Literals::kOpen));
  Rewritten result;
  // Nothing but EXPLAIN, WITH and RECURSIVE comes before the views; the worker puts its scans at the same place.
  Piece sql(explain ? "EXPLAIN " : "");
  if (!printed_.views.empty()) {
    std::string_view text = query.sql.text;
    std::string_view head = text.starts_with("WITH RECURSIVE ") ? "WITH RECURSIVE "
                            : text.starts_with("WITH ")         ? "WITH "
                                                                : "";
    sql << (head.empty() ? "WITH " : head);
    for (std::size_t i = 0; i < printed_.views.size(); ++i) {
      const Printed::View& view = printed_.views[i];
      sql << (i > 0 ? ", " : "") << view.name << " AS (" << view.sql << ")";
    }
    sql << (head.empty() ? " " : ", ");
    query.sql.text.erase(0, head.size());
    for (auto& [at, location] : query.sql.marks) at -= static_cast<std::uint32_t>(head.size());
  }
  sql << query.sql;
  result.sql = std::move(sql.text);
  std::vector<std::int32_t> characters = source_.characters();
  for (auto [at, location] : sql.marks) {
    auto byte = static_cast<std::size_t>(location);
    result.positions.emplace_back(at, byte < characters.size() ? characters[byte] : 0);
  }
  result.tables = std::move(printed_.tables);
  for (Printed::View& view : printed_.views) result.views.push_back(std::move(view.use));
  if (!explain && !query.open) {
    for (const OutputColumn& column : query.columns) {
      result.names.push_back(column.name);
      result.columns.push_back({column.type.oid, column.type.modifier, !column.order_by.empty()});
    }
  }
  result.reads_catalog = printed_.reads_catalog;
  result.set_config = std::move(printed_.set_config);
  return result;
}

std::int32_t Rewritten::client_position(std::int32_t sql_position) const {
  if (sql_position <= 0) return 0;
  std::size_t byte = 0;
  for (std::int32_t characters = 0; byte < sql.size(); ++byte) {
    if ((static_cast<unsigned char>(sql[byte]) & 0xC0) == 0x80) continue;
    if (++characters == sql_position) break;
  }
  auto after = std::ranges::upper_bound(positions, byte, {}, [](const auto& mark) { return std::size_t{mark.first}; });
  return after == positions.begin() ? 0 : std::prev(after)->second;
}

Checked<Rewritten> rewrite(const Parsed& statement, const Context& context) {
  if (statement.tree == nullptr) return refuse("0A000", "this statement can't be run here");
  Checked<Rewritten> result = std::unexpected(Problem{});
  with_stack_for(statement.tree->source->tokens, [&] {
    Printed printed;
    Printer printer(*statement.tree->source, context, printed);
    result = printer.run(*statement.tree->node->select_stmt, statement.kind == Kind::kExplain);
  });
  if (result) result->parameters = statement.parameters;
  return result;
}

}  // namespace tarn::sql
