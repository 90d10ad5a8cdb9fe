#include "jinja/scoping.h"

#include <map>
#include <set>
#include <string_view>

namespace tarn::jinja {
namespace {

// What is known of the names of one scope. Follows Jinja2's idtracking.
class Symbols {
 public:
  explicit Symbols(const Symbols* outer) : outer_(outer) {}

  void load(std::string_view name) {
    if (!knows(name)) hidden_[name] = false;
  }
  void store(std::string_view name) {
    stored_.insert(name);
    hidden_.try_emplace(name, !outer_ || !outer_->knows(name));
  }
  void parameter(std::string_view name) {
    stored_.insert(name);
    hidden_[name] = false;
  }
  // What the branches of an `if`, which began as copies of this, came to know.
  void merge(const std::vector<Symbols>& branches) {
    std::set<std::string_view> stored_in_some;
    for (const Symbols& branch : branches) {
      for (std::string_view name : branch.stored_) {
        if (!stored_.contains(name)) stored_in_some.insert(name);
      }
    }
    for (const Symbols& branch : branches) {
      for (const auto& [name, is_hidden] : branch.hidden_) hidden_[name] = is_hidden;
    }
    for (std::string_view name : stored_in_some) {
      stored_.insert(name);
      hidden_[name] = false;
    }
  }

  Hidden hidden() const {
    Hidden names;
    for (const auto& [name, is_hidden] : hidden_) {
      if (is_hidden) names.emplace_back(name);
    }
    return names;
  }

 private:
  bool knows(std::string_view name) const { return hidden_.contains(name) || (outer_ && outer_->knows(name)); }

  const Symbols* outer_;
  std::map<std::string_view, bool> hidden_;  // every name it has a place for
  std::set<std::string_view> stored_;
};

// --- The names that an expression reads.

void read(const ExprPtr& expr, Symbols& symbols);

void read_all(const std::vector<ExprPtr>& many, Symbols& symbols) {
  for (const ExprPtr& each : many) read(each, symbols);
}

void read_arguments(const Arguments& arguments, Symbols& symbols) {
  read_all(arguments.positional, symbols);
  for (const auto& [name, value] : arguments.named) read(value, symbols);
  read(arguments.spread, symbols);
  read(arguments.spread_named, symbols);
}

struct Reader {
  Symbols& symbols;

  void operator()(const Constant&) const {}
  void operator()(const Name& node) const { symbols.load(node.name); }
  void operator()(const Attribute& node) const { read(node.of, symbols); }
  void operator()(const Item& node) const { both(node.of, node.index); }
  void operator()(const Slice& node) const {
    both(node.of, node.start);
    both(node.stop, node.step);
  }
  void operator()(const Invoke& node) const {
    read(node.callee, symbols);
    read_arguments(node.arguments, symbols);
  }
  void operator()(const Filter& node) const {
    read(node.of, symbols);
    read_arguments(node.arguments, symbols);
  }
  void operator()(const Test& node) const {
    read(node.of, symbols);
    read_arguments(node.arguments, symbols);
  }
  void operator()(const Unary& node) const { read(node.operand, symbols); }
  void operator()(const Binary& node) const { both(node.left, node.right); }
  void operator()(const Concat& node) const { read_all(node.parts, symbols); }
  void operator()(const Compare& node) const {
    read(node.first, symbols);
    for (const auto& [op, expr] : node.rest) read(expr, symbols);
  }
  void operator()(const Logic& node) const { both(node.left, node.right); }
  void operator()(const Conditional& node) const {
    both(node.test, node.then);
    read(node.otherwise, symbols);
  }
  void operator()(const ListOf& node) const { read_all(node.items, symbols); }
  void operator()(const TupleOf& node) const { read_all(node.items, symbols); }
  void operator()(const DictOf& node) const {
    for (const auto& [key, value] : node.entries) both(key, value);
  }

 private:
  void both(const ExprPtr& one, const ExprPtr& other) const {
    read(one, symbols);
    read(other, symbols);
  }
};

void read(const ExprPtr& expr, Symbols& symbols) {
  if (expr) std::visit(Reader{symbols}, expr->node);
}

// --- The names that a scope's own statements read and set; scopes within it are not entered.

void store(const Target& target, Symbols& symbols) {
  for (const Target& each : target.many) store(each, symbols);
  if (target.is_tuple) return;
  if (target.attribute.empty())
    symbols.store(target.name);
  else
    symbols.load(target.name);
}

void declare(const Target& target, Symbols& symbols) {
  for (const Target& each : target.many) declare(each, symbols);
  if (!target.is_tuple) symbols.parameter(target.name);
}

void note(const Body& body, Symbols& symbols);

struct Noter {
  Symbols& symbols;

  void operator()(const Print& node) const { read_all(node.values, symbols); }
  void operator()(const Do& node) const { read(node.value, symbols); }
  void operator()(const For& node) const { read(node.iterable, symbols); }
  void operator()(const FilterBlock& node) const { read(node.filter, symbols); }
  void operator()(const SetBlock& node) const { store(node.target, symbols); }
  void operator()(const Set& node) const {
    read(node.value, symbols);
    store(node.target, symbols);
  }
  void operator()(const With& node) const {
    for (const auto& [target, value] : node.values) read(value, symbols);
  }
  // Jinja2's branches are the `if`, all `elif` together, each an `if` of its own, and the `else`.
  void operator()(const If& node) const {
    read(node.branches[0].first, symbols);
    std::vector<Symbols> branches(3, symbols);
    note(node.branches[0].second, branches[0]);
    for (std::size_t i = 1; i < node.branches.size(); ++i) {
      read(node.branches[i].first, branches[1]);
      std::vector<Symbols> inner(1, branches[1]);
      note(node.branches[i].second, inner[0]);
      branches[1].merge(inner);
    }
    note(node.otherwise, branches[2]);
    symbols.merge(branches);
  }
  void operator()(const auto&) const {}
};

void note(const Body& body, Symbols& symbols) {
  for (const Statement& each : body) std::visit(Noter{symbols}, each.node);
}

// --- Scopes within scopes. An outer one is known whole before those in it.

void enter(Body& body, const Symbols& symbols);

Hidden scope(Body& body, Symbols symbols) {
  note(body, symbols);
  enter(body, symbols);
  return symbols.hidden();
}

struct Enterer {
  const Symbols& outer;

  void operator()(If& node) const {
    for (auto& [test, body] : node.branches) enter(body, outer);
    enter(node.otherwise, outer);
  }
  void operator()(For& node) const {
    Symbols symbols(&outer);
    symbols.parameter("loop");
    declare(node.target, symbols);
    node.hidden = scope(node.body, std::move(symbols));
    node.hidden_otherwise = scope(node.otherwise, Symbols(&outer));
  }
  void operator()(With& node) const {
    Symbols symbols(&outer);
    for (const auto& [target, value] : node.values) declare(target, symbols);
    node.hidden = scope(node.body, std::move(symbols));
  }
  void operator()(SetBlock& node) const { node.hidden = scope(node.body, Symbols(&outer)); }
  void operator()(FilterBlock& node) const { node.hidden = scope(node.body, Symbols(&outer)); }
  void operator()(auto&) const {}
};

void enter(Body& body, const Symbols& symbols) {
  for (Statement& each : body) std::visit(Enterer{symbols}, each.node);
}

}  // namespace

void find_hidden(Tree& tree) { tree.hidden = scope(tree.body, Symbols(nullptr)); }

}  // namespace tarn::jinja
