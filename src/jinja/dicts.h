// What fills a dict: dict(…), namespace(…) and d.update(…) take the same.
#pragma once

#include <string_view>

#include "jinja/containers.h"

namespace tarn::jinja {

// One dict or list of pairs, and named values. Errors: kInvalidArgument, kUnsupported if it would contain itself,
// kLimit.
Result<void> update_dict(Dict& dict, std::string_view function, Call& call);
Result<void> update_from(Dict& dict, const Value& from, Meter& meter);

}  // namespace tarn::jinja
