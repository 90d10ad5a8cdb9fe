#include "flow/model/problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tarn::flow::model {

std::string to_string(const Place& place) {
  if (place.line <= 0) return place.file;
  if (place.column <= 0) return fmt::format("{}:{}", place.file, place.line);
  return fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

void Problems::add(Place place, std::string message) {
  Line line{std::move(place), std::move(message)};
  if (std::ranges::find(lines_, line) != lines_.end()) return;  // said once is enough
  if (lines_.size() < kProblemsMax)
    lines_.push_back(std::move(line));
  else
    ++more_;
}

void Problems::add_located(std::string_view message) {
  Place place;
  std::size_t begin = 0;
  for (int* number : {&place.line, &place.column}) {
    std::size_t colon = message.find(':', begin);
    if (colon == std::string_view::npos) break;
    const char* digits = message.data() + colon + 1;
    auto [end, error] = std::from_chars(digits, message.data() + message.size(), *number);
    if (error != std::errc() || end == digits) break;
    if (number == &place.line) place.file = message.substr(0, colon);
    begin = static_cast<std::size_t>(end - message.data());
  }
  if (place.file.empty() || !message.substr(begin).starts_with(": ")) return add({}, std::string(message));
  add(place, std::string(message.substr(begin + 2)));
}

std::vector<std::string> Problems::lines() const {
  std::vector<Line> sorted = lines_;
  std::ranges::sort(sorted);
  std::vector<std::string> texts;
  for (const Line& line : sorted)
    texts.push_back(line.place.file.empty() ? line.message
                                            : fmt::format("{}: {}", to_string(line.place), line.message));
  if (more_ > 0) texts.push_back(fmt::format("and {} more", more_));
  return texts;
}

std::vector<std::string> Problems::messages() const {
  std::vector<std::string> texts;
  for (const Line& line : lines_) texts.push_back(line.message);
  return texts;
}

Error Problems::error() const { return {Code::kInvalidArgument, fmt::format("{}", fmt::join(lines(), "\n"))}; }

}  // namespace tarn::flow::model
