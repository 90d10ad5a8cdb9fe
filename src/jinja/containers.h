// The objects of Python that templates have: list, tuple, dict and its views, range, namespace, functions, iterators.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "jinja/value.h"

namespace tarn::jinja {

// Frees what a container held without recursion, however deep lists lie in lists.
void bury(std::vector<Value>&& items);

struct List final : Object {
  explicit List(std::vector<Value> values) : items(std::move(values)) {}
  ~List() override { bury(std::move(items)); }
  std::string_view type_name() const override { return "list"; }
  Result<std::string> text(Meter& meter) const override;
  Result<bool> truth() const override { return !items.empty(); }
  void each_held(const std::function<void(const Value&)>& see) const override;

  std::vector<Value> items;
};

struct Tuple final : Object {
  explicit Tuple(std::vector<Value> values) : items(std::move(values)) {}
  ~Tuple() override { bury(std::move(items)); }
  std::string_view type_name() const override { return "tuple"; }
  Result<std::string> text(Meter& meter) const override;
  Result<std::optional<Value>> attribute(const std::shared_ptr<Object>& self, std::string_view name) override;
  Result<bool> truth() const override { return !items.empty(); }
  void each_held(const std::function<void(const Value&)>& see) const override;

  std::vector<Value> items;                   // never changed after
  std::vector<std::string_view> field_names;  // of a named tuple (`groupby`), else empty
};

// Keys in the order they came. Keys are what Python can hash: none, bools, numbers, texts and tuples of them.
struct Dict final : Object {
  ~Dict() override;
  std::string_view type_name() const override { return "dict"; }
  Result<std::string> text(Meter& meter) const override;
  Result<bool> truth() const override { return !entries.empty(); }
  void each_held(const std::function<void(const Value&)>& see) const override;

  // The place of `key` in entries, nothing if it is absent. Errors: kInvalidArgument for a key without hash; kLimit.
  Result<std::optional<std::size_t>> find(const Value& key, Meter& meter) const;
  Result<void> set(const Value& key, Value value, Meter& meter);
  Result<Value> remove(std::size_t place, Meter& meter);  // its value
  void clear();

  std::vector<std::pair<Value, Value>> entries;

 private:
  std::unordered_multimap<std::uint64_t, std::size_t> places_;  // hash of a key to its place in entries
};

// What d.keys(), d.values() and d.items() give: it shows the dict as it is by then.
struct DictView final : Object {
  enum class Kind { kKeys, kValues, kItems };
  DictView(std::shared_ptr<Dict> viewed, Kind what) : dict(std::move(viewed)), kind(what) {}
  std::string_view type_name() const override;
  Result<std::string> text(Meter& meter) const override;
  Result<bool> truth() const override { return !dict->entries.empty(); }
  Value at(std::size_t place) const;
  void each_held(const std::function<void(const Value&)>& see) const override;

  std::shared_ptr<Dict> dict;
  Kind kind;
};

struct Range final : Object {
  Range(std::int64_t first, std::int64_t end, std::int64_t by) : start(first), stop(end), step(by) {}
  std::string_view type_name() const override { return "range"; }
  Result<std::string> text(Meter& meter) const override;
  Result<bool> truth() const override { return size() != 0; }
  std::size_t size() const;
  std::int64_t at(std::size_t place) const { return start + static_cast<std::int64_t>(place) * step; }

  std::int64_t start, stop, step;
};

// `namespace(a=1)`: attributes that `set ns.a = …` changes from within loops.
struct Namespace final : Object {
  std::string_view type_name() const override { return "Namespace"; }
  Result<std::string> text(Meter& meter) const override;
  Result<std::optional<Value>> attribute(const std::shared_ptr<Object>& self, std::string_view name) override;
  void each_held(const std::function<void(const Value&)>& see) const override;

  std::shared_ptr<Dict> attributes = std::make_shared<Dict>();
};

struct Function final : Object {
  Function(std::string its_name, std::function<Result<Value>(Call&)> body)
      : name(std::move(its_name)), run(std::move(body)) {}
  std::string_view type_name() const override { return "function"; }
  Result<std::string> text(Meter& meter) const override;
  bool callable() const override { return true; }
  Result<Value> call(Call& call) override { return run(call); }

  std::string name;
  std::function<Result<Value>(Call&)> run;
};

// A method of a value, before it is called: `items.append`. It keeps the value alive.
using MethodBody = Result<Value> (*)(const Value& self, Call& call);
struct Method final : Object {
  Method(Value of, std::string_view its_name, MethodBody body) : self(std::move(of)), name(its_name), run(body) {}
  std::string_view type_name() const override { return "builtin_function_or_method"; }
  Result<std::string> text(Meter& meter) const override;
  bool callable() const override { return true; }
  Result<Value> call(Call& call) override { return run(self, call); }
  void each_held(const std::function<void(const Value&)>& see) const override { see(self); }

  Value self;
  std::string_view name;
  MethodBody run;
};

// Python's iterator: gives its items once. Filters such as `map` give one, which computes as it is read.
struct Iterator : Object {
  std::string_view type_name() const override { return "generator"; }
  Result<std::string> text(Meter& meter) const override;
  virtual Result<std::optional<Value>> next(Meter& meter) = 0;
};

// An iterator of a step function.
struct Generator final : Iterator {
  Generator(std::vector<Value> kept, std::function<Result<std::optional<Value>>(Meter&)> step)
      : held(std::move(kept)), step(std::move(step)) {}
  Result<std::optional<Value>> next(Meter& meter) override { return step(meter); }
  void each_held(const std::function<void(const Value&)>& see) const override {
    for (const Value& each : held) see(each);
  }

  std::vector<Value> held;
  std::function<Result<std::optional<Value>>(Meter&)> step;
};

// The object of `value` if it is a T, else null.
template <class T>
T* as(const Value& value) {
  return dynamic_cast<T*>(value.object());
}
template <class T>
std::shared_ptr<T> share(const Value& value) {
  auto* object = std::get_if<std::shared_ptr<Object>>(&value.data());
  return object ? std::dynamic_pointer_cast<T>(*object) : nullptr;
}

// Python's iter(): a new iterator over `value`, an iterator itself. Errors: kInvalidArgument if it has no items.
Result<std::shared_ptr<Iterator>> iterate(const Value& value);
// All items of `value`, as a list of one's own.
Result<std::vector<Value>> collect(const Value& value, Meter& meter);
// Python's len(); nothing if it has none.
std::optional<std::size_t> length_of(const Value& value);

// `value` may be put into `container`: fails if it holds `container` itself, somewhere, or lies too deep.
Result<void> may_hold(const Object& container, const Value& value, Meter& meter);

// A key's hash; equal keys have the same. Errors: kInvalidArgument for lists, dicts and others without one.
Result<std::uint64_t> hash_of(const Value& key, Meter& meter);

}  // namespace tarn::jinja
