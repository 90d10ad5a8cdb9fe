// Function calls: the allow-list's templates, aggregates and windows, and the functions whose type decides.
#include <fmt/format.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "sql/pg_catalog.h"
#include "sql/printer.h"

namespace tarn::sql {
namespace {

// Frame options of Postgres's parsenodes.h.
constexpr int kFrameNonDefault = 0x1, kFrameRows = 0x4, kFrameGroups = 0x8, kStartUnboundedPreceding = 0x20,
              kEndUnboundedFollowing = 0x100, kStartCurrent = 0x200, kEndCurrent = 0x400, kStartOffsetPreceding = 0x800,
              kEndOffsetPreceding = 0x1000, kExcludeCurrent = 0x8000, kExcludeGroup = 0x10000, kExcludeTies = 0x20000;

Type result_of(std::string_view spec, const std::vector<Expression>& arguments) {
  if (spec.empty()) return {};
  if (spec == "=") {
    Type type;
    for (const Expression& argument : arguments) type = common_type(type, argument.type);
    return type;
  }
  if (spec[0] == '=') {  // "=1", or "=1[]"
    auto index = static_cast<std::size_t>(spec[1] - '1');
    if (index >= arguments.size()) return {};
    Type type = arguments[index].constant ? Type{oid::kText, -1} : arguments[index].type;
    return spec.ends_with("[]") ? Type{array_of(type.oid), -1} : Type{type.oid, -1, type.scale};
  }
  bool array = spec[0] == '_';
  const TypeFacts* facts = find_type(array ? spec.substr(1) : spec);
  return facts == nullptr ? Type{} : Type{array ? facts->array : facts->oid, -1};
}

// "pg.f" is a macro of the worker's catalog.
std::string duck_name(std::string_view name) {
  if (name.starts_with("pg.")) return fmt::format("{}.{}", kCatalogSchema, name.substr(3));
  return std::string(name);
}

bool is_template(std::string_view duck) {
  return duck.find_first_of("($'") != std::string_view::npos || duck == "true" || duck == "false" ||
         (!duck.empty() && std::isdigit(static_cast<unsigned char>(duck[0])));
}

}  // namespace

Piece fill(std::string_view templ, const std::vector<Expression>& arguments) {
  Piece piece;
  while (!templ.empty()) {
    std::size_t dollar = templ.find('$');
    if (dollar == std::string_view::npos || dollar + 1 >= templ.size()) break;
    char which = templ[dollar + 1];
    std::size_t index = static_cast<std::size_t>(which - '1');
    if (which != '*' && index >= arguments.size()) {  // '$[*]' of a JSON path
      piece << templ.substr(0, dollar + 1);
      templ.remove_prefix(dollar + 1);
      continue;
    }
    piece << templ.substr(0, dollar);
    if (which == '*') {
      for (std::size_t i = 0; i < arguments.size(); ++i) piece << (i > 0 ? ", " : "") << arguments[i].sql;
    } else {
      piece << arguments[index].sql;
    }
    templ.remove_prefix(dollar + 2);
  }
  return piece << templ;
}

Checked<Expression> Printer::call(const PgQuery__FuncCall& node, const Names& names) {
  std::string_view name = string_of(node.funcname[node.n_funcname - 1]);
  std::string_view schema = node.n_funcname > 1 ? string_of(node.funcname[0]) : std::string_view();
  bool known = false;
  const FunctionFacts* facts = find_function(name, static_cast<int>(node.n_args), known);
  bool ours = schema.empty() || schema == "pg_catalog" || schema == "information_schema";
  if (facts == nullptr || !ours || node.func_variadic) {
    std::string hint =
        "No function matches the given name and argument types. You might need to add explicit type casts.";
    return refuse("42883",
                  fmt::format("function {}{}{} does not exist{}", schema, schema.empty() ? "" : ".", name,
                              known ? " with this number of arguments" : ""),
                  position(node.location), hint);
  }
  bool aggregate = facts->kind == FunctionKind::kAggregate, window = facts->kind == FunctionKind::kWindow;
  if (node.over != nullptr && !aggregate && !window) {
    return refuse("42809",
                  fmt::format("OVER specified, but {} is not a window function nor an aggregate function", name),
                  position(node.location));
  }
  if (window && node.over == nullptr) {
    return refuse("42809", fmt::format("window function {} requires an OVER clause", name), position(node.location));
  }
  bool decorated =
      node.agg_distinct || node.n_agg_order > 0 || node.agg_filter != nullptr || node.agg_star || node.agg_within_group;
  if (decorated && !aggregate) {
    return refuse("42809", fmt::format("{} is not an aggregate function", name), position(node.location));
  }
  TARN_ASSIGN(std::vector<Expression> arguments, expressions(Nodes(node.args, node.n_args), names));
  bool reads_json = name.starts_with("json") && !name.contains("build") && !arguments.empty();
  if (reads_json && arguments[0].constant) {
    TARN_ASSIGN(arguments[0], cast(std::move(arguments[0]), {oid::kJson, -1}, node.location));
  }
  if (facts->special != Special::kNone) return special_call(*facts, node, std::move(arguments), names);

  Expression result;
  result.type = result_of(facts->result, arguments);
  if (facts->duck.starts_with("pg."))
    printed_.reads_catalog |= name.starts_with("pg_") || name.ends_with("_description") || name == "format_type";
  if (name.starts_with("string_agg")) arguments[0] = to_text(std::move(arguments[0]));
  if (aggregate || window) {
    TARN_ASSIGN(result.sql, invocation(facts->duck.empty() ? facts->name : facts->duck, node, arguments, names));
    if (name == "ntile") result.sql = Piece("CAST(") << result.sql << " AS INTEGER)";
    return result;
  }
  result.sql.mark(node.location);
  if (facts->duck.starts_with("pg.current_") || facts->duck == "pg.backend_pid()" || facts->duck == "pg.version()") {
    std::string_view what = facts->duck.substr(3);
    if (what.starts_with("current_database")) result.sql << quote_text(context_.database);
    if (what == "current_schema()") result.sql << current_schema();
    if (what == "backend_pid()") result.sql << std::to_string(context_.backend_pid);
    if (what == "version()") result.sql << quote_text(kVersionText);
    if (what == "current_schemas") {
      result.sql << "(CASE WHEN " << arguments[0].sql << " THEN ['pg_catalog'] ELSE [] END || CAST([";
      bool first = true;
      for (const std::string& candidate : context_.search_path) {
        if (std::ranges::find(context_.name_spaces, candidate) == context_.name_spaces.end()) continue;
        result.sql << (first ? "" : ", ") << quote_text(candidate);
        first = false;
      }
      result.sql << "] AS VARCHAR[]))";
      result.type = {array_of(oid::kName), -1};
    }
    return result;
  }
  if (is_template(facts->duck)) {
    std::string templ(facts->duck);
    if (templ.starts_with("pg.")) templ = duck_name(templ);
    result.sql << fill(templ, arguments);
  } else {
    result.sql << duck_name(facts->duck.empty() ? facts->name : facts->duck) << "(" << fill("$*", arguments) << ")";
  }
  return result;
}

// name([DISTINCT] arguments [ORDER BY]) [WITHIN GROUP] [FILTER] [OVER].
Checked<Piece> Printer::invocation(std::string_view name, const PgQuery__FuncCall& node,
                                   const std::vector<Expression>& arguments, const Names& names) {
  Piece piece;
  piece.mark(node.location);
  bool templated = is_template(name);
  Piece inner;
  if (node.agg_distinct) inner << "DISTINCT ";
  inner << (node.agg_star ? Piece("*") : fill("$*", arguments));
  TARN_ASSIGN(Piece order, order_by(Nodes(node.agg_order, node.n_agg_order), names, " ORDER BY "));
  if (!node.agg_within_group) inner << order;
  if (templated) {  // f(g($1)): the arguments' decoration goes inside
    if (node.over != nullptr || node.agg_filter != nullptr)
      return not_supported("FILTER or OVER with this aggregate", node.location);
    std::vector<Expression> decorated{{.sql = inner}};
    return piece << fill(name, decorated);
  }
  piece << name << "(" << inner << ")";
  if (node.agg_within_group) piece << " WITHIN GROUP (" << Piece(std::string_view("")) << order << ")";
  if (node.agg_filter != nullptr) {
    TARN_ASSIGN(Expression filter, expression(node.agg_filter, names));
    piece << " FILTER (WHERE " << filter.sql << ")";
  }
  if (node.over != nullptr) {
    TARN_ASSIGN(Piece over, window(*node.over, names, false));
    piece << " OVER " << over;
  }
  return piece;
}

Checked<Piece> Printer::window(const PgQuery__WindowDef& node, const Names& names, bool definition) {
  bool named = node.name != nullptr && *node.name != '\0';
  if (named && !definition) return Piece(quote_name(node.name));
  Piece piece("(");
  if (node.refname != nullptr && *node.refname != '\0') piece << quote_name(node.refname);
  if (node.n_partition_clause > 0) {
    TARN_ASSIGN(std::vector<Expression> keys,
                expressions(Nodes(node.partition_clause, node.n_partition_clause), names));
    piece << " PARTITION BY " << fill("$*", keys);
  }
  TARN_ASSIGN(Piece order, order_by(Nodes(node.order_clause, node.n_order_clause), names, " ORDER BY "));
  piece << order;
  int options = node.frame_options;
  if ((options & kFrameNonDefault) == 0) return piece << ")";
  piece << ((options & kFrameRows) != 0     ? " ROWS"
            : (options & kFrameGroups) != 0 ? " GROUPS"
                                            : " RANGE")
        << " BETWEEN ";
  auto bound = [&](int unbounded, int current, int preceding, const PgQuery__Node* offset,
                   bool start) -> Checked<Piece> {
    if ((options & unbounded) != 0) return Piece(start ? "UNBOUNDED PRECEDING" : "UNBOUNDED FOLLOWING");
    if ((options & current) != 0 || offset == nullptr) return Piece("CURRENT ROW");
    TARN_ASSIGN(Expression value, expression(offset, names));
    return Piece(value.sql) << ((options & preceding) != 0 ? " PRECEDING" : " FOLLOWING");
  };
  TARN_ASSIGN(Piece from,
              bound(kStartUnboundedPreceding, kStartCurrent, kStartOffsetPreceding, node.start_offset, true));
  TARN_ASSIGN(Piece to, bound(kEndUnboundedFollowing, kEndCurrent, kEndOffsetPreceding, node.end_offset, false));
  piece << from << " AND " << to;
  if ((options & kExcludeCurrent) != 0) piece << " EXCLUDE CURRENT ROW";
  if ((options & kExcludeGroup) != 0) piece << " EXCLUDE GROUP";
  if ((options & kExcludeTies) != 0) piece << " EXCLUDE TIES";
  return piece << ")";
}

Checked<Expression> Printer::special_call(const FunctionFacts& facts, const PgQuery__FuncCall& node,
                                          std::vector<Expression> arguments, const Names& names) {
  Expression result;
  result.type = result_of(facts.result, arguments);
  switch (facts.special) {
    case Special::kSum: return sum(node, arguments, names);
    case Special::kAvg: return avg(node, arguments, names);
    case Special::kCount: {
      if (arguments.empty() && !node.agg_star) {
        return refuse("42809", "count(*) must be used to call a parameterless aggregate function",
                      position(node.location));
      }
      TARN_ASSIGN(result.sql, invocation("count", node, arguments, names));
      return result;
    }
    case Special::kOrdered: {
      if (!node.agg_within_group)
        return refuse("42809", fmt::format("WITHIN GROUP is required for ordered-set aggregate {}", facts.name),
                      position(node.location));
      if (node.n_agg_order == 1) {
        TARN_ASSIGN(Expression key, expression(node.agg_order[0]->sort_by->node, names));
        if (facts.result.empty()) result.type = key.type;
      }
      TARN_ASSIGN(result.sql, invocation(facts.name, node, arguments, names));
      return result;
    }
    case Special::kRound: {
      result.sql.mark(node.location);
      const Type& type = arguments[0].type;
      if (arguments.size() == 1) {
        result.sql << (is_float(type.oid) ? "round_even(" : "round(") << arguments[0].sql
                   << (is_float(type.oid) ? ", 0)" : ")");
        result.type = is_integer(type.oid) || type.oid == oid::kNumeric ? unconstrained(0) : type;
        if (is_integer(type.oid)) result.sql = Piece("CAST(") << result.sql << " AS DECIMAL(38,0))";
        return result;
      }
      if (is_integer(type.oid)) {  // of an integer it is a numeric too
        arguments[0].sql = Piece("CAST(") << arguments[0].sql << " AS DECIMAL(38,0))";
        arguments[0].type = unconstrained(0);
      }
      result.sql << "round(" << fill("$*", arguments) << ")";
      result.type = type;
      if (type.oid == oid::kNumeric) {
        const std::string& places = arguments[1].sql.text;
        bool constant =
            !places.empty() && places.size() < 3 && places.find_first_not_of("0123456789") == std::string::npos;
        if (constant) result.type = unconstrained(std::min(std::stoi(places), type.scale));
      }
      return result;
    }
    case Special::kSign: {  // numeric of a numeric, else double precision
      bool numeric = arguments[0].type.oid == oid::kNumeric;
      result.type = numeric ? unconstrained(0) : Type{oid::kFloat8, -1};
      result.sql.mark(node.location) << "CAST(sign(" << arguments[0].sql << ") AS "
                                     << (numeric ? "DECIMAL(38,0))" : "DOUBLE)");
      return result;
    }
    case Special::kTrunc: return truncate(std::move(arguments), node.location);
    case Special::kToDate:
    case Special::kToTimestamp:
      return parse_time(facts.special == Special::kToDate, std::move(arguments), node.location);
    case Special::kDateTrunc: {
      Expression& value = arguments[1];
      bool date = value.type.oid == oid::kDate;
      Piece time = date ? Piece("CAST(") << value.sql << " AS TIMESTAMPTZ)" : value.sql;
      result.sql.mark(node.location) << "date_trunc(" << arguments[0].sql << ", " << time << ")";
      if (arguments.size() == 3) {
        result.sql = Piece("timezone(") << arguments[2].sql << ", date_trunc(" << arguments[0].sql << ", timezone("
                                        << arguments[2].sql << ", " << time << ")))";
      }
      result.type = date ? Type{oid::kTimestamptz, -1} : value.type;
      return result;
    }
    case Special::kDatePart: return date_part(arguments, false, node.location);
    case Special::kExtract: return date_part(arguments, true, node.location);
    case Special::kConcat:
      for (Expression& argument : arguments) argument = to_text(std::move(argument));
      result.sql.mark(node.location) << facts.name << "(" << fill("$*", arguments) << ")";
      return result;
    case Special::kCurrentSetting: return current_setting(arguments, node.location);
    case Special::kSubstring: return substring(std::move(arguments), node.location);
    case Special::kFormat: return format(std::move(arguments), node.location);
    case Special::kLength: {
      bool bytes = arguments[0].type.oid == oid::kBytea || facts.name == "octet_length";
      std::string_view function = !bytes                                 ? "length("
                                  : arguments[0].type.oid == oid::kBytea ? "octet_length("
                                                                         : "strlen(";
      result.sql.mark(node.location) << "CAST(" << function << arguments[0].sql << ") AS INTEGER)";
      return result;
    }
    case Special::kWhole: {  // of an integer it is double precision, of a numeric a numeric without fraction
      const Type& type = arguments[0].type;
      bool integer = is_integer(type.oid);
      result.sql.mark(node.location) << (integer ? "CAST(" : facts.duck) << (integer ? "" : "(") << arguments[0].sql
                                     << (integer ? " AS DOUBLE)" : ")");
      result.type = type.oid == oid::kNumeric ? unconstrained(0) : Type{oid::kFloat8, -1};
      return result;
    }
    case Special::kTypeOf: {
      Oid type = arguments[0].constant ? Oid{705} : arguments[0].type.oid;
      if (type == oid::kUnknown) return not_supported("pg_typeof of this expression", node.location);
      result.sql.mark(node.location) << fmt::format("CAST({} AS UINTEGER)", type);
      return result;
    }
    case Special::kToChar:
      if (is_number(arguments[0].type.oid)) {
        bool real = is_float(arguments[0].type.oid);
        result.sql.mark(node.location) << "tarn_to_char_number(CAST("
                                       << (real ? Piece("CAST(") << arguments[0].sql << " AS DECIMAL(38,15))"
                                                : arguments[0].sql)
                                       << " AS VARCHAR), " << arguments[1].sql << ")";
        return result;
      }
      if (!is_time(arguments[0].type.oid))
        return not_supported("to_char of a value that is no number, date or timestamp", node.location);
      result.sql.mark(node.location) << "tarn_to_char(CAST(" << arguments[0].sql << " AS TIMESTAMP), "
                                     << arguments[1].sql << ")";
      return result;
    case Special::kSetConfig: {
      if (!arguments[0].constant || !arguments[1].constant)
        return not_supported("set_config of computed values", node.location);
      printed_.set_config.push_back({*arguments[0].constant, *arguments[1].constant, arguments[2].sql.text == "true"});
      result.sql.mark(node.location) << "CAST(" << arguments[1].sql << " AS VARCHAR)";
      return result;
    }
    case Special::kEncode:
    case Special::kDecode:
    case Special::kConvertFrom:
    case Special::kConvertTo: return convert_bytes(facts, node, std::move(arguments));
    case Special::kGenerateSeries: {
      TARN_TRY(settle_series(arguments));
      const Type& from = arguments[0].type;
      result.sql.mark(node.location) << "unnest(generate_series(" << fill("$*", arguments) << "))";
      result.type = is_integer(from.oid) ? common_type(from, arguments[1].type) : from;
      if (result.type.oid == oid::kInt4) result.sql = Piece("CAST(") << result.sql << " AS INTEGER)";
      return result;
    }
    case Special::kUnnest: {
      const TypeFacts* element = element_of(arguments[0].type.oid);
      result.sql.mark(node.location) << "unnest(" << arguments[0].sql << ")";
      result.type = {element == nullptr ? 0 : element->oid, -1};
      return result;
    }
    default: return not_supported(facts.name, node.location);
  }
}

// Postgres: sum of int2 and int4 is bigint, of bigint numeric; of the others their own type.
Checked<Expression> Printer::sum(const PgQuery__FuncCall& node, const std::vector<Expression>& arguments,
                                 const Names& names) {
  TARN_ASSIGN(Piece plain, invocation("sum", node, arguments, names));
  const Type& type = arguments[0].type;
  switch (type.oid) {
    case oid::kInt2:
    case oid::kInt4: return Expression{.sql = Piece("CAST(") << plain << " AS BIGINT)", .type = {oid::kInt8, -1}};
    case oid::kInt8:
      return Expression{.sql = Piece("CAST(") << plain << " AS DECIMAL(38,0))", .type = unconstrained(0)};
    case oid::kNumeric: return Expression{.sql = plain, .type = unconstrained(type.scale)};
    default: return Expression{.sql = plain, .type = type};
  }
}

// Postgres: avg of integers and numerics is numeric, computed exactly from sum and count.
Checked<Expression> Printer::avg(const PgQuery__FuncCall& node, const std::vector<Expression>& arguments,
                                 const Names& names) {
  const Type& type = arguments[0].type;
  if (!is_integer(type.oid) && type.oid != oid::kNumeric) {
    TARN_ASSIGN(Piece plain, invocation("avg", node, arguments, names));
    return Expression{.sql = std::move(plain), .type = type.oid == oid::kInterval ? type : Type{oid::kFloat8, -1}};
  }
  TARN_ASSIGN(Piece total, invocation("sum", node, arguments, names));
  TARN_ASSIGN(Piece count, invocation("count", node, arguments, names));
  int scale = type.scale;
  Piece whole = unscaled(total, scale);
  Expression result{.sql = Piece("tarn_average("), .type = unconstrained(kQuotientScale)};
  result.sql << whole << ", " << count << fmt::format(", {})", -scale);
  result.exact_text = Piece("tarn_average_text(") << whole << ", " << count << fmt::format(", {})", scale);
  return result;
}

Checked<Expression> Printer::current_setting(const std::vector<Expression>& arguments, std::int32_t location) {
  Expression result{.sql = {}, .type = {oid::kText, -1}};
  result.sql.mark(location);
  if (!arguments[0].constant || !context_.setting) {
    printed_.reads_catalog = true;
    result.sql << kCatalogSchema << ".current_setting(" << arguments[0].sql << ")";
    return result;
  }
  std::optional<std::string> value = context_.setting(*arguments[0].constant);
  bool missing_ok = arguments.size() == 2 && arguments[1].sql.text == "true";
  if (!value && !missing_ok) {
    return refuse("42704", fmt::format("unrecognized configuration parameter \"{}\"", *arguments[0].constant));
  }
  result.sql << (value ? "CAST(" + quote_text(*value) + " AS VARCHAR)" : "CAST(NULL AS VARCHAR)");
  return result;
}

// trunc(numeric, digits): towards zero.
Checked<Expression> Printer::truncate(std::vector<Expression> arguments, std::int32_t location) {
  const Type type = arguments[0].type;
  Expression result{.sql = {}, .type = type};
  if (arguments.size() == 1) {
    result.sql.mark(location) << "trunc(" << arguments[0].sql << ")";
    if (type.oid == oid::kNumeric) result.type = unconstrained(0);
    return result;
  }
  const std::string& places = arguments[1].sql.text;
  bool constant = !places.empty() && places.size() < 3 && places.find_first_not_of("0123456789") == std::string::npos;
  if (!constant || is_float(type.oid)) return not_supported("trunc to digits that are no plain number", location);
  int digits = std::stoi(places);
  result.type = unconstrained(std::min(digits, type.scale));
  if (digits >= type.scale) {
    result.sql << arguments[0].sql;
    return result;
  }
  std::string unit = digits == 0 ? "1" : "0." + std::string(static_cast<std::size_t>(digits) - 1, '0') + "1";
  Piece rest = Piece("(") << arguments[0].sql << " % " << unit << ")";
  result.sql.mark(location) << "CAST(" << arguments[0].sql << " - " << rest << " AS " << *duck_type(result.type) << ")";
  return result;
}

// to_date('2024-02-29', 'YYYY-MM-DD') and to_timestamp: formats of plain fields, in DuckDB's words.
Checked<Expression> Printer::parse_time(bool date, std::vector<Expression> arguments, std::int32_t location) {
  constexpr std::pair<std::string_view, std::string_view> kFields[] = {{"YYYY", "%Y"}, {"HH24", "%H"}, {"MM", "%m"},
                                                                       {"DD", "%d"},   {"MI", "%M"},   {"SS", "%S"},
                                                                       {"Mon", "%b"},  {"YY", "%y"}};
  if (!arguments[1].constant) return not_supported("a computed format", location);
  std::string_view rest = *arguments[1].constant;
  std::string format;
  while (!rest.empty()) {
    auto field = std::ranges::find_if(kFields, [&](const auto& f) { return rest.starts_with(f.first); });
    if (field != std::end(kFields)) {
      format += field->second;
      rest.remove_prefix(field->first.size());
    } else if (std::isalnum(static_cast<unsigned char>(rest[0])) || rest[0] == '%' || rest[0] == '"') {
      return not_supported(fmt::format("\"{}\" in a format to read", rest.substr(0, 4)), location);
    } else {
      format += rest[0];
      rest.remove_prefix(1);
    }
  }
  Expression result{.sql = {}, .type = {date ? oid::kDate : oid::kTimestamptz, -1}};
  result.sql.mark(location) << "CAST(strptime(" << arguments[0].sql << ", " << quote_text(format) << ") AS "
                            << (date ? "DATE)" : "TIMESTAMPTZ)");
  return result;
}

// Bare literals of a series become what its start is, its step an interval between times; dates are moments.
Checked<void> Printer::settle_series(std::vector<Expression>& bounds) {
  for (std::size_t i = 0; i < bounds.size() && i < 2; ++i) {
    if (bounds[i].type.oid != oid::kDate) continue;
    TARN_ASSIGN(bounds[i], cast(std::move(bounds[i]), {oid::kTimestamptz, -1}, -1));
  }
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    bool step = i == 2 && is_time(bounds[0].type.oid);
    if (!bounds[i].constant || bounds[0].constant) continue;
    TARN_ASSIGN(bounds[i], cast(std::move(bounds[i]), step ? Type{oid::kInterval, -1} : bounds[0].type, -1));
  }
  return {};
}

