#include "shell/complete.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "shell/describe.h"

namespace tarn::shell {
namespace {

constexpr std::array<std::string_view, 87> kKeywords{"all",
                                                     "and",
                                                     "any",
                                                     "array",
                                                     "as",
                                                     "asc",
                                                     "between",
                                                     "bigint",
                                                     "boolean",
                                                     "by",
                                                     "case",
                                                     "cast",
                                                     "commit",
                                                     "count",
                                                     "create",
                                                     "cross",
                                                     "current_date",
                                                     "current_timestamp",
                                                     "date",
                                                     "date_trunc",
                                                     "decimal",
                                                     "delete",
                                                     "desc",
                                                     "distinct",
                                                     "double precision",
                                                     "drop",
                                                     "else",
                                                     "end",
                                                     "except",
                                                     "exists",
                                                     "explain",
                                                     "extract",
                                                     "false",
                                                     "filter",
                                                     "first",
                                                     "following",
                                                     "from",
                                                     "full",
                                                     "group by",
                                                     "having",
                                                     "if",
                                                     "ilike",
                                                     "in",
                                                     "inner",
                                                     "insert into",
                                                     "integer",
                                                     "intersect",
                                                     "interval",
                                                     "is",
                                                     "join",
                                                     "lag",
                                                     "last",
                                                     "lead",
                                                     "left",
                                                     "like",
                                                     "limit",
                                                     "max",
                                                     "min",
                                                     "not",
                                                     "null",
                                                     "nulls",
                                                     "numeric",
                                                     "offset",
                                                     "on",
                                                     "or",
                                                     "order by",
                                                     "over",
                                                     "partition by",
                                                     "replace",
                                                     "right",
                                                     "rollback",
                                                     "row_number",
                                                     "select",
                                                     "set",
                                                     "show",
                                                     "sum",
                                                     "table",
                                                     "text",
                                                     "then",
                                                     "timestamp",
                                                     "true",
                                                     "union",
                                                     "using",
                                                     "values",
                                                     "view",
                                                     "when",
                                                     "where"};

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '"' || (c & 0x80) != 0; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

// As it must be written: quoted unless it is a plain word in small letters.
std::string as_written(std::string_view name) {
  bool plain =
      !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) &&
      std::ranges::all_of(name, [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '_'; });
  if (plain) return std::string(name);
  std::string out = "\"";
  for (char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

std::string unquoted(std::string_view word) {
  bool quotes = word.contains('"');
  std::string out;
  for (char c : word)
    if (c != '"') out += c;
  return quotes ? out : lower(out);
}

bool begins(std::string_view name, std::string_view typed) { return lower(name).starts_with(lower(unquoted(typed))); }

// The words of a statement, and `.` and `,` between them.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && in_word(text[end])) ++end;
    if (end > i)
      words.push_back(unquoted(text.substr(i, end - i)));
    else if (!std::isspace(static_cast<unsigned char>(text[i])))
      words.emplace_back(1, text[i]);
    i = std::max(end, i + 1);
  }
  return words;
}

struct Mentioned {
  const KnownTable* table;
  std::string alias;
};

// Tables after FROM and JOIN, with what they are called there.
std::vector<Mentioned> mentioned(const std::vector<KnownTable>& tables, const std::vector<std::string>& words) {
  std::vector<Mentioned> found;
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (const KnownTable& table : tables) {
      if (table.name != words[i]) continue;
      std::size_t next = i + 1;
      if (next < words.size() && words[next] == "as") ++next;
      bool alias = next < words.size() && in_word(words[next][0]) &&
                   std::ranges::find(kKeywords, words[next]) == kKeywords.end();
      found.push_back({&table, alias ? words[next] : table.name});
    }
  }
  return found;
}

