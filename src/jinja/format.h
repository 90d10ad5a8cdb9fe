// Python's two ways to put values into a text: '%s' % x and '{}'.format(x).
#pragma once

#include <string>
#include <string_view>

#include "jinja/value.h"

namespace tarn::jinja {

// `values` is a tuple, a dict (%(name)s) or one value. Errors: kInvalidArgument, kUnsupported, kLimit.
Result<std::string> format_percent(std::string_view format, const Value& values, Meter& meter);

// format.format(*call.arguments, **call.named)
Result<std::string> format_braces(std::string_view format, const Call& call);

}  // namespace tarn::jinja
