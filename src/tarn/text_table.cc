#include "tarn/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace tarn::app {
namespace {

// Characters, not bytes: what a terminal gives a column each (wide ones aside).
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void TextTable::add(std::vector<std::string> row) {
  if (flowing_) return print(row);
  widths_.resize(std::max(widths_.size(), row.size()));
  for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], width(row[i]));
  waiting_.push_back(std::move(row));
  if (waiting_.size() > kAlignedRows) finish();
}

void TextTable::finish() {
  for (const auto& row : waiting_) print(row);
  waiting_.clear();
  flowing_ = true;
}

void TextTable::print(const std::vector<std::string>& row) const {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += row[i];
    bool last = i + 1 == row.size();
    if (!last) line.append(std::max(widths_[i], width(row[i])) - width(row[i]) + 2, ' ');
  }
  fmt::print("{}\n", line);
}

}  // namespace tarn::app
