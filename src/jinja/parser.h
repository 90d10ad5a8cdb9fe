// Tokens to a tree: Jinja2's grammar with its precedences, and what is outside the subset refused by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jinja/lexer.h"
#include "jinja/source.h"
#include "jinja/tree.h"

namespace tarn::jinja {

// Errors: kInvalidArgument, kUnsupported, kLimit (kNestingMax), each with file, line and column.
Result<Tree> parse(const Source& source);

// The parts of the parser; parse() puts them together.
class Parser {
 public:
  Parser(const Source& source, std::vector<Token> tokens) : source_(source), tokens_(std::move(tokens)) {}

  Result<Body> template_body();

 private:
  // --- parse_statements.cc
  using Ends = std::vector<std::string_view>;  // the tags that end a body
  Result<Body> body(const Ends& ends, std::string_view opener, At opened);
  Result<void> statement(Body& body);
  Result<Statement> tag();
  Result<Statement> if_tag();
  Result<Statement> for_tag();
  Result<Statement> set_tag();
  Result<Statement> filter_tag();
  Result<Statement> with_tag();
  Result<Statement> print_tag();
  Result<Statement> loop_control();
  Result<Body> block(const Ends& ends, std::string_view opener, At opened);
  Result<Target> target(bool with_attributes, std::string_view end_name, std::size_t depth = 0);
  Result<Target> target_part(bool with_attributes, std::size_t depth);
  std::unexpected<Error> refused(const Token& token) const;

  // --- parse_expressions.cc
  Result<ExprPtr> tuple(bool with_conditional, std::string_view end_name = "", bool in_parentheses = false);
  Result<ExprPtr> expression(bool with_conditional = true);
  Result<ExprPtr> conditional();
  Result<ExprPtr> logic_or();
  Result<ExprPtr> logic_and();
  Result<ExprPtr> logic_not();
  Result<ExprPtr> comparison();
  Result<ExprPtr> sum();
  Result<ExprPtr> concat();
  Result<ExprPtr> product();
  Result<ExprPtr> power();
  Result<ExprPtr> unary(bool with_filter = true);
  Result<ExprPtr> primary();
  Result<ExprPtr> list();
  Result<ExprPtr> dict();
  Result<ExprPtr> postfix(ExprPtr expr);
  Result<ExprPtr> filters_and_tests(ExprPtr expr);
  Result<ExprPtr> attribute(ExprPtr of);
  Result<ExprPtr> subscript(ExprPtr of);
  Result<ExprPtr> invoke(ExprPtr callee);
  Result<ExprPtr> filter(ExprPtr of);   // from its name on
  Result<ExprPtr> filters(ExprPtr of);  // | name | name
  Result<ExprPtr> test(ExprPtr of);
  Result<Arguments> arguments();
  Result<void> argument(Arguments& into);
  Result<std::string> dotted_name();

  // A node over `children`; kLimit where it nests too deep.
  template <class Node>
  Result<ExprPtr> make(At at, Node node);

  // --- Tokens.
  const Token& now() const { return tokens_[next_]; }
  const Token& look() const { return tokens_[next_ + (next_ + 1 < tokens_.size() ? 1 : 0)]; }
  const Token& take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
  bool take_operator(std::string_view text);
  bool take_name(std::string_view text);
  Result<void> expect_operator(std::string_view text, std::string_view where);
  Result<std::string> expect_name(std::string_view what);
  Result<void> expect_block_end();
  bool at_tuple_end(std::string_view end_name) const;
  std::unexpected<Error> fail_here(std::string_view what) const { return fail_at(now().at, what); }
  std::unexpected<Error> fail_at(At at, std::string_view what, Code code = Code::kInvalidArgument) const {
    return source_.fail(code, at, what);
  }

  const Source& source_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  std::size_t open_ = 0;   // statements and expressions that are being parsed
  std::size_t loops_ = 0;  // `for` bodies around the present place
};

}  // namespace tarn::jinja
