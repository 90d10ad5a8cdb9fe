#include "flow/model/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "catalog/table_name.h"

namespace tarn::flow::model {
namespace {

// What `op` means; the first that a text begins with is it, so the longer ones come first.
struct Op {
  std::string_view name;
  bool (*holds)(std::int64_t, std::int64_t);
};
constexpr std::array<Op, 8> kOps{{{"!=", [](std::int64_t a, std::int64_t b) { return a != b; }},
                                  {"<>", [](std::int64_t a, std::int64_t b) { return a != b; }},
                                  {"<=", [](std::int64_t a, std::int64_t b) { return a <= b; }},
                                  {">=", [](std::int64_t a, std::int64_t b) { return a >= b; }},
                                  {"==", [](std::int64_t a, std::int64_t b) { return a == b; }},
                                  {"=", [](std::int64_t a, std::int64_t b) { return a == b; }},
                                  {"<", [](std::int64_t a, std::int64_t b) { return a < b; }},
                                  {">", [](std::int64_t a, std::int64_t b) { return a > b; }}}};

std::string quote(std::string_view name) {
  std::string text = "\"";
  for (char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + '"';
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::optional<std::string> why_not(const Relation& relation) {
  for (const std::string& name : {relation.schema, relation.name}) {
    bool plain =
        std::ranges::all_of(name, [](unsigned char c) { return c > ' ' && c != '"' && c != '/' && c != 0x7F; });
    if (name.empty() || name.size() > catalog::kSqlNameMax || name == "." || name == ".." || !plain)
      return fmt::format(
          "`{}` is no name that a table can have in SQL: at most {} bytes (it has {}), no spaces, quotes or slashes",
          name, catalog::kSqlNameMax, name.size());
  }
  if (relation.name.ends_with(catalog::kDeadLetterSuffix))
    return fmt::format("`{}`: names that end in {} are kept for the dead letters of topics", relation.name,
                       catalog::kDeadLetterSuffix);
  return std::nullopt;
}

std::string_view to_string(NodeKind kind) { return kind == NodeKind::kModel ? "model" : "test"; }
std::string_view to_string(Materialized materialized) { return materialized == Materialized::kView ? "view" : "table"; }
std::string to_string(const Relation& relation) { return relation.schema + "." + relation.name; }
std::string quoted(const Relation& relation) {
  return fmt::format("\"tarn\".{}.{}", quote(relation.schema), quote(relation.name));
}

bool Bound::holds(std::int64_t rows) const {
  auto found = std::ranges::find(kOps, op, &Op::name);
  return found != kOps.end() && found->holds(rows, number);
}

std::string to_string(const Bound& bound) { return fmt::format("{} {}", bound.op, bound.number); }

std::optional<Bound> parse_bound(std::string_view text) {
  text = trim(text);
  for (const Op& op : kOps) {
    if (!text.starts_with(op.name)) continue;
    std::string_view digits = trim(text.substr(op.name.size()));
    Bound bound{std::string(op.name), 0};
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bound.number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return bound;
  }
  return std::nullopt;
}

}  // namespace tarn::flow::model
