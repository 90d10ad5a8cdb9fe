#include "wire/json/parse.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace tarn::wire::json {
namespace {

using Json = nlohmann::json;

// Right for text up to where it stops being JSON, and no more of it is ever built.
Result<void> check_size(std::string_view text, const Limits& limits) {
  std::size_t depth = 0, values = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (c == '[' || c == '{' || c == ',') ++values;
    if (depth > limits.depth)
      return fail(Code::kLimit, fmt::format("the JSON is nested more than {} deep", limits.depth));
    if (values > limits.values) return fail(Code::kLimit, fmt::format("the JSON has over {} values", limits.values));
  }
  return {};
}

}  // namespace

Result<Json> parse(std::string_view text, const Limits& limits) {
  TARN_TRY(check_size(text, limits));
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    return fail(Code::kInvalidArgument, fmt::format("the JSON is broken at byte {}", error.byte));
  } catch (const Json::exception&) {
    return fail(Code::kInvalidArgument, "the JSON has a number that is too large");
  }
}

}  // namespace tarn::wire::json
