#include "shell/print.h"

#include <doctest/doctest.h>

#include "shell/error_text.h"
#include "shell/text_width.h"

namespace tarn::shell {
namespace {

constexpr std::uint32_t kText = 25, kInt = 23, kDouble = 701, kBool = 16, kJsonType = 114;

std::string printed(Format format, const std::vector<Column>& columns, const std::vector<std::vector<Value>>& rows) {
  StringOutput out;
  auto printer = make_printer(format, out, columns, "NULL");
  for (const auto& row : rows) printer->row(row);
  printer->finish();
  return out.text;
}

}  // namespace

TEST_CASE("wide characters take two columns, combining ones none") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("né") == 2);
  CHECK(display_width("東京") == 4);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("🚕") == 2);
  CHECK(display_width("\xff\xfe") == 2);
}

TEST_CASE("a value can't command the terminal") {
  CHECK(printable("a\x1b[31mb\tc\r") == "a\\x1B[31mb\\tc\\r");
  CHECK(printable("\xc2\x9b") == "\\u009B");
  CHECK(printable("né\n") == "né\n");
}

TEST_CASE("aligned: numbers to the right, wide text in its columns, NULL spelt out") {
  CHECK(
      printed(Format::kAligned, {{"city", kText}, {"n", kInt}}, {{"東京", "5"}, {"Oslo", "12"}, {std::nullopt, ""}}) ==
      " city | n  \n"
      "------+----\n"
      " 東京 |  5\n"
      " Oslo | 12\n"
      " NULL |   \n"
      "(3 rows)\n\n");
}

TEST_CASE("aligned: a value of several lines goes on below") {
  CHECK(printed(Format::kAligned, {{"a", kText}, {"b", kText}}, {{"x\nyy", "1"}}) ==
        " a  | b \n"
        "----+---\n"
        " x +| 1\n"
        " yy | \n"
        "(1 row)\n\n");
}

TEST_CASE("aligned: more rows than wait for each other are all printed") {
  std::vector<std::vector<Value>> rows(kAlignedRows * 2 + 1, {"1"});
  std::string text = printed(Format::kAligned, {{"a", kInt}}, rows);
  CHECK(std::count(text.begin(), text.end(), '\n') == static_cast<std::ptrdiff_t>(rows.size()) + 4);
}

TEST_CASE("expanded: a value a line") {
  CHECK(printed(Format::kExpanded, {{"city", kText}, {"n", kInt}}, {{"Oslo", std::nullopt}}) ==
        "-[ RECORD 1 ]" + std::string(30, '-') + "\ncity | Oslo\nn    | NULL\n\n");
}

TEST_CASE("CSV tells NULL from the empty string and quotes what must be") {
  CHECK(printed(Format::kCsv, {{"a", kText}, {"b,c", kText}}, {{"", std::nullopt}, {"x\"y", "1\n2"}}) ==
        "a,\"b,c\"\n\"\",\n\"x\"\"y\",\"1\n2\"\n");
}

TEST_CASE("JSON: numbers, booleans and nested values as they are, the rest as strings") {
  CHECK(printed(Format::kJson, {{"i", kInt}, {"d", kDouble}, {"b", kBool}, {"j", kJsonType}, {"t", kText}},
                {{"-5", "NaN", "t", "{\"x\":\n1}", "a\"\\\n\x01"}, {std::nullopt, "1e+20", "f", "[1]", ""}}) ==
        "[{\"i\":-5,\"d\":\"NaN\",\"b\":true,\"j\":{\"x\": 1},\"t\":\"a\\\"\\\\\\n\\u0001\"},\n"
        " {\"i\":null,\"d\":1e+20,\"b\":false,\"j\":[1],\"t\":\"\"}]\n");
  CHECK(printed(Format::kJson, {{"i", kInt}}, {}) == "[]\n");
}

TEST_CASE("an error points at its place, in the statement and in the file") {
  Report report{.severity = "ERROR", .sqlstate = "42703", .message = "no x", .hint = "try y", .position = 16};
  CHECK(error_text(report, "select '東京',\n  x from t", "a.sql", 3) ==
        "a.sql:4: ERROR: no x (SQLSTATE 42703)\n"
        "LINE 4:   x from t\n"
        "          ^\n"
        "HINT: try y\n");
  report.position = 0;
  CHECK(error_text(report, "select", "", 1) == "ERROR: no x (SQLSTATE 42703)\nHINT: try y\n");
}

TEST_CASE("an error in a long line shows the part around its place") {
  std::string statement = "select " + std::string(500, 'a') + ", x, " + std::string(500, 'b');
  Report report{.severity = "ERROR", .sqlstate = "42703", .message = "no", .position = 510};
  std::string text = error_text(report, statement, "", 1);
  std::size_t line = text.find("LINE"), caret = text.find('^');
  std::string shown = text.substr(line, text.find('\n', line) - line);
  CHECK(shown.size() < 120);
  std::size_t column = caret - text.rfind('\n', caret) - 1;
  CHECK(shown[column] == 'x');
}

TEST_CASE("an error's position past the statement's end is its end") {
  Report report{.severity = "ERROR", .sqlstate = "42601", .message = "no", .position = 1000};
  CHECK(error_text(report, "select", "", 1).ends_with("LINE 1: select\n              ^\n"));
  CHECK(error_text(report, "", "", 1).ends_with("LINE 1: \n        ^\n"));
}

}  // namespace tarn::shell
