#include "shell/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "shell/text_width.h"

namespace tarn::shell {
namespace {

// Oids of pg_type that never change.
constexpr std::array kNumbers{20u, 21u, 23u, 26u, 700u, 701u, 1700u};
constexpr std::uint32_t kBoolean = 16, kJson = 114, kJsonb = 3802;

bool is_number(const Column& column) { return std::ranges::find(kNumbers, column.type) != kNumbers.end(); }

// ---- aligned and expanded

// A value as it is shown: its lines and their widths. NULL may hold colours, which take no room.
struct Cell {
  std::vector<std::string> lines;
  std::vector<std::size_t> widths;
};

Cell make_cell(const Value& value, std::string_view null) {
  if (!value) return {.lines = {std::string(null)}, .widths = {4}};
  Cell cell;
  std::string text = printable(*value);
  for (std::size_t at = 0; at <= text.size();) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    cell.lines.push_back(text.substr(at, end - at));
    cell.widths.push_back(display_width(cell.lines.back()));
    at = end + 1;
  }
  return cell;
}

std::size_t width_of(const Cell& cell) { return std::ranges::max(cell.widths); }

class AlignedPrinter final : public Printer {
 public:
  AlignedPrinter(Output& out, const std::vector<Column>& columns, std::string_view null) : out_(out), null_(null) {
    for (const Column& column : columns) {
      right_.push_back(is_number(column));
      header_.push_back(make_cell(column.name, null_));
      widths_.push_back(width_of(header_.back()));
    }
  }

  void row(const std::vector<Value>& values) override {
    ++rows_;
    std::vector<Cell> cells;
    for (const Value& value : values) cells.push_back(make_cell(value, null_));
    if (flowing_) return print(cells);
    for (std::size_t i = 0; i < cells.size() && i < widths_.size(); ++i)
      widths_[i] = std::max(widths_[i], width_of(cells[i]));
    waiting_.push_back(std::move(cells));
    if (waiting_.size() >= kAlignedRows) flow();
  }

  void finish() override {
    if (!flowing_) flow();
    out_.write(fmt::format("({} row{})\n\n", rows_, rows_ == 1 ? "" : "s"));
  }

 private:
  void flow() {
    flowing_ = true;
    print_header();
    for (const auto& cells : waiting_) print(cells);
    waiting_.clear();
  }

  void print_header() {
    std::string names, rule;
    for (std::size_t i = 0; i < header_.size(); ++i) {
      std::size_t room = widths_[i] - header_[i].widths[0];
      names += fmt::format("{} {}{}{} ", i ? "|" : "", std::string(room / 2, ' '), header_[i].lines[0],
                           std::string(room - room / 2, ' '));
      rule += (i ? "+" : "") + std::string(widths_[i] + 2, '-');
    }
    out_.write(names + "\n" + rule + "\n");
  }

  // A value of several lines goes on below, with a + where there is more, as in psql.
  void print(const std::vector<Cell>& cells) {
    std::size_t height = 1;
    for (const Cell& cell : cells) height = std::max(height, cell.lines.size());
    std::string text;
    for (std::size_t line = 0; line < height; ++line) {
      for (std::size_t i = 0; i < cells.size(); ++i) put(text, cells[i], i, line, i + 1 == cells.size());
      text += '\n';
    }
    out_.write(text);
  }

  void put(std::string& text, const Cell& cell, std::size_t column, std::size_t line, bool last) {
    bool there = line < cell.lines.size();
    bool more = line + 1 < cell.lines.size();
    std::size_t width = there ? cell.widths[line] : 0;
    std::size_t room = widths_[column] > width ? widths_[column] - width : 0;
    if (column > 0) text += '|';
    text += ' ';
    if (right_[column]) text.append(room, ' ');
    if (there) text += cell.lines[line];
    if (!right_[column] && (!last || more)) text.append(room, ' ');
    if (more)
      text += '+';
    else if (!last)
      text += ' ';
  }

