#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "jinja/parser.h"
#include "jinja/scoping.h"

namespace tarn::jinja {
namespace {

constexpr std::array<std::string_view, 10> kTags = {"if",   "for",   "set",   "do",       "filter",
                                                    "with", "print", "break", "continue", "raw"};

struct Refused {
  std::string_view tag, why;
};
constexpr std::string_view kMacros = "macros are not supported yet; write what it makes into the model";
constexpr std::array<Refused, 12> kRefused = {{
    {"macro", kMacros},
    {"call", kMacros},
    {"import", kMacros},
    {"from", kMacros},
    {"include", "a template can't take in another one; write it into the model, or make it a model of its own"},
    {"extends", "a template can't extend another one; write it into the model"},
    {"block", "a template has no blocks that others fill; take the tag out"},
    {"autoescape", "SQL needs no escaping of HTML; take the tag out"},
    {"materialization", "materializations are `table` and `view`; one's own are not supported"},
    {"snapshot", "snapshots are not supported yet"},
    {"test", "tests of one's own are not supported yet; write a singular test: a query of the rows that are wrong"},
    {"docs", "blocks of documentation are not supported; write the description into the YAML file"},
}};

class Count {
 public:
  explicit Count(std::size_t& count) : count_(count) { ++count_; }
  ~Count() { --count_; }
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;

