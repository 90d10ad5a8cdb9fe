#include "shell/describe.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::shell {
namespace {

std::string fold(std::string_view name) {
  std::string text(name);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// `rides`, `public.rides`, `"Odd.Name"`: schema (empty: any) and name.
struct Pattern {
  std::string schema, name;
};

Pattern read_pattern(std::string_view text) {
  Pattern pattern;
  std::string part;
  bool quotes = false, was_quoted = false;
  auto take = [&] { return was_quoted ? part : fold(part); };
  for (char c : text) {
    if (c == '"') {
      quotes = !quotes;
      was_quoted = true;
    } else if (c == '.' && !quotes) {
      pattern.schema = take();
      part.clear();
      was_quoted = false;
    } else {
      part += c;
    }
  }
  pattern.name = take();
  return pattern;
}

// `*` and `?` as in psql.
std::string like(std::string_view column, std::string_view name) {
  if (name.find_first_of("*?") == std::string_view::npos) return fmt::format("{} = {}", column, quoted(name));
  std::string text;
  for (char c : name) {
    if (c == '_' || c == '%' || c == '\\') text += '\\';
    text += c == '*' ? '%' : c == '?' ? '_' : c;
  }
  return fmt::format("{} like {}", column, quoted(text));
}

std::string where(const Pattern& pattern, std::string_view schema_column, std::string_view name_column) {
  std::string text;
  if (!pattern.schema.empty()) text += " and " + like(schema_column, pattern.schema);
  if (!pattern.name.empty()) text += " and " + like(name_column, pattern.name);
  return text;
}

std::string relations(std::string_view kinds, std::string_view argument) {
  Pattern pattern = read_pattern(argument);
  std::string_view ours = pattern.schema.empty() && pattern.name.empty()
                              ? " and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
                              : "";
  return fmt::format(
      "select n.nspname as \"Schema\", c.relname as \"Name\", case c.relkind when 'v' then 'view' else 'table' end as "
      "\"Type\" from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind in "
      "({}){}{} order by 1, 2",
      kinds, ours, where(pattern, "n.nspname", "c.relname"));
}

std::string columns_of(std::string_view argument) {
  return fmt::format(
      "select n.nspname || '.' || c.relname as \"Table\", a.attname as \"Column\", pg_catalog.format_type(a.atttypid, "
      "a.atttypmod) as \"Type\" from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid join "
      "pg_catalog.pg_namespace n on n.oid = c.relnamespace where a.attnum > 0{} order by 1, a.attnum",
      where(read_pattern(argument), "n.nspname", "c.relname"));
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::optional<std::string> describe(std::string_view command) {
  std::string_view word = command.substr(0, command.find_first_of(" \t"));
  std::string_view argument = command.substr(word.size());
  while (!argument.empty() && (argument[0] == ' ' || argument[0] == '\t')) argument.remove_prefix(1);
  while (argument.ends_with(';')) argument.remove_suffix(1);
  if (word.ends_with('+')) word.remove_suffix(1);
  if (word == "d" && argument.empty()) return relations("'r', 'v', 'm', 'p'", "");
  if (word == "d") return columns_of(argument);
  if (word == "dt") return relations("'r', 'p'", argument);
  if (word == "dv") return relations("'v', 'm'", argument);
  if (word == "dn")
    return fmt::format(
        "select nspname as \"Schema\" from pg_catalog.pg_namespace where nspname not in "
        "('pg_catalog', 'information_schema', 'pg_toast'){} order by 1",
        where(read_pattern(argument), "''", "nspname"));
  if (word == "df")
    return fmt::format(
        "select p.proname as \"Name\", pg_catalog.pg_get_function_arguments(p.oid) as "
        "\"Arguments\" from pg_catalog.pg_proc p where true{} order by 1, 2",
        where(read_pattern(argument), "''", "p.proname"));
  if (word == "l")  // tarn@run/2 before tarn@run/10
    return "select datname as \"Database\" from pg_catalog.pg_database order by regexp_replace(datname, '[0-9]+$', "
           "''), "
           "length(datname), 1";
  return std::nullopt;
}

const std::vector<CommandHelp>& backslash_commands() {
  static const std::vector<CommandHelp> kAll{
      {"\\d [NAME]", "tables and views, or the columns of one; * and ? stand for any letters"},
      {"\\dt [NAME]", "tables"},
      {"\\dv [NAME]", "views"},
      {"\\dn [NAME]", "schemas"},
      {"\\df [NAME]", "functions"},
      {"\\l", "databases: main, and branches as tarn@BRANCH"},
      {"\\c [REF]", "go to a branch, or back to main"},
      {"\\x", "a value a line, on or off"},
      {"\\g, \\gx", "end a statement as ; does; with x a value a line"},
      {"\\timing", "how long each statement took, on or off"},
      {"\\i FILE", "run a file"},
      {"\\p", "show the statement so far"},
      {"\\r", "forget the statement so far"},
      {"\\?", "this"},
      {"\\q", "leave"},
  };
  return kAll;
}

}  // namespace tarn::shell
