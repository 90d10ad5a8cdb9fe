// simdjson's on-demand values as we read them: shared by decoding and inference. For .cc files only.
#pragma once

#include <simdjson.h>  // tidy-ok(heavy): included by two .cc files of this folder alone

#include <string>
#include <string_view>

#include "worker/land/shape.h"

namespace tarn::worker::land {

namespace ondemand = simdjson::ondemand;

inline std::string_view without_space(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

// A scalar's text without the white space after it; of an object or array the opening bracket.
inline std::string_view token_of(ondemand::value& value) { return without_space(value.raw_json_token()); }

// Parses one document. On success `object` is its root and the document stays in `document`; else a reason.
// Bytes up to `value.size() + padding` are readable.
bool open_object(ondemand::parser& parser, std::string_view value, ondemand::document& document,
                 ondemand::object& object, std::string& reason);

// Nothing is left after the root that was iterated to its end.
inline bool is_read_out(ondemand::document& document) {
  const char* rest;
  return document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
}

// Adds what `value` looks like to `shape`. False: broken JSON, or nested past table::kNestingMax; `reason` says which.
bool add_to_shape(ondemand::value value, Shape& shape, int depth, std::string& reason);

}  // namespace tarn::worker::land
