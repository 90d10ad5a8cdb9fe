#include "jinja/lexer.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "jinja/literals.h"
#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

constexpr auto kEnd = std::string_view::npos;

// Longer ones first.
constexpr std::array<std::string_view, 26> kOperators = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                                         "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                                         ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  explicit Lexer(const Source& source) : source_(source), text_(source.text) {}

  Result<std::vector<Token>> run() {
    while (at_ < text_.size()) {
      const std::size_t tag = find_tag();
      if (tag == kEnd) {
        data(text_.size(), false);
        break;
      }
      const char sign = tag + 2 < text_.size() ? text_[tag + 2] : '\0';
      data(tag, sign == '-');
      TARN_TRY(tag_at(tag, sign == '-' || sign == '+' ? 3 : 2));
    }
    add(TokenKind::kEnd, text_.size());
    return std::move(tokens_);
  }

 private:
  std::size_t find_tag() const {
    for (std::size_t at = text_.find('{', at_); at != kEnd; at = text_.find('{', at + 1)) {
      if (at + 1 < text_.size() && (text_[at + 1] == '{' || text_[at + 1] == '%' || text_[at + 1] == '#')) return at;
    }
    return kEnd;
  }

  void add(TokenKind kind, std::size_t at, std::string text = "") {
    tokens_.push_back({.kind = kind, .at = static_cast<At>(at), .text = std::move(text)});
  }

  // What is before `end`, without its last whitespace if `strip`.
  void data(std::size_t end, bool strip) {
    std::string_view text = text_.substr(at_, end - at_);
    if (strip) text = utf8::strip_right(text);
    if (!text.empty()) add(TokenKind::kData, at_, std::string(text));
    at_ = end;
  }

  Result<void> tag_at(std::size_t tag, std::size_t size) {
    const char kind = text_[tag + 1];
    if (kind == '#') return comment(tag, size);
    if (kind == '%') {
      if (auto end = raw_begin(tag + size)) return raw(tag, *end);
    }
    add(kind == '{' ? TokenKind::kVariableBegin : TokenKind::kBlockBegin, tag);
    at_ = tag + size;
    return inside(tag, kind == '{' ? "}}" : "%}");
  }

  std::size_t skip_space(std::size_t at) const { return text_.size() - utf8::strip_left(text_.substr(at)).size(); }
  bool starts(std::size_t at, std::string_view what) const { return text_.substr(at).starts_with(what); }

  Result<void> comment(std::size_t tag, std::size_t size) {
    const std::size_t end = text_.find("#}", tag + size);
    if (end == kEnd) return source_.fail(Code::kInvalidArgument, tag, "this comment has no end; close it with `#}`");
    at_ = end + 2;
    if (end > tag + size && text_[end - 1] == '-') at_ = skip_space(at_);
    return {};
  }

  // The end of `raw %}` that begins at `at`, after the sign.
  std::optional<std::size_t> raw_begin(std::size_t at) const {
    at = skip_space(at);
    if (!starts(at, "raw")) return std::nullopt;
    at = skip_space(at + 3);
    if (starts(at, "-%}")) return skip_space(at + 3);
    if (starts(at, "%}")) return at + 2;
    return std::nullopt;
  }

  Result<void> raw(std::size_t tag, std::size_t begin) {
    at_ = begin;
    for (std::size_t end = text_.find("{%", begin); end != kEnd; end = text_.find("{%", end + 1)) {
      std::size_t at = end + 2;
      const char sign = at < text_.size() ? text_[at] : '\0';
      if (sign == '-' || sign == '+') ++at;
      at = skip_space(at);
      if (!starts(at, "endraw")) continue;
      at = skip_space(at + 6);
      const bool strip = starts(at, "-%}");
      if (!strip && !starts(at, "+%}") && !starts(at, "%}")) continue;
      data(end, sign == '-');
      at_ = strip ? skip_space(at + 3) : text_.find("%}", at) + 2;
      return {};
    }
    return source_.fail(Code::kInvalidArgument, tag, "this `raw` has no end; close it with `{% endraw %}`");
  }

  // The tokens of a tag up to and with its `end`.
  Result<void> inside(std::size_t tag, std::string_view end) {
    std::string closers;  // of the brackets that are open
    while (at_ < text_.size()) {
      const std::size_t after = skip_space(at_);
      if (after != at_) {
        at_ = after;
        continue;
      }
      if (closers.empty() && tag_end(end)) return {};
      TARN_TRY(token(closers, end));
    }
    return source_.fail(Code::kInvalidArgument, tag,
                        fmt::format("this tag has no end; close {} with `{}`",
                                    closers.empty() ? "it" : fmt::format("`{}` and the tag", closers.back()), end));
  }

  bool tag_end(std::string_view end) {
    const std::size_t at = at_;
    const bool strip = text_[at_] == '-' && starts(at_ + 1, end);
    const bool keep = end == "%}" && text_[at_] == '+' && starts(at_ + 1, end);
    if (!strip && !keep && !starts(at_, end)) return false;
    at_ += end.size() + (strip || keep ? 1 : 0);
    if (strip) at_ = skip_space(at_);
    add(end == "}}" ? TokenKind::kVariableEnd : TokenKind::kBlockEnd, at);
    return true;
  }

  Result<void> token(std::string& closers, std::string_view end) {
    const char c = text_[at_];
    if (is_digit(c)) return number();
    if (is_name_start(c)) return name();
    if (c == '\'' || c == '"') return string();
    for (std::string_view each : kOperators) {
      if (starts(at_, each)) return oper(each, closers, end);
    }
    return unexpected();
  }

  Result<void> unexpected() {
    const utf8::Point point = utf8::decode(text_, at_);
    const std::string_view what = text_.substr(at_, point.size);
    if (point.value >= 0x80) {
      return source_.fail(Code::kUnsupported, at_,
                          fmt::format("`{}` outside a text: names have letters of ASCII, digits and _ here", what));
    }
    return source_.fail(Code::kInvalidArgument, at_,
                        fmt::format("unexpected character `{}`; text goes into quotes", what));
  }

  Result<void> name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_name_start(text_[at_]) || is_digit(text_[at_]))) ++at_;
    if (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) >= 0x80 &&
        !utf8::is_space(utf8::decode(text_, at_).value)) {
      return unexpected();
    }
    add(TokenKind::kName, start, std::string(text_.substr(start, at_ - start)));
    return {};
  }

  Result<void> number() {
    const std::string_view rest = text_.substr(at_);
    const bool after_dot = at_ > 0 && text_[at_ - 1] == '.';
    const std::size_t float_size = after_dot ? 0 : literals::float_size(rest);
    if (float_size > 0) {
      add(TokenKind::kFloat, at_, std::string(rest.substr(0, float_size)));
      tokens_.back().floating = literals::read_float(rest.substr(0, float_size));
      at_ += float_size;
      return {};
    }
    const std::size_t size = literals::integer_size(rest);
    const auto value = literals::read_integer(rest.substr(0, size));
    if (!value) {
      return source_.fail(
          Code::kUnsupported, at_,
          fmt::format("{} is past 64 bits; whole numbers go to 9223372036854775807 here", rest.substr(0, size)));
    }
    add(TokenKind::kInteger, at_, std::string(rest.substr(0, size)));
    tokens_.back().integer = *value;
    at_ += size;
    return {};
  }

  Result<void> string() {
    const char quote = text_[at_];
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) {
      return source_.fail(Code::kInvalidArgument, at_, fmt::format("this text has no end; close it with {}", quote));
    }
    auto value = literals::unescape(text_.substr(at_ + 1, end - at_ - 1));
    if (!value) return source_.fail(value.error().code, at_, value.error().message);
    add(TokenKind::kString, at_, std::move(*value));
    at_ = end + 1;
    return {};
  }

  // A `}` that is not the tag's `end`.
  Result<void> half_closed(std::string_view end) {
    if (end == "}}" && text_[at_ - 1] != '%')
      return source_.fail(Code::kInvalidArgument, at_ + 1, "a `}` is missing here: `{{` is closed by `}}`");
    return source_.fail(Code::kInvalidArgument, at_,
                        fmt::format("this tag began with `{}`; close it with `{}`", end == "}}" ? "{{" : "{%", end));
  }

  Result<void> oper(std::string_view text, std::string& closers, std::string_view end) {
    if (text == "(") closers += ')';
    if (text == "[") closers += ']';
    if (text == "{") closers += '}';
    if (text == ")" || text == "]" || text == "}") {
      if (closers.empty() && text == "}") return half_closed(end);
      if (closers.empty()) {
        return source_.fail(Code::kInvalidArgument, at_, fmt::format("`{}` closes nothing; take it out", text));
      }
      if (closers.back() != text[0]) {
        return source_.fail(Code::kInvalidArgument, at_,
                            fmt::format("`{}` where `{}` must come first", text, closers.back()));
      }
      closers.pop_back();
    }
    add(TokenKind::kOperator, at_, std::string(text));
    at_ += text.size();
    return {};
  }

  const Source& source_;
  const std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokenize(const Source& source) { return Lexer(source).run(); }

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kData: return "text";
    case TokenKind::kVariableBegin: return "`{{`";
    case TokenKind::kVariableEnd: return "the end of the tag `}}`";
    case TokenKind::kBlockBegin: return "`{%`";
    case TokenKind::kBlockEnd: return "the end of the tag `%}`";
    case TokenKind::kString: return fmt::format("the text '{}'", token.text.substr(0, utf8::offset(token.text, 40)));
    case TokenKind::kEnd: return "the end of the template";
    default: return fmt::format("`{}`", token.text.substr(0, 80));
  }
}

}  // namespace tarn::jinja
