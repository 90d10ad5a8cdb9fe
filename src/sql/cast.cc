// Casts, and type names.
#include <fmt/format.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "sql/printer.h"
#include "wire/postgres/parameters.h"

namespace tarn::sql {
namespace {

constexpr std::string_view kWhite = " \t\r\n\f\v";

std::string_view trimmed(std::string_view text) {
  std::size_t first = text.find_first_not_of(kWhite);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

// The elements of '{a,"b c",NULL}'; one dimension.
std::optional<std::vector<std::optional<std::string>>> parse_array(std::string_view text) {
  text = trimmed(text);
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::vector<std::optional<std::string>> items;
  if (trimmed(text).empty()) return items;
  std::size_t at = 0;
  while (true) {
    at = text.find_first_not_of(kWhite, at);
    if (at == std::string_view::npos) return std::nullopt;
    std::string item;
    bool quoted = text[at] == '"';
    for (at += quoted; at < text.size() && (quoted ? text[at] != '"' : text[at] != ','); ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      if (!quoted && (text[at] == '{' || text[at] == '}')) return std::nullopt;
      item += text[at];
    }
    if (quoted) at = text.find_first_not_of(kWhite, at + 1);
    std::string_view word = trimmed(item);
    if (quoted) {
      items.emplace_back(std::move(item));
    } else if (word == "NULL" || word == "null") {
      items.emplace_back(std::nullopt);
    } else {
      items.emplace_back(std::string(word));
    }
    if (at == std::string_view::npos || at >= text.size()) return items;
    if (text[at] != ',') return std::nullopt;
    ++at;
  }
}

// interval '5' day: the unit of a bare number, by the field bits of Postgres's timestamp.h.
std::string_view interval_unit(int fields) {
  constexpr std::pair<int, std::string_view> kUnits[] = {{1 << 2, " years"},    {1 << 1, " months"},
                                                         {1 << 3, " days"},     {1 << 10, " hours"},
                                                         {1 << 11, " minutes"}, {1 << 12, " seconds"}};
  for (auto [bit, unit] : kUnits) {
    if (fields == bit) return unit;
  }
  return {};
}

// The value of a typmod's constant.
std::optional<int> small_integer(const PgQuery__Node* node) {
  if (node->node_case != PG_QUERY__NODE__NODE_A_CONST || node->a_const->val_case != PG_QUERY__A__CONST__VAL_IVAL)
    return std::nullopt;
  return node->a_const->ival->ival;
}

// What Postgres's grammar leaves as a plain name, and our spelling of it.
constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {
    {"char", "char"}, {"decimal", "numeric"}, {"string", "text"}};

}  // namespace

Checked<Type> Printer::type_of(const PgQuery__TypeName& node) {
  std::string name(string_of(node.names[node.n_names - 1]));
  std::string_view schema = node.n_names > 1 ? string_of(node.names[node.n_names - 2]) : std::string_view();
  for (auto [from, to] : kSynonyms) {
    if (name == from) name = to;
  }
  bool array = node.n_array_bounds > 0;
  const TypeFacts* facts = find_type(name);
  if (facts == nullptr && name.starts_with('_')) {
    facts = find_type(std::string_view(name).substr(1));
    array = true;
  }
  if (facts == nullptr || node.setof || node.pct_type || (!schema.empty() && schema != "pg_catalog")) {
    return refuse("42704", fmt::format("type \"{}\" does not exist", name), position(node.location));
  }
  if (facts->duck.empty()) return not_supported(fmt::format("type {}", facts->sql_name), node.location);
  Type type{facts->oid, -1};
  if (node.n_typmods > 0) {
    std::optional<int> first = small_integer(node.typmods[0]);
    std::optional<int> second = node.n_typmods > 1 ? small_integer(node.typmods[1]) : std::optional(0);
    if (type.oid == oid::kNumeric) {
      if (!first || !second || *first < 1 || *first > 38 || *second < 0 || *second > *first) {
        return refuse("22023", "NUMERIC precision must be between 1 and 38 and its scale between 0 and the precision",
                      position(node.location));
      }
      type = constrained(*first, *second);
    } else if ((type.oid == oid::kVarchar || type.oid == oid::kBpchar) && first) {
      type.modifier = *first + 4;
    } else if (type.oid == oid::kInterval && first) {
      type.scale = *first;  // which fields: see interval_unit
    }
  }
  if (array) type = {facts->array, type.modifier};
  return type;
}

Checked<Expression> Printer::type_cast(const PgQuery__TypeCast& node, const Names& names) {
  TARN_ASSIGN(Type target, type_of(*node.type_name));
  TARN_ASSIGN(Expression value, expression(node.arg, names));
  return cast(std::move(value), target, node.location);
}

Expression Printer::to_text(Expression value) {
  Type type = value.type;
  if (value.constant || is_text(type.oid)) return value;
  Expression result{.sql = {}, .type = {oid::kText, -1}};
  if (is_float(type.oid)) {
    result.sql << "tarn_text(" << value.sql << ")";
  } else if (type.oid == oid::kBytea) {
    result.sql << "('\\x' || lower(hex(" << value.sql << ")))";
  } else if (type.oid == oid::kRegclass) {
    printed_.reads_catalog = true;
    result.sql << kCatalogSchema << ".regclass_name(" << value.sql << ")";
  } else if (type.oid == oid::kRegtype) {
    printed_.reads_catalog = true;
    result.sql << kCatalogSchema << ".format_type(" << value.sql << ", NULL)";
  } else if (type.oid == oid::kJson || type.oid == oid::kJsonb) {
    result.sql << "CAST(" << as_json(value.sql) << " AS VARCHAR)";
  } else {
    result.sql << "CAST(" << value.sql << " AS VARCHAR)";
  }
  return result;
}

Checked<Expression> Printer::cast(Expression value, Type target, std::int32_t location) {
  if (value.constant) {
    std::string text = *value.constant;
    return cast_literal(value, text, target, value.sql.marks.empty() ? location : value.sql.marks.front().second);
  }
  Oid from = value.type.oid;
  Expression result{.sql = {}, .type = target};
  result.sql.mark(location);
  bool limited = (target.oid == oid::kVarchar || target.oid == oid::kBpchar) && target.modifier >= 4;
  if (is_text(target.oid)) {
    bool null = value.sql.text == "NULL" || from == oid::kUnknown;
    Expression text =
        null ? Expression{.sql = Piece("CAST(") << value.sql << " AS VARCHAR)"} : to_text(std::move(value));
    int length = target.oid == oid::kChar ? 1 : target.modifier - 4;
    bool cut = limited || target.oid == oid::kChar;
    cut ? result.sql << "left(" << text.sql << fmt::format(", {})", length) : result.sql << text.sql;
    return result;
  }
  bool names_relation = target.oid == oid::kRegclass || target.oid == oid::kRegtype ||
                        target.oid == oid::kRegnamespace || target.oid == oid::kRegrole;
  if (names_relation && (is_text(from) || from == oid::kUnknown)) {
    printed_.reads_catalog = true;
    result.sql << kCatalogSchema << (target.oid == oid::kRegtype ? ".to_regtype(" : ".to_regclass(") << value.sql
               << ")";
    return result;
  }
  bool json = target.oid == oid::kJson || target.oid == oid::kJsonb;
  if (json && !is_text(from) && from != oid::kUnknown) {
    result.sql << as_json(value.sql);
    return result;
  }
  if (target.oid == oid::kNumeric && target.modifier < 0) {  // unconstrained: keep the scale that there is
    result.type = unconstrained(from == oid::kNumeric ? value.type.scale
                                : is_integer(from)    ? 0
                                : is_float(from)      ? 15
                                                      : 10);
  }
  auto duck = duck_type(result.type);
  if (!duck) return not_supported("this cast", location);
  result.sql << "CAST(" << value.sql << " AS " << *duck << ")";
  return result;
}

// now(), today, ... as literals say them.
std::string_view special_time(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {{"now", "now()"},
                                                                      {"today", "current_date"},
                                                                      {"tomorrow", "(current_date + 1)"},
                                                                      {"yesterday", "(current_date - 1)"},
                                                                      {"epoch", "to_timestamp(0)"}};
  for (auto [word, sql] : kWords) {
    if (word == trimmed(text)) return sql;
  }
  return {};
}

// Postgres's error for a literal that its type can't read.
Checked<void> Printer::check_input(std::string_view text, Oid type, std::int32_t location) {
  bool ours = is_number(type) || type == oid::kBool || type == oid::kBytea || type == oid::kUuid || is_time(type) ||
              type == oid::kTime;
  if (!ours) return {};
  auto decoded = wire::postgres::decode_text(type, text);
  if (!decoded) return refuse(decoded.error().sqlstate, decoded.error().message, position(location));
  return {};
}

Checked<Expression> Printer::cast_literal(const Expression& value, std::string_view text, Type target,
                                          std::int32_t location) {
  Expression result{.sql = {}, .type = target};
  result.sql.mark(location);
  if (is_text(target.oid)) {
    bool limited = (target.oid == oid::kVarchar || target.oid == oid::kBpchar) && target.modifier >= 4;
    int length = target.oid == oid::kChar ? 1 : limited ? target.modifier - 4 : -1;
    length < 0 ? result.sql << "CAST(" << value.sql << " AS VARCHAR)"
               : result.sql << "left(" << value.sql << fmt::format(", {})", length);
    return result;
  }
  if (const TypeFacts* element = element_of(target.oid)) {
    auto items = parse_array(text);
    if (!items) return refuse("22P02", fmt::format("malformed array literal: \"{}\"", text), position(location));
    auto duck = duck_type(target);
    if (!duck) return not_supported("this array type", location);
    result.sql << "CAST([";
    for (std::size_t i = 0; i < items->size(); ++i) {
      result.sql << (i > 0 ? ", " : "");
      Expression item{
          .sql = (*items)[i] ? Piece(quote_text(*(*items)[i])) : Piece("NULL"), .type = {}, .constant = (*items)[i]};
      if (item.constant) {
        TARN_ASSIGN(item, cast(std::move(item), {element->oid, target.modifier}, location));
      }
      result.sql << item.sql;
    }
    result.sql << "] AS " << *duck << ")";
    return result;
  }
  if (std::string_view special = special_time(text); is_time(target.oid) && !special.empty()) {
    result.sql << "CAST(" << special << " AS " << *duck_type(target) << ")";
    return result;
  }
  TARN_TRY(check_input(text, target.oid, location));
  switch (target.oid) {
    case oid::kBool:
      result.sql << (std::get<bool>(*wire::postgres::decode_text(oid::kBool, text)) ? "true" : "false");
      return result;
    case oid::kBytea: {
      result.sql << "CAST('";
      for (std::byte byte : std::get<Buffer>(*wire::postgres::decode_text(oid::kBytea, text))) {
        result.sql << fmt::format("\\x{:02X}", std::to_integer<unsigned>(byte));
      }
      result.sql << "' AS BLOB)";
      return result;
    }
    case oid::kRegclass:
    case oid::kRegtype:
    case oid::kRegnamespace:
    case oid::kRegrole:
    case oid::kRegproc: {
      printed_.reads_catalog = true;
      bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
      std::string_view macro = target.oid == oid::kRegtype        ? ".to_regtype("
                               : target.oid == oid::kRegnamespace ? ".to_regnamespace("
                               : target.oid == oid::kRegrole      ? ".to_regrole("
                               : target.oid == oid::kRegproc      ? ".to_regproc("
                                                                  : ".regclass(";
      number ? result.sql << "CAST(" << text << " AS UINTEGER)"
             : result.sql << kCatalogSchema << macro << quote_text(text) << ")";
      return result;
    }
    case oid::kNumeric:
      if (target.modifier < 0) {
        std::string_view digits = trimmed(text);
        std::size_t point = digits.find('.');
        bool exponent = digits.find_first_of("eE") != std::string_view::npos;
        result.type = unconstrained(exponent                          ? 10
                                    : point == std::string_view::npos ? 0
                                                                      : static_cast<int>(digits.size() - point) - 1);
      }
      break;
    default: break;
  }
  auto duck = duck_type(result.type);
  if (!duck) return not_supported("this cast", location);
  std::string content(target.oid == oid::kInterval ? text : trimmed(text));
  bool bare = target.oid == oid::kInterval && content.find_first_not_of("-+0123456789. ") == std::string::npos;
  if (bare) content += target.scale == 0 ? std::string_view(" seconds") : interval_unit(target.scale);
  result.sql << "CAST(" << quote_text(content) << " AS " << *duck << ")";
  return result;
}

Checked<void> Printer::adapt(Expression& left, Expression& right) {
  auto settle = [this](Expression& literal, const Expression& other) -> Checked<void> {
    Oid type = other.type.oid;
    bool ours =
        type != oid::kUnknown && !is_text(type) && type != oid::kJson && type != oid::kJsonb && type != oid::kRecord;
    if (!literal.constant || other.constant || !ours) return {};
    TARN_ASSIGN(literal, cast(std::move(literal), {type, -1}, -1));
    return {};
  };
  TARN_TRY(settle(left, right));
  return settle(right, left);
}

}  // namespace tarn::sql
