#include "jinja/predicates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "jinja/arguments.h"
#include "jinja/containers.h"
#include "jinja/operators.h"
#include "jinja/texts.h"

namespace tarn::jinja {
namespace {

// A test without arguments of what the value is.
template <bool (*holds)(const Value&)>
Result<bool> is(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "the test", {}));
  return holds(value);
}

bool defined(const Value& value) { return !value.is_undefined(); }
bool undefined(const Value& value) { return value.is_undefined(); }
bool none(const Value& value) { return value.is_none(); }
bool boolean(const Value& value) { return value.boolean() != nullptr; }
bool is_false(const Value& value) { return value.boolean() && !*value.boolean(); }
bool is_true(const Value& value) { return value.boolean() && *value.boolean(); }
bool integer(const Value& value) { return value.integer() != nullptr; }
bool floating(const Value& value) { return value.floating() != nullptr; }
bool string(const Value& value) { return value.string() != nullptr; }
bool mapping(const Value& value) { return value.dict() != nullptr; }
bool is_number(const Value& value) { return number(value).has_value(); }
bool sequence(const Value& value) { return length_of(value) && !as<DictView>(value); }
bool iterable(const Value& value) { return iterate(value).has_value(); }
bool escaped(const Value&) { return false; }
bool callable(const Value& value) { return value.is_undefined() || (value.object() && value.object()->callable()); }

Result<bool> remainder_is(const Value& value, const Value& by, std::int64_t wanted, Meter& meter) {
  TARN_ASSIGN(const Value rest, binary(BinaryOp::kModulo, value, by, meter));
  return equal(rest, Value(wanted), meter);
}
Result<bool> odd(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "odd", {}));
  return remainder_is(value, Value(2), 1, call.meter);
}
Result<bool> even(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "even", {}));
  return remainder_is(value, Value(2), 0, call.meter);
}
Result<bool> divisible_by(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "divisibleby", {"num"}, 1));
  return remainder_is(value, taken.value(0), 0, call.meter);
}

template <Result<bool> (*test)(std::string_view)>
Result<bool> cased(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "the test", {}));
  TARN_ASSIGN(const std::string text, text_of(value, call.meter));
  return test(text);
}

template <CompareOp op>
Result<bool> compared(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "the test", {"other"}, 1));
  return compare(op, value, taken.value(0), call.meter);
}

Result<bool> in(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "in", {"seq"}, 1));
  return contains(taken.value(0), value, call.meter);
}

Result<bool> same_as(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "sameas", {"other"}, 1));
  const Value other = taken.value(0);
  const auto plain = [](const Value& each) {
    return each.string() || each.integer() || each.floating() || each.is_undefined() || as<Tuple>(each) ||
           (each.object() && each.object()->callable());
  };
  if (plain(value) && plain(other) && value.type_name() == other.type_name()) {
    return fail(Code::kUnsupported, "`sameas` of numbers, texts and tuples says nothing; use `==`");
  }
  return same(value, other);
}

constexpr std::array kTests = std::to_array<TestEntry>({{"boolean", is<boolean>},
                                                        {"callable", is<callable>},
                                                        {"defined", is<defined>},
                                                        {"divisibleby", divisible_by},
                                                        {"eq", compared<CompareOp::kEqual>},
                                                        {"equalto", compared<CompareOp::kEqual>},
                                                        {"==", compared<CompareOp::kEqual>},
                                                        {"escaped", is<escaped>},
                                                        {"even", even},
                                                        {"false", is<is_false>},
                                                        {"float", is<floating>},
                                                        {"ge", compared<CompareOp::kGreaterEqual>},
                                                        {">=", compared<CompareOp::kGreaterEqual>},
                                                        {"greaterthan", compared<CompareOp::kGreater>},
                                                        {"gt", compared<CompareOp::kGreater>},
                                                        {">", compared<CompareOp::kGreater>},
                                                        {"in", in},
                                                        {"integer", is<integer>},
                                                        {"iterable", is<iterable>},
                                                        {"le", compared<CompareOp::kLessEqual>},
                                                        {"<=", compared<CompareOp::kLessEqual>},
                                                        {"lessthan", compared<CompareOp::kLess>},
                                                        {"lt", compared<CompareOp::kLess>},
                                                        {"<", compared<CompareOp::kLess>},
                                                        {"lower", cased<texts::is_lower>},
                                                        {"mapping", is<mapping>},
                                                        {"ne", compared<CompareOp::kNotEqual>},
                                                        {"!=", compared<CompareOp::kNotEqual>},
                                                        {"none", is<none>},
                                                        {"number", is<is_number>},
                                                        {"odd", odd},
                                                        {"sameas", same_as},
                                                        {"sequence", is<sequence>},
                                                        {"string", is<string>},
                                                        {"true", is<is_true>},
                                                        {"undefined", is<undefined>},
                                                        {"upper", cased<texts::is_upper>}});

}  // namespace

const TestEntry* find_test(std::string_view name) {
  const auto found = std::ranges::find(kTests, name, &TestEntry::name);
  return found == kTests.end() ? nullptr : &*found;
}

std::span<const std::string_view> test_names() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names;
    for (const TestEntry& each : kTests) names.push_back(each.name);
    return names;
  }();
  return kNames;
}

}  // namespace tarn::jinja
