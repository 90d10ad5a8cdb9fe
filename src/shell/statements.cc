#include "shell/statements.h"

#include <algorithm>

namespace tarn::shell {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0; }
bool in_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

std::string trimmed(std::string text) {
  while (!text.empty() && is_space(text.back())) text.pop_back();
  std::size_t first = 0;
  while (first < text.size() && is_space(text[first])) ++first;
  return text.substr(first);
}

}  // namespace

std::optional<Piece> StatementReader::next() {
  compact();
  while (at_ < input_.size()) {
    if (in_ == In::kPlain && input_[at_] == ';' && parentheses_ == 0) {
      ++at_;
      if (blank()) {
        statement_.clear();
        continue;
      }
      return finish();
    }
    if (in_ == In::kPlain && input_[at_] == '\\') {
      if (auto piece = backslash()) return piece;
      continue;
    }
    step();
  }
  return std::nullopt;
}

std::optional<Piece> StatementReader::rest() {
  if (blank()) return std::nullopt;
  return finish();
}

char StatementReader::state() const {
  switch (in_) {
    case In::kString:
    case In::kEscapeString: return '\'';
    case In::kName: return '"';
    case In::kDollar: return '$';
    case In::kComment: return '*';
    case In::kPlain: break;
  }
  if (parentheses_ > 0) return '(';
  return blank() ? '=' : '-';
}

void StatementReader::reset() {
  int line = line_;
  *this = {};
  line_ = line;
}

void StatementReader::step() {
  switch (in_) {
    case In::kPlain: return step_plain();
    case In::kComment: return step_comment();
    case In::kEscapeString:
      if (input_[at_] == '\\' && at_ + 1 < input_.size()) return take(2);
      [[fallthrough]];
    case In::kString:  // a doubled quote ends it and begins it again
      if (input_[at_] == '\'') in_ = In::kPlain;
      return take(1);
    case In::kName:
      if (input_[at_] == '"') in_ = In::kPlain;
      return take(1);
    case In::kDollar:
      if (!ahead(tag_)) return take(1);
      in_ = In::kPlain;
      return take(tag_.size());
  }
}

void StatementReader::step_plain() {
  if (ahead("--")) return skip_line();
  if (ahead("/*")) {
    in_ = In::kComment;
    comments_ = 1;
    return take(2);
  }
  char c = input_[at_];
  if (c == '\'') {
    in_ = begins_escape_string() ? In::kEscapeString : In::kString;
  } else if (c == '"') {
    in_ = In::kName;
  } else if (c == '(') {
    ++parentheses_;
  } else if (c == ')') {
    parentheses_ = std::max(0, parentheses_ - 1);
  } else if (c == '$') {
    tag_ = dollar_tag();
    if (!tag_.empty()) {
      in_ = In::kDollar;
      return take(tag_.size());
    }
  }
  take(1);
}

// Comments nest, as the SQL standard has it.
void StatementReader::step_comment() {
  if (ahead("/*")) {
    ++comments_;
    return take(2);
  }
  if (!ahead("*/")) return take(1);
  if (--comments_ == 0) in_ = In::kPlain;
  take(2);
}

void StatementReader::take(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i, ++at_) {
    char c = input_[at_];
    if (c == '\n') ++line_;
    if (statement_.empty() && is_space(c)) continue;
    if (statement_.empty()) first_line_ = line_;
    statement_ += c;
  }
}

// The comment stays in the statement: positions of errors count it.
void StatementReader::skip_line() {
  std::size_t end = input_.find('\n', at_);
  take((end == std::string::npos ? input_.size() : end) - at_);
}

// "$tag$" or "$$" where it begins a quote; else empty. `$1` is a parameter, `a$b` a name.
std::string StatementReader::dollar_tag() const {
  if (!statement_.empty() && in_name(statement_.back())) return {};
  std::size_t end = at_ + 1;
  if (end < input_.size() && begins_name(input_[end]))
    while (end < input_.size() && in_name(input_[end])) ++end;
  if (end >= input_.size() || input_[end] != '$') return {};
  return input_.substr(at_, end + 1 - at_);
}

// E'...': an E that is a word of its own.
bool StatementReader::begins_escape_string() const {
  std::size_t size = statement_.size();
  if (size == 0 || (statement_[size - 1] != 'e' && statement_[size - 1] != 'E')) return false;
  return size == 1 || !(in_name(statement_[size - 2]) || statement_[size - 2] == '$');
}

std::optional<Piece> StatementReader::backslash() {
  std::size_t end = std::min(input_.find('\n', at_), input_.size());
  std::string command = trimmed(input_.substr(at_ + 1, end - at_ - 1));
  at_ = end;
  if (command != "g" && command != "gx") return Piece{.kind = Piece::Kind::kCommand, .text = command, .line = line_};
  if (blank()) return std::nullopt;
  return finish(command == "gx");
}

Piece StatementReader::finish(bool expanded) {
  Piece piece{.text = trimmed(std::move(statement_)), .line = first_line_, .expanded = expanded};
  statement_.clear();
  in_ = In::kPlain;
  parentheses_ = 0;
  return piece;
}

// Nothing to run: only spaces and comments.
bool StatementReader::blank() const {
  std::string_view left = statement_;
  while (!left.empty()) {
    if (is_space(left[0])) {
      left.remove_prefix(1);
    } else if (left.starts_with("--")) {
      left.remove_prefix(std::min(left.find('\n'), left.size()));
    } else if (left.starts_with("/*")) {
      int depth = 0;
      do {
        bool opens = left.starts_with("/*"), closes = left.starts_with("*/");
        depth += opens ? 1 : closes ? -1 : 0;
        left.remove_prefix(opens || closes ? 2 : 1);
      } while (depth > 0 && !left.empty());
    } else {
      return false;
    }
  }
  return true;
}

void StatementReader::compact() {
  if (at_ < input_.size() / 2 + 1) return;  // so that a byte is moved only a few times
  input_.erase(0, at_);
  at_ = 0;
}

}  // namespace tarn::shell