void add_tables(const std::vector<KnownTable>& tables, std::string_view typed, std::set<std::string>& out) {
  for (const KnownTable& table : tables) {
    if (table.schema == "public" && begins(table.name, typed)) out.insert(as_written(table.name));
    if (table.schema != "public" && begins(table.schema, typed)) out.insert(as_written(table.schema) + ".");
  }
}

// `x.` before the word: columns of the table x, or tables of the schema x.
void add_members(const std::vector<KnownTable>& tables, const std::vector<Mentioned>& here, std::string_view owner,
                 std::string_view typed, std::set<std::string>& out) {
  std::string name = unquoted(owner);
  for (const KnownTable& table : tables)
    if (table.schema == name && begins(table.name, typed)) out.insert(as_written(table.name));
  for (const Mentioned& each : here) {
    if (each.alias != name && each.table->name != name) continue;
    for (const std::string& column : each.table->columns)
      if (begins(column, typed)) out.insert(as_written(column));
  }
}

void add_columns(const std::vector<KnownTable>& tables, const std::vector<Mentioned>& here, std::string_view typed,
                 std::set<std::string>& out) {
  auto add = [&](const KnownTable& table) {
    for (const std::string& column : table.columns)
      if (begins(column, typed)) out.insert(as_written(column));
  };
  for (const Mentioned& each : here) {
    add(*each.table);
    if (begins(each.alias, typed)) out.insert(as_written(each.alias));
  }
  if (!here.empty()) return;
  for (const KnownTable& table : tables)
    if (table.schema == "public") add(table);
}

// In the letters that were begun with.
void add_keywords(std::string_view typed, std::set<std::string>& out) {
  if (typed.empty()) return;
  bool upper = std::isupper(static_cast<unsigned char>(typed[0]));
  for (std::string_view keyword : kKeywords) {
    if (!keyword.starts_with(lower(typed))) continue;
    std::string word(keyword);
    if (upper) std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::toupper(c); });
    out.insert(word);
  }
}

void add_commands(std::string_view line, std::set<std::string>& out) {
  for (const CommandHelp& help : backslash_commands()) {
    std::string_view command = help.command.substr(0, help.command.find_first_of(" ,"));
    if (command.starts_with(line)) out.emplace(command);
  }
}

bool wants_table(std::string_view word) {
  constexpr std::array<std::string_view, 5> kBefore{"from", "join", "into", "table", "view"};
  return std::ranges::find(kBefore, word) != kBefore.end();
}

}  // namespace

Completion complete(const std::vector<KnownTable>& tables, std::string_view statement, std::string_view line) {
  std::set<std::string> found;
  bool command = statement.empty() && line.starts_with('\\');
  if (command && !line.contains(' ')) {
    add_commands(line, found);
    return {.replaces = line.size(), .candidates = {found.begin(), found.end()}};
  }
  std::size_t begin = line.size();
  while (begin > 0 && in_word(line[begin - 1])) --begin;
  std::string_view typed = line.substr(begin), before = line.substr(0, begin);
  std::vector<std::string> words = words_of(std::string(statement) + " " + std::string(before));
  std::vector<Mentioned> here = mentioned(tables, words);
  if (before.ends_with('.')) {
    std::size_t end = before.size() - 1, first = end;
    while (first > 0 && in_word(before[first - 1])) --first;
    add_members(tables, here, before.substr(first, end - first), typed, found);
  } else if (command || (!words.empty() && wants_table(words.back()))) {
    add_tables(tables, typed, found);
  } else {
    add_keywords(typed, found);
    if (!words.empty()) add_columns(tables, here, typed, found);
  }
  return {.replaces = typed.size(), .candidates = {found.begin(), found.end()}};
}

std::string common_prefix(const std::vector<std::string>& candidates) {
  if (candidates.empty()) return {};
  std::string prefix = candidates[0];
  for (const std::string& each : candidates) {
    std::size_t same = 0;
    while (same < prefix.size() && same < each.size() && prefix[same] == each[same]) ++same;
    prefix.resize(same);
  }
  return prefix;
}

}  // namespace tarn::shell
