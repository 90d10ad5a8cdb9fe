// A value of a template, by Python's rules: none, bools, whole numbers of 64 bits, floats, texts (UTF-8, counted in
// code points), tuples, lists, dicts, things that can be called, and the undefined one that a missing name gives.
//
// Lists and dicts are shared and can be changed, as Python's: a copy of a Value is another name for the same list. A
// list never comes to contain itself (an error says so), so counting references frees everything. Not thread-safe: a
// value belongs to one rendering at a time.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "jinja/meter.h"

namespace tarn::jinja {

class Object;
class Value;
struct Call;
struct Dict;

struct None {
  friend bool operator==(None, None) = default;
};

// What a name, key or attribute that does not exist gives: it prints as nothing, is false and has no items; whatever
// else is done with it fails with `message`.
struct Undefined {
  std::shared_ptr<const std::string> message;
};

class Value {
 public:
  Value() = default;  // none
  Value(std::same_as<bool> auto value) : data_(value) {}
  Value(std::int64_t value) : data_(value) {}
  Value(int value) : data_(std::int64_t{value}) {}
  Value(std::size_t value) : data_(static_cast<std::int64_t>(value)) {}
  Value(double value) : data_(value) {}
  Value(std::string value) : data_(std::make_shared<const std::string>(std::move(value))) {}
  Value(std::string_view value) : Value(std::string(value)) {}
  Value(const char* value) : Value(std::string(value)) {}
  Value(std::shared_ptr<Object> object) : data_(std::move(object)) {}  // not null

  static Value undefined(std::string message) {
    Value value;
    value.data_ = Undefined{std::make_shared<const std::string>(std::move(message))};
    return value;
  }
  static Value list(std::vector<Value> items);
  static Value tuple(std::vector<Value> items);
  // Later values of a key win; its place is that of the first.
  static Value dict(std::vector<std::pair<std::string, Value>> entries);
  // `name` is what errors call it.
  static Value function(std::string name, std::function<Result<Value>(Call&)> run);

  bool is_none() const { return std::holds_alternative<None>(data_); }
  bool is_undefined() const { return std::holds_alternative<Undefined>(data_); }
  // Null if it is something else.
  const bool* boolean() const { return std::get_if<bool>(&data_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&data_); }
  const double* floating() const { return std::get_if<double>(&data_); }
  const std::string* string() const {
    auto* text = std::get_if<std::shared_ptr<const std::string>>(&data_);
    return text ? text->get() : nullptr;
  }
  Object* object() const {
    auto* object = std::get_if<std::shared_ptr<Object>>(&data_);
    return object ? object->get() : nullptr;
  }
  const std::vector<Value>* items() const;  // of a list or tuple
  const Dict* dict() const;
  std::vector<std::pair<Value, Value>> entries() const;  // of a dict, in their order; none for others
  // The value of a dict's key; null if there is none, or it is no dict.
  const Value* find(std::string_view key) const;

  // Python's word for its type: "int", "str", "list".
  std::string_view type_name() const;

  // The message of an undefined value; "" for others.
  std::string_view undefined_message() const;

  using Data = std::variant<None, Undefined, bool, std::int64_t, double, std::shared_ptr<const std::string>,
                            std::shared_ptr<Object>>;
  const Data& data() const { return data_; }

 private:
  Data data_;
};

// What is not a plain value. Those who render derive their own from it: a relation that `ref` gives prints as its
// quoted name and has attributes.
class Object {
 public:
  virtual ~Object() = default;

  // Python's word, "object" for one's own.
  virtual std::string_view type_name() const { return "object"; }
  // What `{{ x }}` prints. Errors: kUnsupported if it has no text that means anything.
  virtual Result<std::string> text(Meter& meter) const;
  // What it prints inside a list.
  virtual Result<std::string> repr(Meter& meter) const { return text(meter); }
  virtual Result<bool> truth() const { return true; }
  // `x.name` and `x['name']`. Nothing if there is none: the template gets an undefined value.
  virtual Result<std::optional<Value>> attribute(const std::shared_ptr<Object>& self, std::string_view name);
  // The values it holds, for the search of lists that would contain themselves.
  virtual void each_held(const std::function<void(const Value&)>&) const {}
  virtual bool callable() const { return false; }
  virtual Result<Value> call(Call& call);
};

// One call of something by a template.
struct Call {
  std::vector<Value> arguments;
  std::vector<std::pair<std::string, Value>> named;
  Meter& meter;
  std::string_view file;  // where the template has the call, for whoever notes it; errors get it anyway
  std::size_t line = 0;
  std::size_t column = 0;

  // The arguments in the order of `names`, by position or by name, nothing where one is not given. Errors:
  // kInvalidArgument if one of the first `required` is missing, one comes twice, or there are others; it calls the
  // called `function`.
  Result<std::vector<std::optional<Value>>> take(std::string_view function, std::span<const std::string_view> names,
                                                 std::size_t required) const;
};

// --- For those who render. Errors: kLimit past the default Limits; kUnsupported where there is no text.

Result<std::string> to_text(const Value& value);  // Python's str()
Result<std::string> to_repr(const Value& value);  // Python's repr()
Result<bool> to_truth(const Value& value);        // Python's bool()

}  // namespace tarn::jinja
