// "run/2" before "run/10": text in the order a person expects, with runs of digits compared as the numbers they are.
#pragma once

#include <string_view>

namespace tarn {

// A total order: texts that differ in leading zeros alone ("a1", "a01") go by their bytes.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace tarn
