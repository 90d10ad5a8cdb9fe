#include "worker/land/json_values.h"

#include <fmt/format.h>

#include "worker/land/json_decoder.h"

namespace tarn::worker::land {

bool open_object(ondemand::parser& parser, std::string_view value, ondemand::document& document,
                 ondemand::object& object, std::string& reason) {
  if (value.size() > kJsonBytesMax.count()) {
    reason = fmt::format("a value of {} bytes; JSON is read up to {}", value.size(), kJsonBytesMax.count());
    return false;
  }
  simdjson::padded_string_view padded(value.data(), value.size(), value.size() + kJsonPadding);
  static_assert(kJsonPadding >= simdjson::SIMDJSON_PADDING);
  auto error = parser.iterate(padded).get(document);
  if (!error) error = document.get_object().get(object);
  if (!error) return true;
  if (error == simdjson::EMPTY)
    reason = "not JSON: the value is empty";
  else if (error == simdjson::INCORRECT_TYPE)
    reason = "not a JSON object";
  else
    reason = fmt::format("not JSON: {}", simdjson::error_message(error));
  return false;
}

namespace {

bool broken(simdjson::error_code error, std::string& reason) {
  reason = fmt::format("not JSON: {}", simdjson::error_message(error));
  return false;
}

bool add_object(ondemand::object object, Shape& shape, int depth, std::string& reason) {
  for (auto entry : object) {
    ondemand::field field;
    std::string_view name;
    if (auto error = std::move(entry).get(field)) return broken(error, reason);
    if (auto error = field.unescaped_key().get(name)) return broken(error, reason);
    if (!can_name_column(name)) {
      reason = "a field whose name is empty, too long or has control characters";
      return false;
    }
    Shape ignored;
    Shape* inner = shape.field(name);
    if (!add_to_shape(field.value(), inner ? *inner : ignored, depth + 1, reason)) return false;
  }
  return true;
}

bool add_array(ondemand::array array, Shape& shape, int depth, std::string& reason) {
  for (auto entry : array) {
    ondemand::value value;
    if (auto error = std::move(entry).get(value)) return broken(error, reason);
    if (!add_to_shape(value, shape.element(), depth + 1, reason)) return false;
  }
  return true;
}

bool check_number(ondemand::value& value, std::string& reason) {
  double number;
  if (auto error = value.get_double().get(number)) return broken(error, reason);
  return true;
}

}  // namespace

bool add_to_shape(ondemand::value value, Shape& shape, int depth, std::string& reason) {
  if (depth > table::kNestingMax) {
    reason = fmt::format("nested deeper than {}", table::kNestingMax);
    return false;
  }
  std::string_view token = token_of(value);
  switch (token.empty() ? '\0' : token.front()) {
    case 'n': {
      bool null;
      if (auto error = value.is_null().get(null)) return broken(error, reason);
      return true;
    }
    case 't':
    case 'f': {
      bool truth;
      if (auto error = value.get_bool().get(truth)) return broken(error, reason);
      shape.saw(Shape::kTruth);
      return true;
    }
    case '"': {
      std::string_view text;
      if (auto error = value.get_string().get(text)) return broken(error, reason);
      shape.saw(Shape::kText);
      return true;
    }
    case '{': {
      ondemand::object object;
      if (auto error = value.get_object().get(object)) return broken(error, reason);
      shape.saw(Shape::kObject);
      return add_object(object, shape, depth, reason);
    }
    case '[': {
      ondemand::array array;
      if (auto error = value.get_array().get(array)) return broken(error, reason);
      shape.saw(Shape::kArray);
      return add_array(array, shape, depth, reason);
    }
    default:
      shape.saw(token.find_first_of(".eE") == token.npos ? Shape::kInteger : Shape::kFraction);
      return check_number(value, reason);
  }
}

}  // namespace tarn::worker::land
