// Takes SQL apart into statements as psql does: at each `;` that is in no string, name, comment, dollar quote or
// parenthesis; and backslash commands, up to the end of their line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tarn::shell {

inline constexpr std::size_t kStatementBytesMax = 64u << 20;  // what the Postgres door takes

struct Piece {
  enum class Kind { kStatement, kCommand };
  Kind kind = Kind::kStatement;
  std::string text;       // a statement without its `;`, a command without its backslash
  int line = 1;           // where it begins, from 1
  bool expanded = false;  // a statement that ends in \gx
};

// Fed with whole lines, their line ends included (the last may lack it).
class StatementReader {
 public:
  void feed(std::string_view lines) { input_.append(lines); }
  // The next whole piece; nullopt: more lines are needed.
  std::optional<Piece> next();
  // At the end of the input: a statement that no `;` ended. Blank ones are none.
  std::optional<Piece> rest();
  // What the prompt shows: '=' before a statement, '-' within, else what is open: '\'', '"', '$', '*' (a comment), '('.
  char state() const;
  // The statement so far, for completion.
  const std::string& unfinished() const { return statement_; }
  bool too_long() const { return statement_.size() > kStatementBytesMax; }
  void reset();  // forgets the statement so far and what is left of the input

 private:
  enum class In { kPlain, kString, kEscapeString, kName, kDollar, kComment };

  void step();
  void step_plain();
  void step_comment();
  void take(std::size_t count);  // moves input into the statement
  bool ahead(std::string_view text) const { return std::string_view(input_).substr(at_).starts_with(text); }
  void skip_line();
  std::string dollar_tag() const;
  bool begins_escape_string() const;
  std::optional<Piece> backslash();
  Piece finish(bool expanded = false);
  bool blank() const;
  void compact();

  std::string input_;
  std::size_t at_ = 0;  // of input_, what is next
  std::string statement_;
  In in_ = In::kPlain;
  std::string tag_;  // of the open dollar quote
  int comments_ = 0;
  int parentheses_ = 0;
  int line_ = 1;
  int first_line_ = 1;
};

}  // namespace tarn::shell
