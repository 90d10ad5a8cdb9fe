// Rows as aligned text on standard output: as wide as the widest of the first rows, which wait for each other.
#pragma once

#include <string>
#include <vector>

namespace tarn::app {

inline constexpr std::size_t kAlignedRows = 1000;  // more are printed as they come, in the widths of these

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) { add(std::move(header)); }
  void add(std::vector<std::string> row);
  void finish();

 private:
  void print(const std::vector<std::string>& row) const;
  std::vector<std::vector<std::string>> waiting_;
  std::vector<std::size_t> widths_;
  bool flowing_ = false;
};

}  // namespace tarn::app
