// A template's text and where things are in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tarn::jinja {

// A byte of the text, kept instead of line and column, which only errors need.
using At = std::uint32_t;

struct Place {
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // from 1, in code points
};

struct Source {
  Source(std::string its_file, std::string its_text);

  std::string file;
  std::string text;             // line ends are \n
  std::vector<At> line_starts;  // so that a place costs no more than its line

  Place place(At at) const;

  // `file:line:column: what`
  Error error(Code code, At at, std::string_view what) const;
  std::unexpected<Error> fail(Code code, At at, std::string_view what) const {
    return std::unexpected(error(code, at, what));
  }
};

}  // namespace tarn::jinja
