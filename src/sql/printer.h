// Prints DuckDB's SQL from a parse tree, one rule a node kind; a node without a rule is refused. The walk also infers
// Postgres's types, as far as it can: they decide what `/`, sum, round or a cast become.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "sql/functions.h"
#include "sql/pg_catalog.h"
#include "sql/piece.h"
#include "sql/rewrite.h"
#include "sql/scope.h"
#include "sql/tree.h"

struct PgQuery__AConst;
struct PgQuery__AExpr;
struct PgQuery__AIndirection;
struct PgQuery__Alias;
struct PgQuery__CaseExpr;
struct PgQuery__ColumnRef;
struct PgQuery__CommonTableExpr;
struct PgQuery__FuncCall;
struct PgQuery__GroupingSet;
struct PgQuery__JoinExpr;
struct PgQuery__RangeFunction;
struct PgQuery__RangeSubselect;
struct PgQuery__RangeVar;
struct PgQuery__ResTarget;
struct PgQuery__SelectStmt;
struct PgQuery__SQLValueFunction;
struct PgQuery__SubLink;
struct PgQuery__TypeCast;
struct PgQuery__TypeName;
struct PgQuery__WindowDef;
struct PgQuery__WithClause;

namespace tarn::sql {

inline constexpr std::size_t kNodesMax = 100'000;  // visited: some subtrees are printed more than once
inline constexpr std::size_t kPrintedBytesMax = 8u << 20;
inline constexpr int kQuotientScale = 16;                      // of tarn_divide and tarn_average in the worker
inline constexpr std::string_view kScanPrefix = "tarn_scan_";  // names of scans; no client's name begins with tarn_
inline constexpr std::string_view kViewPrefix = "tarn_view_";

// What the printers of a statement and of the views within it add to together.
struct Printed {
  struct View {
    ViewUse use;
    std::string name;  // what the SQL calls it
    Piece sql;
    std::vector<OutputColumn> columns;
  };
  std::vector<TableUse> tables;
  std::vector<View> views;         // each after those that it reads
  std::vector<ViewUse> expanding;  // views within each other, outermost first
  std::vector<SettingChange> set_config;
  bool reads_catalog = false;
  std::size_t nodes = 0;
};

class Printer {
 public:
  Printer(const Source& source, const Context& context, Printed& printed, int depth = 0)
      : source_(source), context_(context), printed_(printed), depth_(depth) {}

  Checked<Rewritten> run(const PgQuery__SelectStmt& statement, bool explain);

 private:
  using Nodes = std::span<PgQuery__Node* const>;

  struct Names {
    const Scope* scope;
    const CommonTables* tables;
  };
  struct Query {
    Piece sql;
    std::vector<OutputColumn> columns;
    bool open = false;
  };
  struct Target {
    Piece sql;
    std::vector<OutputColumn> columns;
    bool open = false;
  };
  // FROM: its SQL, and what it adds to the scope.
  struct From {
    Piece sql;
    std::vector<Relation> relations;
  };

  // select.cc
  // What is still a bare literal or NULL in the select list becomes text, but in a branch of a set operation.
  enum class Literals { kText, kOpen };
  // Whether quotients may go out as text: the outermost select, and, where it groups, only averages, which no key
  // equals.
  enum class Exact { kNo, kAverages, kAll };
  Exact exactness(const PgQuery__SelectStmt& node) const;
  Checked<Query> select(const PgQuery__SelectStmt& node, const Names& outer, Literals literals = Literals::kText);
  Checked<Query> select_body(const PgQuery__SelectStmt& node, const Names& outer, Literals literals);
  Checked<Query> set_operation(const PgQuery__SelectStmt& node, const Names& outer);
  Checked<Query> values(const PgQuery__SelectStmt& node, const Names& outer);
  Checked<Piece> with(const PgQuery__WithClause& node, const Names& outer, CommonTables& tables);
  Checked<Piece> common_table(const PgQuery__CommonTableExpr& node, bool recursive, const Names& outer,
                              CommonTables& tables);
  // ORDER BY, LIMIT, OFFSET. A bare name in ORDER BY means one of `outputs` first.
  Checked<Piece> tail(const PgQuery__SelectStmt& node, const Names& names,
                      const std::vector<OutputColumn>* outputs = nullptr);
  Checked<Piece> order_by(Nodes sorts, const Names& names, std::string_view keyword,
                          const std::vector<OutputColumn>* outputs = nullptr);
  Checked<Piece> group_by(const PgQuery__SelectStmt& node, const Names& names);
  Checked<Piece> grouping_set(const PgQuery__GroupingSet& node, const Names& names);
  Checked<Piece> window_clause(Nodes windows, const Names& names);

  // target.cc
  Checked<Target> target_list(Nodes targets, const Names& names, Literals literals, Exact exact);
  Checked<Target> target(const PgQuery__ResTarget& node, const Names& names, Literals literals, Exact exact,
                         std::size_t column);
  Checked<Target> star(const PgQuery__ColumnRef& node, const Names& names);
  std::string output_name(const PgQuery__Node* node);