  Output& out_;
  std::string null_;
  std::vector<bool> right_;
  std::vector<Cell> header_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<Cell>> waiting_;
  bool flowing_ = false;
  std::uint64_t rows_ = 0;
};

class ExpandedPrinter final : public Printer {
 public:
  ExpandedPrinter(Output& out, const std::vector<Column>& columns, std::string_view null) : out_(out), null_(null) {
    for (const Column& column : columns) {
      names_.push_back(printable(column.name));
      width_ = std::max(width_, display_width(names_.back()));
    }
  }

  void row(const std::vector<Value>& values) override {
    std::string text = fmt::format("-[ RECORD {} ]{}\n", ++rows_, std::string(30, '-'));
    for (std::size_t i = 0; i < values.size() && i < names_.size(); ++i) {
      Cell cell = make_cell(values[i], null_);
      for (std::size_t line = 0; line < cell.lines.size(); ++line) {
        std::string_view name = line == 0 ? std::string_view(names_[i]) : "";
        text += fmt::format("{}{} | {}\n", name, std::string(width_ - display_width(name), ' '), cell.lines[line]);
      }
    }
    out_.write(text);
  }

  void finish() override { out_.write(rows_ ? "\n" : "(0 rows)\n\n"); }

 private:
  Output& out_;
  std::string null_;
  std::vector<std::string> names_;
  std::size_t width_ = 0;
  std::uint64_t rows_ = 0;
};

// ---- for programs

class CsvPrinter final : public Printer {
 public:
  CsvPrinter(Output& out, const std::vector<Column>& columns) : out_(out) {
    std::vector<Value> names;
    for (const Column& column : columns) names.emplace_back(column.name);
    row(names);
  }

  void row(const std::vector<Value>& values) override {
    std::string line;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i) line += ',';
      if (values[i]) put(line, *values[i]);
    }
    out_.write(line + "\n");
  }

  void finish() override {}

 private:
  static void put(std::string& line, std::string_view value) {
    if (!value.empty() && value.find_first_of(",\"\r\n") == std::string_view::npos) {
      line += value;
      return;
    }
    line += '"';
    for (char c : value) line.append(c == '"' ? 2 : 1, c);
    line += '"';
  }

  Output& out_;
};

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (c == '\n')
      out += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

class JsonPrinter final : public Printer {
 public:
  JsonPrinter(Output& out, const std::vector<Column>& columns) : out_(out), columns_(columns) {
    for (const Column& column : columns) keys_.push_back(json_string(column.name) + ":");
  }

  void row(const std::vector<Value>& values) override {
    std::string line = rows_++ ? ",\n {" : "[{";
    for (std::size_t i = 0; i < values.size() && i < keys_.size(); ++i) {
      if (i) line += ',';
      line += keys_[i] + as_json(columns_[i], values[i]);
    }
    out_.write(line + "}");
  }

  void finish() override { out_.write(rows_ ? "]\n" : "[]\n"); }

 private:
  static std::string as_json(const Column& column, const Value& value) {
    if (!value) return "null";
    std::string text(*value);
    if (column.type == kBoolean) return text == "t" ? "true" : "false";
    if (column.type == kJson || column.type == kJsonb) {
      std::ranges::replace(text, '\n', ' ');  // an object is a line; within JSON's strings there is none
      return text;
    }
    auto digit = [](char c) { return c >= '0' && c <= '9'; };  // not NaN and Infinity, which JSON has no form for
    bool number = is_number(column) && !text.empty() && (digit(text[0]) || (text.size() > 1 && digit(text[1])));
    return number ? text : json_string(text);
  }

  Output& out_;
  std::vector<Column> columns_;
  std::vector<std::string> keys_;
  std::uint64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<Printer> make_printer(Format format, Output& out, const std::vector<Column>& columns,
                                      std::string_view null) {
  switch (format) {
    case Format::kExpanded: return std::make_unique<ExpandedPrinter>(out, columns, null);
    case Format::kCsv: return std::make_unique<CsvPrinter>(out, columns);
    case Format::kJson: return std::make_unique<JsonPrinter>(out, columns);
    case Format::kAligned: break;
  }
  return std::make_unique<AlignedPrinter>(out, columns, null);
}

}  // namespace tarn::shell
