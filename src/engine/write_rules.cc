#include "engine/write_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/column_types.h"
#include "sql/types.h"

namespace tarn::engine {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

std::string type_name(Oid oid) {
  const sql::TypeFacts* facts = sql::find_type(oid);
  return facts == nullptr ? "unknown" : std::string(facts->sql_name);
}

// Postgres's assignment casts, as far as its types are ours.
bool may_assign(Oid from, Oid to) {
  namespace oid = sql::oid;
  if (from == to || from == oid::kUnknown || sql::is_text(to)) return true;
  if (sql::is_number(from) && sql::is_number(to)) return true;
  bool time = sql::is_time(from) || from == oid::kTimetz;
  if (time && (sql::is_time(to) || to == oid::kTime)) return true;
  return to == oid::kJson && (sql::element_of(from) != nullptr || from == oid::kJsonb || from == oid::kRecord);
}

}  // namespace

std::unexpected<SqlError> fail_at(const sql::RelationName& name, std::string_view state, std::string message,
                                  std::string hint) {
  return std::unexpected(SqlError{std::string(state), std::move(message), {}, std::move(hint), name.position});
}

SqlResult<void> check_columns(const std::vector<table::Field>& fields) {
  if (fields.empty()) return fail_sql("42P16", "a table has at least one column");
  std::vector<std::string> names;
  for (const table::Field& field : fields) {
    std::string name = lower(field.name);
    if (std::ranges::find(names, name) != names.end()) {
      bool unnamed = field.name == "?column?";
      return fail_sql(
          "42701", fmt::format("column \"{}\" specified more than once", field.name),
          unnamed ? "Give the expressions names with AS." : "Names are the same whatever their letters' case.");
    }
    names.push_back(std::move(name));
  }
  return {};
}

SqlResult<void> check_not_landed(const catalog::State& state, const catalog::TableState& table, std::string_view what) {
  const catalog::Binding* binding = state.landing_in(table.uuid);
  if (binding == nullptr) return {};
  return fail_sql(
      "0A000",
      fmt::format("cannot {} \"{}\": topic {} lands in it", what, catalog::to_string(table.name), binding->topic_name),
      fmt::format("Publish to topic {} to add rows, or write to a table of another name.", binding->topic_name));
}

SqlResult<void> check_assigned(const sql::ColumnInfo& column, Oid from) {
  if (may_assign(from, column.type)) return {};
  return fail_sql("42804",
                  fmt::format("column \"{}\" is of type {} but expression is of type {}", column.name,
                              type_name(column.type), type_name(from)),
                  "You will need to rewrite or cast the expression.");
}

SqlResult<void> check_replaces(const std::vector<table::Field>& old, const std::vector<table::Field>& fields) {
  std::string hint = "Drop the view first, and make it anew.";
  if (fields.size() < old.size()) return fail_sql("42P16", "cannot drop columns from view", std::move(hint));
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (old[i].name != fields[i].name) {
      return fail_sql("42P16",
                      fmt::format("cannot change name of view column \"{}\" to \"{}\"", old[i].name, fields[i].name),
                      std::move(hint));
    }
    Oid before = view_column_type(old[i]).oid, after = view_column_type(fields[i]).oid;
    if (before != after) {
      return fail_sql("42P16",
                      fmt::format("cannot change data type of view column \"{}\" from {} to {}", old[i].name,
                                  type_name(before), type_name(after)),
                      std::move(hint));
    }
  }
  return {};
}

}  // namespace tarn::engine