  // from.cc
  Checked<From> from_clause(Nodes items, const Names& outer);
  Checked<From> from_item(const PgQuery__Node* node, const Names& names);
  Checked<From> range_var(const PgQuery__RangeVar& node, const Names& names);
  // What a name in FROM means; nothing set: there is no such relation.
  struct Meaning {
    const CommonTable* common = nullptr;
    const CatalogTable* catalog = nullptr;
    const std::vector<ColumnInfo>* columns = nullptr;
    const ViewInfo* view = nullptr;
    std::string name_space;  // of a table or view
  };
  Checked<Meaning> meaning(std::string_view name_space, std::string_view name, const Names& names);
  Checked<From> subselect(const PgQuery__RangeSubselect& node, const Names& names);
  Checked<From> range_function(const PgQuery__RangeFunction& node, const Names& names);
  Checked<From> join(const PgQuery__JoinExpr& node, const Names& names);
  Checked<void> alias_columns(const PgQuery__Alias* alias, Relation& relation, Piece& sql);
  std::string relation_hint(std::string_view name_space, std::string_view name, const Names& names) const;
  std::string scan_name(std::string_view name_space, std::string_view name);

  // view.cc
  // The printed view, made the first time; valid until the next.
  Checked<const Printed::View*> view(const ViewUse& use, const ViewInfo& info, std::int32_t location);
  Checked<Printed::View> expand(const ViewUse& use, const ViewInfo& info);

  // expression.cc
  Checked<Expression> expression(const PgQuery__Node* node, const Names& names);
  Checked<Expression> expression_inner(const PgQuery__Node* node, const Names& names);
  Checked<Expression> constant(const PgQuery__AConst& node);
  Checked<Expression> column(const PgQuery__ColumnRef& node, const Names& names);
  Checked<Expression> bare_column(const std::string& name, std::int32_t location, const Names& names);
  Checked<Expression> case_expression(const PgQuery__CaseExpr& node, const Names& names);
  Checked<Expression> sublink(const PgQuery__SubLink& node, const Names& names);
  Checked<Expression> indirection(const PgQuery__AIndirection& node, const Names& names);
  Checked<Expression> value_function(const PgQuery__SQLValueFunction& node);
  Checked<Expression> same_type(std::string_view function, Nodes arguments, const Names& names, std::int32_t location);
  Checked<std::vector<Expression>> expressions(Nodes nodes, const Names& names);
  Expression parameter(int number, std::int32_t location);

  // operator.cc
  Checked<Expression> operation(const PgQuery__AExpr& node, const Names& names);
  Checked<Expression> binary(std::string_view op, Expression left, Expression right, std::int32_t location);
  Checked<Expression> unary(std::string_view op, Expression right, std::int32_t location);
  Checked<void> match_types(std::string_view op, Expression& left, Expression& right, std::int32_t location);
  Checked<Expression> divide(Expression left, Expression right, std::int32_t location);
  Checked<Expression> any_or_all(const PgQuery__AExpr& node, const Names& names);
  Checked<Expression> in_list(const PgQuery__AExpr& node, const Names& names);
  Checked<Expression> like(const PgQuery__AExpr& node, const Names& names);
  Checked<Expression> between(const PgQuery__AExpr& node, const Names& names);

  // cast.cc
  Checked<Expression> type_cast(const PgQuery__TypeCast& node, const Names& names);
  Checked<Type> type_of(const PgQuery__TypeName& node);
  Checked<Expression> cast(Expression value, Type target, std::int32_t location);
  Checked<Expression> cast_literal(const Expression& value, std::string_view text, Type target, std::int32_t location);
  Checked<void> check_input(std::string_view text, Oid type, std::int32_t location);
  Expression to_text(Expression value);
  Expression regclass_literal(std::string_view text);
  Checked<void> adapt(Expression& left, Expression& right);  // a bare literal becomes what it meets

  // call.cc
  Checked<Expression> call(const PgQuery__FuncCall& node, const Names& names);
  Checked<Expression> special_call(const FunctionFacts& facts, const PgQuery__FuncCall& node,
                                   std::vector<Expression> arguments, const Names& names);
  Checked<Piece> invocation(std::string_view name, const PgQuery__FuncCall& node,
                            const std::vector<Expression>& arguments, const Names& names);
  Checked<Piece> window(const PgQuery__WindowDef& node, const Names& names, bool definition);
  Checked<Expression> convert_bytes(const FunctionFacts& facts, const PgQuery__FuncCall& node,
                                    std::vector<Expression> arguments);
  Checked<Expression> sum(const PgQuery__FuncCall& node, const std::vector<Expression>& arguments, const Names& names);
  Checked<Expression> avg(const PgQuery__FuncCall& node, const std::vector<Expression>& arguments, const Names& names);
  Checked<Expression> current_setting(const std::vector<Expression>& arguments, std::int32_t location);
  Checked<Expression> truncate(std::vector<Expression> arguments, std::int32_t location);
  Checked<Expression> parse_time(bool date, std::vector<Expression> arguments, std::int32_t location);
  Checked<void> settle_series(std::vector<Expression>& bounds);
  Checked<Expression> substring(std::vector<Expression> arguments, std::int32_t location);
  Checked<Expression> format(std::vector<Expression> arguments, std::int32_t location);
  Checked<Expression> date_part(const std::vector<Expression>& arguments, bool as_numeric, std::int32_t location);

  // The first of the search path that exists, as SQL.
  std::string current_schema() const;
  std::int32_t position(std::int32_t location) const { return source_.position(location); }
  std::unexpected<Problem> not_supported(std::string_view what, std::int32_t location) const;

  // A value of the outermost select as the column that it is inserted into.
  Checked<void> assign(Expression& value, std::size_t column);

  const Source& source_;
  const Context& context_;
  Printed& printed_;
  int depth_;
};

// "name" of a String node; empty for anything else.
std::string_view string_of(const PgQuery__Node* node);

// The piece with $1, $2, ... of `templ` replaced; "$*" by all of them.
Piece fill(std::string_view templ, const std::vector<Expression>& arguments);

}  // namespace tarn::sql