// substring(s from 'pattern') is a regular expression's match; numbers count from 1 and may lie before it.
Checked<Expression> Printer::substring(std::vector<Expression> arguments, std::int32_t location) {
  Expression result{.sql = {}, .type = {oid::kText, -1}};
  result.sql.mark(location);
  if (arguments.size() == 2 && arguments[1].constant) {
    result.sql << kCatalogSchema << ".regexp_match(" << fill("$*", arguments) << ")[1]";
  } else {
    arguments[0] = to_text(std::move(arguments[0]));
    result.sql << kCatalogSchema << ".substr(" << fill("$*", arguments) << ")";
  }
  return result;
}

// format('%s.%I', a, b): %s, %I, %L and %%, without positions and widths.
Checked<Expression> Printer::format(std::vector<Expression> arguments, std::int32_t location) {
  if (!arguments[0].constant) return not_supported("format with a computed format", location);
  std::string_view text = *arguments[0].constant;
  Expression result{.sql = {}, .type = {oid::kText, -1}};
  result.sql.mark(location) << "concat(''";
  std::size_t next = 1;
  while (!text.empty()) {
    std::size_t percent = text.find('%');
    if (percent != 0) result.sql << ", " << quote_text(text.substr(0, percent));
    if (percent == std::string_view::npos) break;
    char what = percent + 1 < text.size() ? text[percent + 1] : '\0';
    text.remove_prefix(std::min(percent + 2, text.size()));
    if (what == '%') {
      result.sql << ", '%'";
      continue;
    }
    if (what != 's' && what != 'I' && what != 'L') return not_supported("this conversion in format", location);
    if (next >= arguments.size()) return refuse("22023", "too few arguments for format()", position(location));
    Expression value = to_text(std::move(arguments[next++]));
    if (what == 's') result.sql << ", " << value.sql;
    if (what == 'I') result.sql << ", " << kCatalogSchema << ".quote_ident(" << value.sql << ")";
    if (what == 'L') result.sql << ", coalesce(" << kCatalogSchema << ".quote_literal(" << value.sql << "), 'NULL')";
  }
  result.sql << ")";
  return result;
}

