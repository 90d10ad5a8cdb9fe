#include "shell/statements.h"

#include <doctest/doctest.h>

#include <vector>

namespace tarn::shell {
namespace {

std::vector<std::string> pieces(std::string_view text) {
  StatementReader reader;
  reader.feed(text);
  std::vector<std::string> found;
  while (auto piece = reader.next())
    found.push_back((piece->kind == Piece::Kind::kCommand ? "\\" : "") + piece->text + (piece->expanded ? " gx" : ""));
  if (auto piece = reader.rest()) found.push_back(piece->text);
  return found;
}
using Pieces = std::vector<std::string>;

}  // namespace

TEST_CASE("statements end at semicolons, and the last needs none") {
  CHECK(pieces("select 1; select 2") == Pieces{"select 1", "select 2"});
  CHECK(pieces(";;  ; select 1;\n\n") == Pieces{"select 1"});
  CHECK(pieces("select (1; 2); select 3") == Pieces{"select (1; 2)", "select 3"});
}

TEST_CASE("a semicolon in a string, a name, a comment or a dollar quote ends nothing") {
  for (const char* text :
       {"select ';'", "select 'it''s;'", "select E'\\';'", "select e'a\\\\'", "select \"a;b\"", "select 1 -- ; '\n+ 1",
        "select /* ; /* ; */ ' */ 1", "select $$;'$$", "select $x$ ; $$ ; $x$", "select 'a\\'"}) {
    bool same = pieces(std::string(text) + "; select 2") == Pieces{text, "select 2"};
    CHECK_MESSAGE(same, text);
  }
}

TEST_CASE("a dollar that begins no quote is a dollar") {
  CHECK(pieces("select $1; select 2") == Pieces{"select $1", "select 2"});
  CHECK(pieces("select a$b$c; select 2") == Pieces{"select a$b$c", "select 2"});
  CHECK(pieces("select namee'x\\'; select 2") == Pieces{"select namee'x\\'", "select 2"});
}

TEST_CASE("comments alone are no statement") {
  CHECK(pieces("-- nothing; here\n/* nor ; here */ ;").empty());
  CHECK(pieces("-- why\nselect 1;") == Pieces{"-- why\nselect 1"});
}

TEST_CASE("backslash commands end with their line") {
  CHECK(pieces("\\d rides\nselect 1;") == Pieces{"\\d rides", "select 1"});
  CHECK(pieces("select 1 \\gx\nselect 2 \\g\n") == Pieces{"select 1 gx", "select 2"});
  CHECK(pieces("select '\\d'; ") == Pieces{"select '\\d'"});
}

TEST_CASE("the prompt tells what is open") {
  StatementReader reader;
  CHECK(reader.state() == '=');
  auto state_after = [&](std::string_view line) {
    reader.reset();
    reader.feed(line);
    while (reader.next()) {
    }
    return reader.state();
  };
  CHECK(state_after("select 1\n") == '-');
  CHECK(state_after("select 'a\n") == '\'');
  CHECK(state_after("select \"a\n") == '"');
  CHECK(state_after("select $q$ '\n") == '$');
  CHECK(state_after("/* a\n") == '*');
  CHECK(state_after("select (\n") == '(');
  CHECK(state_after("select 1;\n") == '=');
  CHECK(state_after("-- a\n") == '=');
}

TEST_CASE("a statement knows the line it begins at") {
  StatementReader reader;
  reader.feed("select 1;\n\n-- b\nselect\n2;\n\\x\n");
  CHECK(reader.next()->line == 1);
  CHECK(reader.next()->line == 3);
  CHECK(reader.next()->line == 6);
}

}  // namespace tarn::shell
