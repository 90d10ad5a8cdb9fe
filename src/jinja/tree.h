// What a template parses to. Built by parser.h, walked by evaluate.h; never changed after.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "jinja/source.h"
#include "jinja/value.h"

namespace tarn::jinja {

struct FilterEntry;  // filters.h
struct TestEntry;    // predicates.h

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Arguments {
  std::vector<ExprPtr> positional;
  std::vector<std::pair<std::string, ExprPtr>> named;
  ExprPtr spread;        // *x; null if there is none
  ExprPtr spread_named;  // **x
};

struct Constant {
  Value value;
};
struct Name {
  std::string name;
};
struct Attribute {
  ExprPtr of;
  std::string name;
};
struct Item {
  ExprPtr of, index;
};
struct Slice {
  ExprPtr of, start, stop, step;  // the last three may be null
};
struct Invoke {
  ExprPtr callee;
  Arguments arguments;
};
struct Filter {
  ExprPtr of;  // null in `{% filter … %}` and `{% set x | … %}`: the text of the block
  const FilterEntry* filter = nullptr;
  Arguments arguments;
};
struct Test {
  ExprPtr of;
  const TestEntry* test = nullptr;
  Arguments arguments;
};
struct Unary {
  enum class Op { kNot, kMinus, kPlus } op;
  ExprPtr operand;
};
enum class BinaryOp { kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower };
struct Binary {
  BinaryOp op;
  ExprPtr left, right;
};
struct Concat {
  std::vector<ExprPtr> parts;
};
enum class CompareOp { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kIn, kNotIn };
struct Compare {
  ExprPtr first;
  std::vector<std::pair<CompareOp, ExprPtr>> rest;
};
struct Logic {
  bool is_or;
  ExprPtr left, right;
};
struct Conditional {
  ExprPtr then, test, otherwise;  // the last may be null
};
struct ListOf {
  std::vector<ExprPtr> items;
};
struct TupleOf {
  std::vector<ExprPtr> items;
};
struct DictOf {
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
};

struct Expr {
  At at = 0;
  std::uint32_t depth = 1;  // of the expressions below it, at most kNestingMax
  std::variant<Constant, Name, Attribute, Item, Slice, Invoke, Filter, Test, Unary, Binary, Concat, Compare, Logic,
               Conditional, ListOf, TupleOf, DictOf>
      node;
};

// What is assigned to: a name, an attribute of a namespace, or a tuple of them.
struct Target {
  At at = 0;
  std::string name;
  std::string attribute;     // "" if it is a name
  std::vector<Target> many;  // of a tuple; `name` is "" then
  bool is_tuple = false;
};

struct Statement;
using Body = std::vector<Statement>;
using Hidden = std::vector<std::string>;  // names that are undefined when a scope begins (scoping.h)

struct Text {
  std::string text;
};
struct Print {
  std::vector<ExprPtr> values;
};
struct If {
  std::vector<std::pair<ExprPtr, Body>> branches;
  Body otherwise;
};
struct For {
  Target target;
  ExprPtr iterable;
  ExprPtr test;  // may be null
  Body body;
  Body otherwise;
  Hidden hidden, hidden_otherwise;
};
struct Set {
  Target target;
  ExprPtr value;
};
struct SetBlock {
  Target target;
  ExprPtr filter;  // may be null
  Body body;
  Hidden hidden;
};
struct FilterBlock {
  ExprPtr filter;
  Body body;
  Hidden hidden;
};
struct With {
  std::vector<std::pair<Target, ExprPtr>> values;
  Body body;
  Hidden hidden;
};
struct Do {
  ExprPtr value;
};
struct Break {};
struct Continue {};

struct Statement {
  At at = 0;
  std::variant<Text, Print, If, For, Set, SetBlock, FilterBlock, With, Do, Break, Continue> node;
};

struct Tree {
  Body body;
  Hidden hidden;
};

}  // namespace tarn::jinja
