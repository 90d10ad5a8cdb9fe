// One rendering: the tree is walked, names are found, text comes out.
//
// A name is looked up in the scopes from the inside out (each turn of a loop, each `with`, `set` and `filter` block has
// one), then among the globals. `set` writes to the innermost one, so what a loop sets is gone after its turn, as in
// Jinja2.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/containers.h"
#include "jinja/source.h"
#include "jinja/template.h"
#include "jinja/tree.h"

namespace tarn::jinja {

class LoopState;

class Rendering {
 public:
  Rendering(const Source& source, const Scope& globals, const Limits& limits);

  // Errors have file, line and column.
  Result<std::string> render(const Tree& tree);
  Result<Value> value(const Expr& expr);

 private:
  enum class Flow { kOn, kBreak, kContinue };
  struct Variables {
    std::vector<std::pair<std::string_view, Value>> named;
  };
  class Inner;    // a scope while it lives
  class PutAway;  // scopes put away while it lives

  // --- execute.cc: statements
  Result<Flow> run(const Body& body);
  Result<Flow> run(const Statement& statement);
  Result<Flow> run(const Text& node, At at);
  Result<Flow> run(const Print& node, At at);
  Result<Flow> run(const If& node, At at);
  Result<Flow> run(const For& node, At at);
  Result<Flow> run(const Set& node, At at);
  Result<Flow> run(const SetBlock& node, At at);
  Result<Flow> run(const FilterBlock& node, At at);
  Result<Flow> run(const With& node, At at);
  Result<Flow> run(const Do& node, At at);
  Result<Flow> run(const Break&, At) { return Flow::kBreak; }
  Result<Flow> run(const Continue&, At) { return Flow::kContinue; }
  Result<std::optional<Value>> next_item(const For& node, Iterator& items, std::size_t outside);
  // The text of `body` in a scope of its own, through `filter` if it is not null, and how it ended.
  Result<std::pair<Value, Flow>> captured(const Body& body, const Hidden& hidden, const Expr* filter);
  Result<void> write(std::string_view text, At at);
  Result<void> assign(const Target& target, const Value& value);
  Result<void> assign_attribute(const Target& target, const Value& value);
  void set_name(std::string_view name, Value value);
  void hide(const Hidden& names);

  // --- evaluate.cc: expressions
  Result<Value> eval(const Expr& expr);
  Result<Value> eval_or_none(const ExprPtr& expr) { return expr ? eval(*expr) : Result<Value>(Value()); }
  Result<Value> eval_node(const Constant& node, At) { return node.value; }
  Result<Value> eval_node(const Name& node, At at);
  Result<Value> eval_node(const Attribute& node, At at);
  Result<Value> eval_node(const Item& node, At at);
  Result<Value> eval_node(const Slice& node, At at);
  Result<Value> eval_node(const Invoke& node, At at);
  Result<Value> eval_node(const Filter& node, At at);
  Result<Value> eval_node(const Test& node, At at);
  Result<Value> eval_node(const Unary& node, At at);
  Result<Value> eval_node(const Binary& node, At at);
  Result<Value> eval_node(const Concat& node, At at);
  Result<Value> eval_node(const Compare& node, At at);
  Result<Value> eval_node(const Logic& node, At at);
  Result<Value> eval_node(const Conditional& node, At at);
  Result<Value> eval_node(const ListOf& node, At at);
  Result<Value> eval_node(const TupleOf& node, At at);
  Result<Value> eval_node(const DictOf& node, At at);
  Result<std::vector<Value>> eval_all(const std::vector<ExprPtr>& many);
  Result<Call> eval_arguments(const Arguments& arguments, At at);
  Result<void> spread_named(const Value& given, Call& call);
  const Value* find_name(std::string_view name) const;

  // `result`, with the place noted if it failed and none is yet: the innermost is what the error says.
  template <class T>
  Result<T> at(At where, Result<T> result) {
    if (!result && !failed_at_) failed_at_ = where;
    return result;
  }
  template <class T>
  Result<T> placed(Result<T> result) const;

  const Source& source_;
  const Scope& globals_;
  Meter meter_;
  std::size_t output_left_;
  std::string out_;
  std::vector<Variables> scopes_;
  const Value* block_text_ = nullptr;  // what a filter without a left side takes
  std::optional<At> failed_at_;
};

// range, dict, namespace; nothing for others. Errors: kUnsupported for names that Jinja2 has besides.
Result<std::optional<Value>> builtin(std::string_view name);

}  // namespace tarn::jinja
