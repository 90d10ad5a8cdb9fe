#include "base/nearest.h"

#include <algorithm>
#include <vector>

namespace tarn {
namespace {

// Optimal string alignment distance: three rows of the classic table are enough.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t replace = previous[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = std::min({replace, previous[j] + 1, row[j - 1] + 1});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, row);
  }
  return previous[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::size_t best_edits = (word.size() + 2) / 3 + 1;
  std::string_view best;
  for (std::string_view candidate : candidates) {
    std::size_t count = edits(word, candidate);
    if (count < best_edits) best_edits = count, best = candidate;
  }
  return best;
}

}  // namespace tarn
