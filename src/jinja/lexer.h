// A template's text to tokens, by the rules of Jinja2's lexer: data between tags, `-` beside a tag strips whitespace on
// its side, `+` changes nothing (trim_blocks and lstrip_blocks are off, as in dbt), one newline at the very end is
// dropped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jinja/source.h"

namespace tarn::jinja {

enum class TokenKind {
  kData,           // `text` to print as it is
  kVariableBegin,  // {{
  kVariableEnd,
  kBlockBegin,  // {%
  kBlockEnd,
  kName,
  kString,  // `text` is what it says, escapes resolved
  kInteger,
  kFloat,
  kOperator,  // `text` is + - / // * % ** ~ [ ] ( ) { } == != > >= < <= = . : | , ;
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  At at = 0;
  std::string text;
  std::int64_t integer = 0;
  double floating = 0;

  bool is(TokenKind wanted) const { return kind == wanted; }
  bool is_operator(std::string_view wanted) const { return kind == TokenKind::kOperator && text == wanted; }
  bool is_name(std::string_view wanted) const { return kind == TokenKind::kName && text == wanted; }
};

// The last token is kEnd. Errors: kInvalidArgument or kUnsupported with file, line and column.
Result<std::vector<Token>> tokenize(const Source& source);

// What an error calls it: "'endif'", "end of the block `%}`".
std::string describe(const Token& token);

}  // namespace tarn::jinja