// date_part is double precision, extract numeric; seconds carry their fraction in both.
Checked<Expression> Printer::date_part(const std::vector<Expression>& arguments, bool as_numeric,
                                       std::int32_t location) {
  Expression result;
  result.sql.mark(location);
  std::string field = arguments[0].constant.value_or("");
  for (char& c : field) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  Expression value = arguments[1];
  int scale = 0;
  Piece part;
  if (field == "second" || field == "seconds") {
    part << "(date_part('microsecond', " << value.sql << ") / 1000000.0)";
    scale = 6;
  } else if (field == "milliseconds" || field == "millisecond") {
    part << "(date_part('microsecond', " << value.sql << ") / 1000.0)";
    scale = 3;
  } else {
    part << "date_part(" << arguments[0].sql << ", " << value.sql << ")";
    if (field == "epoch" && value.type.oid != oid::kDate) scale = 6;
    if (field == "julian") return not_supported("julian", location);
  }
  if (as_numeric) {
    result.sql << "CAST(" << part << fmt::format(" AS DECIMAL(38,{}))", scale);
    result.type = unconstrained(scale);
  } else {
    result.sql << "CAST(" << part << " AS DOUBLE)";
    result.type = {oid::kFloat8, -1};
  }
  return result;
}

}  // namespace tarn::sql