 private:
  std::size_t& count_;
};

bool assigns_loop(const Target& target) {
  return target.name == "loop" || std::ranges::any_of(target.many, assigns_loop);
}

bool is_constant(std::string_view name) {
  return name == "true" || name == "false" || name == "none" || name == "True" || name == "False" || name == "None";
}

}  // namespace

Result<Body> Parser::template_body() {
  Body result;
  while (!now().is(TokenKind::kEnd)) TARN_TRY(statement(result));
  return result;
}

// Statements up to a tag of `ends`, whose name is the next token then.
Result<Body> Parser::body(const Ends& ends, std::string_view opener, At opened) {
  const Count level(open_);
  if (open_ > kNestingMax)
    return fail_at(opened, fmt::format("more than {} tags in each other", kNestingMax), Code::kLimit);
  Body result;
  while (!now().is(TokenKind::kEnd)) {
    const Token& after = look();
    if (now().is(TokenKind::kBlockBegin) && after.is(TokenKind::kName) &&
        std::ranges::find(ends, after.text) != ends.end()) {
      take();
      return result;
    }
    TARN_TRY(statement(result));
  }
  return fail_at(opened, fmt::format("`{}` has no end; close it with `{{% {} %}}`", opener, ends.back()));
}

// The rest of the tag, then body().
Result<Body> Parser::block(const Ends& ends, std::string_view opener, At opened) {
  take_operator(":");  // Jinja2 takes one, as Python has it
  TARN_TRY(expect_block_end());
  return body(ends, opener, opened);
}

Result<void> Parser::statement(Body& body) {
  const Token& token = take();
  if (token.is(TokenKind::kData)) {
    body.push_back({.at = token.at, .node = Text{token.text}});
    return {};
  }
  if (token.is(TokenKind::kVariableBegin)) {
    Print print;
    TARN_ASSIGN(print.values.emplace_back(), tuple(true));
    if (!now().is(TokenKind::kVariableEnd))
      return fail_here(fmt::format("{} where the tag must end with `}}}}`", describe(now())));
    take();
    body.push_back({.at = token.at, .node = std::move(print)});
    return {};
  }
  TARN_ASSIGN(body.emplace_back(), tag());
  return expect_block_end();
}

Result<Statement> Parser::tag() {
  const Token& token = now();
  if (!token.is(TokenKind::kName)) return fail_here(fmt::format("{} where the name of a tag must be", describe(token)));
  if (token.text == "if") return if_tag();
  if (token.text == "for") return for_tag();
  if (token.text == "set") return set_tag();
  if (token.text == "filter") return filter_tag();
  if (token.text == "with") return with_tag();
  if (token.text == "print") return print_tag();
  if (token.text == "break" || token.text == "continue") return loop_control();
  if (token.text != "do") return refused(token);
  take();
  TARN_ASSIGN(ExprPtr value, tuple(true));
  return Statement{.at = token.at, .node = Do{std::move(value)}};
}

std::unexpected<Error> Parser::refused(const Token& token) const {
  for (const Refused& each : kRefused) {
    if (token.text == each.tag)
      return fail_at(token.at, fmt::format("`{}`: {}", token.text, each.why), Code::kUnsupported);
  }
  if (token.text.starts_with("end") || token.text == "else" || token.text == "elif") {
    return fail_at(token.at,
                   fmt::format("`{}` closes nothing that is open here; take it out, or open it before", token.text));
  }
  const std::string_view close = nearest(token.text, kTags);
  return fail_at(token.at,
                 fmt::format("there is no tag `{}` here{}", token.text,
                             close.empty() ? "; docs/jinja.md lists them" : fmt::format("; did you mean `{}`?", close)),
                 Code::kUnsupported);
}

Result<Statement> Parser::if_tag() {
  const At at = take().at;
  If node;
  while (true) {
    TARN_ASSIGN(ExprPtr test, tuple(false));
    TARN_ASSIGN(Body then, block({"elif", "else", "endif"}, "if", at));
    node.branches.emplace_back(std::move(test), std::move(then));
    const std::string_view end = take().text;
    if (end == "elif") continue;
    if (end == "else") {
      TARN_ASSIGN(node.otherwise, block({"endif"}, "if", at));
      take();
    }
    return Statement{.at = at, .node = std::move(node)};
  }
}

Result<Statement> Parser::for_tag() {
  const At at = take().at;
  For node;
  TARN_ASSIGN(node.target, target(false, "in"));
  if (assigns_loop(node.target)) return fail_at(node.target.at, "`loop` is the loop's own name; take another");
  if (!take_name("in")) return fail_here(fmt::format("{} where `in` must be", describe(now())));
  TARN_ASSIGN(node.iterable, tuple(false, "recursive"));
  if (take_name("if")) {
    TARN_ASSIGN(node.test, expression());
  }
  if (now().is_name("recursive"))
    return fail_at(now().at, "`recursive` loops are not supported; nest two loops", Code::kUnsupported);
  {
    const Count loop(loops_);
    TARN_ASSIGN(node.body, block({"else", "endfor"}, "for", at));
  }
  if (take().text == "else") {
    TARN_ASSIGN(node.otherwise, block({"endfor"}, "for", at));
    take();
  }
  return Statement{.at = at, .node = std::move(node)};
}

Result<Statement> Parser::set_tag() {
  const At at = take().at;
  TARN_ASSIGN(Target assigned, target(true, ""));
  if (loops_ > 0 && assigns_loop(assigned)) return fail_at(assigned.at, "`loop` is the loop's own name; take another");
  if (take_operator("=")) {
    TARN_ASSIGN(ExprPtr value, tuple(true));
    return Statement{.at = at, .node = Set{std::move(assigned), std::move(value)}};
  }
  SetBlock node{.target = std::move(assigned)};
  if (now().is_operator("|")) {
    TARN_ASSIGN(node.filter, filters(nullptr));
  }
  TARN_ASSIGN(node.body, block({"endset"}, "set", at));
  take();
  return Statement{.at = at, .node = std::move(node)};
}

Result<Statement> Parser::filter_tag() {
  const At at = take().at;
  FilterBlock node;
  TARN_ASSIGN(node.filter, filter(nullptr));
  TARN_ASSIGN(node.filter, filters(std::move(node.filter)));
  TARN_ASSIGN(node.body, block({"endfilter"}, "filter", at));
  take();
  return Statement{.at = at, .node = std::move(node)};
}

Result<Statement> Parser::with_tag() {
  const At at = take().at;
  With node;
  while (!now().is(TokenKind::kBlockEnd) && !now().is_operator(":")) {
    if (!node.values.empty()) TARN_TRY(expect_operator(",", "is between two names of `with`"));
    TARN_ASSIGN(Target name, target(false, ""));
    if (loops_ > 0 && assigns_loop(name)) return fail_at(name.at, "`loop` is the loop's own name; take another");
    TARN_TRY(expect_operator("=", "is between a name of `with` and its value"));
    TARN_ASSIGN(ExprPtr value, expression());
    node.values.emplace_back(std::move(name), std::move(value));
  }
  TARN_ASSIGN(node.body, block({"endwith"}, "with", at));
  take();
  return Statement{.at = at, .node = std::move(node)};
}

Result<Statement> Parser::print_tag() {
  const At at = take().at;
  Print node;
  while (!now().is(TokenKind::kBlockEnd)) {
    if (!node.values.empty()) TARN_TRY(expect_operator(",", "is between two values of `print`"));
    TARN_ASSIGN(node.values.emplace_back(), expression());
  }
  return Statement{.at = at, .node = std::move(node)};
}

Result<Statement> Parser::loop_control() {
  const Token& token = take();
  if (loops_ == 0) return fail_at(token.at, fmt::format("`{}` is outside a loop; take it out", token.text));
  if (token.text == "break") return Statement{.at = token.at, .node = Break{}};
  return Statement{.at = token.at, .node = Continue{}};
}

// Names, up to `=`, the end of the tag or the name `end_name`.
Result<Target> Parser::target(bool with_attributes, std::string_view end_name, std::size_t depth) {
  Target result{.at = now().at};
  while (!now().is(TokenKind::kBlockEnd) && !now().is_operator(")") && (end_name.empty() || !now().is_name(end_name))) {
    TARN_ASSIGN(result.many.emplace_back(), target_part(with_attributes, depth));
    if (!take_operator(",")) break;
    result.is_tuple = true;
  }
  if (result.many.empty()) return fail_here(fmt::format("{} where a name to assign to must be", describe(now())));
  if (!result.is_tuple) return std::move(result.many[0]);
  return result;
}

Result<Target> Parser::target_part(bool with_attributes, std::size_t depth) {
  const Token& token = now();
  if (token.is_operator("(")) {
    if (depth > kNestingMax) return fail_here("names to assign to nest too deep");
    take();
    TARN_ASSIGN(Target inner, target(false, "", depth + 1));
    TARN_TRY(expect_operator(")", "closes the parenthesis"));
    return inner;
  }
  if (!token.is(TokenKind::kName) || is_constant(token.text)) {
    return fail_here(fmt::format("{} can't be assigned to; a name must be here", describe(token)));
  }
  take();
  Target result{.at = token.at, .name = token.text};
  if (with_attributes && take_operator(".")) {
    TARN_ASSIGN(result.attribute, expect_name("the attribute of a namespace"));
  }
  return result;
}

// --- Tokens

bool Parser::take_operator(std::string_view text) {
  if (!now().is_operator(text)) return false;
  take();
  return true;
}

bool Parser::take_name(std::string_view text) {
  if (!now().is_name(text)) return false;
  take();
  return true;
}

Result<void> Parser::expect_operator(std::string_view text, std::string_view where) {
  if (take_operator(text)) return {};
  return fail_here(fmt::format("{} where `{}` {}", describe(now()), text, where));
}

Result<std::string> Parser::expect_name(std::string_view what) {
  if (!now().is(TokenKind::kName)) return fail_here(fmt::format("{} where {} must be", describe(now()), what));
  return take().text;
}

Result<void> Parser::expect_block_end() {
  if (!now().is(TokenKind::kBlockEnd))
    return fail_here(fmt::format("{} where the tag must end with `%}}`", describe(now())));
  take();
  return {};
}

bool Parser::at_tuple_end(std::string_view end_name) const {
  return now().is(TokenKind::kVariableEnd) || now().is(TokenKind::kBlockEnd) || now().is_operator(")") ||
         (!end_name.empty() && now().is_name(end_name));
}

Result<Tree> parse(const Source& source) {
  TARN_ASSIGN(auto tokens, tokenize(source));
  Tree tree;
  TARN_ASSIGN(tree.body, Parser(source, std::move(tokens)).template_body());
  find_hidden(tree);
  return tree;
}

}  // namespace tarn::jinja
