// One number or text in a field, as Python lays it out: sign, fill, width, digits, groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "jinja/meter.h"

namespace tarn::jinja {

inline constexpr std::size_t kFieldWidthMax = 100'000;
inline constexpr std::size_t kPrecisionMax = 500;

struct Field {
  std::string fill = " ";  // one code point
  char align = 0;          // < > ^ =, 0 for the kind's own: texts left, numbers right
  bool zeros = false;      // a 0 before the width made it =, which texts don't know
  char sign = '-';         // + - or space
  bool alternate = false;  // #: 0x before hex digits
  std::size_t width = 0;
  char group = 0;      // , or _ between thousands
  int precision = -1;  // -1 if it is not given
  char type = 0;       // 0 if it is not given
};

// Digits of a whole number: d b o x X. Errors: kUnsupported for another type.
Result<std::string> whole_digits(std::int64_t value, const Field& field);
// e E f F g G %. Errors: kUnsupported for another type.
Result<std::string> float_digits(double value, const Field& field);

// The field of a number's digits, which may begin with `-`, and of a text.
Result<std::string> lay_out_number(std::string digits, const Field& field, Meter& meter);
Result<std::string> lay_out_text(std::string_view text, const Field& field, Meter& meter);

}  // namespace tarn::jinja
