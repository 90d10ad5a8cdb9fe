// Python's operators over values. Errors: kInvalidArgument with Python's reason, kUnsupported past 64 bits, kLimit.
#pragma once

#include <string>
#include <string_view>

#include "jinja/tree.h"
#include "jinja/value.h"

namespace tarn::jinja {

Result<bool> truth(const Value& value);

// str() and repr().
Result<std::string> text_of(const Value& value, Meter& meter);
Result<std::string> repr_of(const Value& value, Meter& meter);
std::string repr_of_text(std::string_view text);
std::string repr_of_float(double value);

Result<bool> equal(const Value& left, const Value& right, Meter& meter);
Result<bool> less(const Value& left, const Value& right, Meter& meter, std::string_view op = "<");
Result<bool> contains(const Value& container, const Value& item, Meter& meter);
Result<bool> compare(CompareOp op, const Value& left, const Value& right, Meter& meter);
bool same(const Value& left, const Value& right);  // Python's `is`

Result<Value> binary(BinaryOp op, const Value& left, const Value& right, Meter& meter);
Result<Value> negate(const Value& value);
Result<Value> plus(const Value& value);

// `value.name`, `value[key]`, `value[start:stop:step]`; undefined values where Jinja2 gives one.
Result<Value> get_attribute(const Value& value, std::string_view name, Meter& meter);
Result<Value> get_item(const Value& value, const Value& key, Meter& meter);
Result<Value> get_slice(const Value& value, const Value& start, const Value& stop, const Value& step, Meter& meter);

// A whole number from an int or bool; nothing for others.
std::optional<std::int64_t> whole(const Value& value);
// A number as float from an int, bool or float; nothing for others.
std::optional<double> number(const Value& value);

// Fails with an undefined value's message.
std::unexpected<Error> undefined_error(const Value& value);

}  // namespace tarn::jinja
