// Python's arithmetic of numbers: ints of 64 bits with an error past them, floats, bools as 0 and 1.
#pragma once

#include <compare>

#include "jinja/tree.h"
#include "jinja/value.h"

namespace tarn::jinja {

// Both are numbers. Errors: kInvalidArgument for a division by zero, kUnsupported past 64 bits.
Result<Value> arithmetic(BinaryOp op, const Value& left, const Value& right);

// Exact, also between int and float.
std::partial_ordering compare_numbers(const Value& left, const Value& right);

// Python's round(value, digits), math.floor and math.ceil to an int.
double round_digits(double value, int digits);
Result<std::int64_t> to_whole(double value);

}  // namespace tarn::jinja
