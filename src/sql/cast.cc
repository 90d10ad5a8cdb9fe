// Casts, and type names.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <pg_query/pg_query.pb-c.h>

#include "sql/printer.h"

namespace tarn::sql {
namespace {

constexpr std::string_view kWhite = " \t\r\n\f\v";

std::string_view trimmed(std::string_view text) {
  std::size_t first = text.find_first_not_of(kWhite);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

// Postgres's boolin: any unambiguous start of a word, in any case.
std::optional<bool> parse_bool(std::string_view text) {
  std::string word(trimmed(text));
  for (char& c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (word.empty()) return std::nullopt;
  for (std::string_view whole : {"true", "yes", "1"}) {
    if (whole.starts_with(word)) return true;
  }
  for (std::string_view whole : {"false", "no", "0"}) {
    if (whole.starts_with(word)) return false;
  }
  if (word == "on") return true;
  if (word == "of" || word == "off") return false;
  return std::nullopt;
}

// byteain: \x41 in hex, or text with \\ and \ooo escapes. As DuckDB's blob text, every byte as \xHH.
std::optional<std::string> blob_text(std::string_view text) {
  std::string result;
  auto put = [&](unsigned byte) { result += fmt::format("\\x{:02X}", byte & 0xff); };
  auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.starts_with("\\x")) {
    int high = -1;
    for (char c : text.substr(2)) {
      if (high < 0 && kWhite.find(c) != std::string_view::npos) continue;
      int value = digit(c);
      if (value < 0) return std::nullopt;
      if (high < 0) {
        high = value;
      } else {
        put(static_cast<unsigned>(high * 16 + value));
        high = -1;
      }
    }
    if (high >= 0) return std::nullopt;
    return result;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      put(static_cast<unsigned char>(text[i]));
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      put('\\');
      ++i;
    } else if (i + 3 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '3' && digit(text[i + 2]) >= 0 &&
               digit(text[i + 2]) < 8 && digit(text[i + 3]) >= 0 && digit(text[i + 3]) < 8) {
      put(static_cast<unsigned>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
      i += 3;
    } else {
      return std::nullopt;
    }
  }
  return result;
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

std::unexpected<Problem> bad_input(Type type, std::string_view text, std::int32_t at) {
  const TypeFacts* facts = find_type(type.oid);
  return refuse("22P02", fmt::format("invalid input syntax for type {}: \"{}\"", facts == nullptr ? "array" : facts->sql_name, text), at);
}

// The value of a typmod's constant.
std::optional<int> small_integer(const PgQuery__Node* node) {
  if (node->node_case != PG_QUERY__NODE__NODE_A_CONST || node->a_const->val_case != PG_QUERY__A__CONST__VAL_IVAL) return std::nullopt;
  return node->a_const->ival->ival;
}

// What Postgres's grammar leaves as a plain name, and our spelling of it.
constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {{"char", "char"}, {"decimal", "numeric"}, {"string", "text"}};

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
      type = numeric(*first, *second);
    } else if ((type.oid == oid::kVarchar || type.oid == oid::kBpchar) && first) {
      type.modifier = *first + 4;
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
    reads_catalog_ = true;
    result.sql << kCatalogSchema << ".regclass_name(" << value.sql << ")";
  } else if (type.oid == oid::kRegtype) {
    reads_catalog_ = true;
    result.sql << kCatalogSchema << ".format_type(" << value.sql << ", NULL)";
  } else if (type.oid == oid::kJson || type.oid == oid::kJsonb) {
    result.sql << "CAST(to_json(" << value.sql << ") AS VARCHAR)";
  } else {
    result.sql << "CAST(" << value.sql << " AS VARCHAR)";
  }
  return result;
}

Checked<Expression> Printer::cast(Expression value, Type target, std::int32_t location) {
  if (value.constant) {
    std::string text = *value.constant;
    return cast_literal(value, text, target, location);
  }
  Oid from = value.type.oid;
  Expression result{.sql = {}, .type = target};
  result.sql.mark(location);
  bool limited = (target.oid == oid::kVarchar || target.oid == oid::kBpchar) && target.modifier >= 4;
  if (is_text(target.oid)) {
    bool null = value.sql.text == "NULL" || from == oid::kUnknown;
    Expression text = null ? Expression{.sql = Piece("CAST(") << value.sql << " AS VARCHAR)"} : to_text(std::move(value));
    int length = target.oid == oid::kChar ? 1 : target.modifier - 4;
    bool cut = limited || target.oid == oid::kChar;
    cut ? result.sql << "left(" << text.sql << fmt::format(", {})", length) : result.sql << text.sql;
    return result;
  }
  bool names_relation = target.oid == oid::kRegclass || target.oid == oid::kRegtype || target.oid == oid::kRegnamespace ||
                        target.oid == oid::kRegrole;
  if (names_relation && (is_text(from) || from == oid::kUnknown)) {
    reads_catalog_ = true;
    result.sql << kCatalogSchema << (target.oid == oid::kRegtype ? ".to_regtype(" : ".to_regclass(") << value.sql << ")";
    return result;
  }
  bool json = target.oid == oid::kJson || target.oid == oid::kJsonb;
  if (json && !is_text(from) && from != oid::kUnknown) {
    result.sql << "to_json(" << value.sql << ")";
    return result;
  }
  if (target.oid == oid::kNumeric && target.modifier < 0) {  // unconstrained: keep the scale that there is
    int scale = from == oid::kNumeric ? numeric_scale(value.type) : is_integer(from) ? 0 : is_float(from) ? 15 : 10;
    result.type = numeric(38, scale);
  }
  auto duck = duck_type(result.type);
  if (!duck) return not_supported("this cast", location);
  result.sql << "CAST(" << value.sql << " AS " << *duck << ")";
  return result;
}

Checked<Expression> Printer::cast_literal(const Expression& value, std::string_view text, Type target, std::int32_t location) {
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
      Expression item{.sql = (*items)[i] ? Piece(quote_text(*(*items)[i])) : Piece("NULL"), .type = {}, .constant = (*items)[i]};
      if (item.constant) {
        TARN_ASSIGN(item, cast(std::move(item), {element->oid, target.modifier}, location));
      }
      result.sql << item.sql;
    }
    result.sql << "] AS " << *duck << ")";
    return result;
  }
  switch (target.oid) {
    case oid::kBool: {
      std::optional<bool> parsed = parse_bool(text);
      if (!parsed) return bad_input(target, text, position(location));
      result.sql << (*parsed ? "true" : "false");
      return result;
    }
    case oid::kBytea: {
      auto blob = blob_text(text);
      if (!blob) return bad_input(target, text, position(location));
      result.sql << "CAST('" << *blob << "' AS BLOB)";
      return result;
    }
    case oid::kRegclass:
    case oid::kRegtype:
    case oid::kRegnamespace:
    case oid::kRegrole:
    case oid::kRegproc: {
      reads_catalog_ = true;
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
        result.type = numeric(38, exponent ? 10 : point == std::string_view::npos ? 0 : static_cast<int>(digits.size() - point) - 1);
      }
      break;
    default: break;
  }
  auto duck = duck_type(result.type);
  if (!duck) return not_supported("this cast", location);
  result.sql << "CAST(" << quote_text(target.oid == oid::kInterval ? text : trimmed(text)) << " AS " << *duck << ")";
  return result;
}

void Printer::adapt(Expression& left, Expression& right) {
  auto settle = [this](Expression& literal, const Expression& other) {
    bool needs_us = other.type.oid == oid::kBool || other.type.oid == oid::kBytea || element_of(other.type.oid) != nullptr;
    if (!literal.constant || other.constant || !needs_us) return;
    Checked<Expression> typed = cast(literal, other.type, -1);
    if (typed) literal = std::move(*typed);
  };
  settle(left, right);
  settle(right, left);
}

}  // namespace tarn::sql
