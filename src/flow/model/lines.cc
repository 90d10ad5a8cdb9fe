// From a line of rendered SQL back to the file it came from. Templates don't say where their output came from, so lines
// that stand in both are taken for each other, and what is between them for what is between them.
#include <algorithm>
#include <unordered_map>

#include "flow/model/plan.h"

namespace tarn::flow::model {
namespace {

constexpr std::size_t kLeastToMatch = 3;  // shorter lines, like `)`, stand everywhere
constexpr int kLinesToLookAt = 200;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view line) {
  std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t") - begin + 1);
}

// The line in [begin, end) that begins as `rendered` does, up to its first brace; else the first of them.
int like(const std::vector<std::string_view>& from, std::string_view rendered, int begin, int end) {
  int first = std::min(begin, end - 1);
  for (int line = begin; line < std::min(end, begin + kLinesToLookAt); ++line) {
    std::string_view text = from[static_cast<std::size_t>(line) - 1];
    std::size_t brace = text.find('{');
    std::string_view fixed = brace == std::string_view::npos ? std::string_view() : trimmed(text.substr(0, brace));
    if (fixed.size() >= kLeastToMatch && rendered.starts_with(fixed)) return line;
  }
  return first;
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::vector<int> match_lines(std::string_view file, std::string_view rendered) {
  std::vector<std::string_view> from = lines_of(file), to = lines_of(rendered);
  std::unordered_map<std::string_view, std::vector<int>> places;
  for (std::size_t i = 0; i < from.size(); ++i)
    if (trimmed(from[i]).size() >= kLeastToMatch) places[trimmed(from[i])].push_back(static_cast<int>(i) + 1);
  std::vector<int> matched(to.size(), 0);
  int last = 0;
  for (std::size_t i = 0; i < to.size(); ++i) {
    auto found = places.find(trimmed(to[i]));
    if (found == places.end()) continue;
    auto next = std::ranges::upper_bound(found->second, last);
    if (next != found->second.end()) last = matched[i] = *next;
  }
  // Before which line of the file what was not found must stand.
  std::vector<int> end(to.size());
  int after = static_cast<int>(from.size()) + 1;
  for (std::size_t i = to.size(); i-- > 0;) {
    end[i] = after;
    if (matched[i]) after = matched[i];
  }
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (matched[i]) continue;
    int begin = (i ? matched[i - 1] : 0) + 1;
    matched[i] = std::max(1, like(from, trimmed(to[i]), begin, end[i]));
  }
  return matched;
}

Place place_of(const PlanNode& node, std::size_t position) {
  Place place{node.file, node.line};
  if (node.lines.empty() || position == 0) return place;
  std::size_t line = 0;
  std::size_t characters = 1;
  for (std::size_t i = 0; i < node.sql.size() && characters < position; ++i) {
    characters += begins_character(node.sql[i]);
    if (node.sql[i] == '\n') ++line;
  }
  place.line = node.lines[std::min(line, node.lines.size() - 1)];
  return place;
}

std::string pointed(std::string_view sql, std::size_t position) {
  if (position == 0) return {};
  std::size_t at = 0;
  for (std::size_t characters = 0; at < sql.size(); ++at)
    if (begins_character(sql[at]) && ++characters == position) break;
  std::size_t begin = at == 0 ? 0 : sql.rfind('\n', at - 1) + 1;  // npos + 1 is 0
  std::string_view line = sql.substr(begin, sql.find('\n', at) - begin);
  std::vector<std::string> characters;
  std::size_t before = 0;
  for (char c : line) {
    if (begins_character(c)) characters.emplace_back();
    if (!characters.empty()) characters.back() += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    if (begin++ < at) before = characters.size();
  }
  std::size_t first = std::min(line.find_first_not_of(" \t"), before);
  if (before - first > kPointedWidth * 2 / 3) first = before - kPointedWidth * 2 / 3;
  std::string text = "\n    ";
  for (std::size_t i = first; i < std::min(characters.size(), first + kPointedWidth); ++i) text += characters[i];
  while (text.ends_with(' ')) text.pop_back();
  return text + "\n    " + std::string(before - first, ' ') + '^';
}

}  // namespace tarn::flow::model
