// What is wrong with a project, gathered: a person gets all of it at once, each with its place and what to do.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tarn::flow::model {

inline constexpr std::size_t kProblemsMax = 50;  // more are counted, not kept

// Where something stands in a file of the project.
struct Place {
  std::string file;  // relative to the project folder
  int line = 0;      // 1-based; 0: the file as a whole
  int column = 0;    // 1-based; 0: the line as a whole
  auto operator<=>(const Place&) const = default;
};
std::string to_string(const Place& place);  // "models/rides.sql:3:5"

class Problems {
 public:
  void add(Place place, std::string message);
  // A message that begins with its place, as the parsers' do: "models/rides.sql:3:5: what".
  void add_located(std::string_view message);
  bool empty() const { return lines_.empty(); }
  std::size_t count() const { return lines_.size() + more_; }
  // "models/rides.sql:3:5: no model `ride`; ...", by place, one a line.
  std::vector<std::string> lines() const;
  std::vector<std::string> messages() const;  // the same without places
  // kInvalidArgument with all lines.
  Error error() const;

 private:
  struct Line {
    Place place;
    std::string message;
    auto operator<=>(const Line&) const = default;
  };
  std::vector<Line> lines_;
  std::size_t more_ = 0;
};

}  // namespace tarn::flow::model
