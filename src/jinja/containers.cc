#include "jinja/containers.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "jinja/operators.h"
#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

class Unchanged {
 public:
  explicit Unchanged(const Dict& dict) : dict_(dict), size_(dict.entries.size()) {}
  Result<void> check() const {
    if (dict_.entries.size() == size_) return {};
    return fail(Code::kInvalidArgument, "a dict changed its size while a loop was in it; loop over a copy: `| list`");
  }

 private:
  const Dict& dict_;
  std::size_t size_;
};

// Items that a function gives by place until it gives none.
class ByPlace final : public Iterator {
 public:
  using At = std::function<Result<std::optional<Value>>(std::size_t place)>;
  ByPlace(Value of, std::string_view name, At at) : of_(std::move(of)), name_(name), at_(std::move(at)) {}
  std::string_view type_name() const override { return name_; }
  Result<std::optional<Value>> next(Meter& meter) override {
    if (done_) return std::nullopt;
    TARN_TRY(meter.spend());
    TARN_ASSIGN(auto item, at_(place_++));
    if (!item) done_ = true;
    return item;
  }
  void each_held(const std::function<void(const Value&)>& see) const override { see(of_); }

 private:
  Value of_;
  std::string_view name_;
  At at_;
  std::size_t place_ = 0;
  bool done_ = false;
};

template <class Container>
std::shared_ptr<Iterator> over_items(const Value& value, std::string_view name) {
  auto* container = as<Container>(value);
  return std::make_shared<ByPlace>(value, name, [container](std::size_t place) -> Result<std::optional<Value>> {
    if (place >= container->items.size()) return std::nullopt;
    return container->items[place];
  });
}

std::shared_ptr<Iterator> over_points(const Value& value) {
  const std::string* text = value.string();
  return std::make_shared<ByPlace>(value, "str_ascii_iterator",
                                   [text, at = std::size_t{0}](std::size_t) mutable -> Result<std::optional<Value>> {
                                     if (at >= text->size()) return std::nullopt;
                                     const std::size_t start = at;
                                     at += utf8::decode(*text, at).size;
                                     return Value(text->substr(start, at - start));
                                   });
}

std::shared_ptr<Iterator> over_dict(const Value& value, std::shared_ptr<Dict> dict, DictView::Kind kind) {
  auto view = std::make_shared<DictView>(dict, kind);
  return std::make_shared<ByPlace>(value, "dict_keyiterator",
                                   [view, size = Unchanged(*dict)](std::size_t place) -> Result<std::optional<Value>> {
                                     TARN_TRY(size.check());
                                     if (place >= view->dict->entries.size()) return std::nullopt;
                                     return view->at(place);
                                   });
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t more) {
  return (hash ^ more) * 0x9e3779b97f4a7c15ULL + (hash >> 29);
}

std::uint64_t hash_of_float(double value) {
  if (std::floor(value) == value && std::fabs(value) < 9.2e18)
    return std::hash<std::int64_t>()(static_cast<std::int64_t>(value));
  return std::hash<std::uint64_t>()(std::bit_cast<std::uint64_t>(value));
}

}  // namespace

void bury(std::vector<Value>&& items) {
  if (std::ranges::none_of(items, [](const Value& each) { return each.object() != nullptr; })) return;
  // The dead of this thread that wait, so that the destructor of one in another does not nest.
  thread_local std::vector<std::vector<Value>> waiting;
  thread_local bool digging = false;
  waiting.push_back(std::move(items));
  if (digging) return;
  digging = true;
  while (!waiting.empty()) {
    std::vector<Value> dead = std::move(waiting.back());
    waiting.pop_back();
    dead.clear();
  }
  digging = false;
}

void List::each_held(const std::function<void(const Value&)>& see) const { std::ranges::for_each(items, see); }
void Tuple::each_held(const std::function<void(const Value&)>& see) const { std::ranges::for_each(items, see); }
void Dict::each_held(const std::function<void(const Value&)>& see) const {
  for (const auto& [key, value] : entries) see(value);  // a key holds nothing that changes
}
void DictView::each_held(const std::function<void(const Value&)>& see) const {
  see(Value(std::static_pointer_cast<Object>(dict)));
}
void Namespace::each_held(const std::function<void(const Value&)>& see) const { attributes->each_held(see); }

Dict::~Dict() { clear(); }

void Dict::clear() {
  std::vector<Value> held;
  held.reserve(entries.size() * 2);
  for (auto& [key, value] : entries) {
    held.push_back(std::move(key));
    held.push_back(std::move(value));
  }
  entries.clear();
  places_.clear();
  bury(std::move(held));
}

Result<std::optional<std::size_t>> Dict::find(const Value& key, Meter& meter) const {
  TARN_ASSIGN(const std::uint64_t hash, hash_of(key, meter));
  const auto [begin, end] = places_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    TARN_ASSIGN(const bool found, equal(entries[it->second].first, key, meter));
    if (found) return it->second;
  }
  return std::nullopt;
}

Result<void> Dict::set(const Value& key, Value value, Meter& meter) {
  TARN_ASSIGN(const auto place, find(key, meter));
  if (place) {
    std::swap(entries[*place].second, value);
    return {};
  }
  TARN_TRY(meter.make(2 * sizeof(Value) + 64));
  TARN_ASSIGN(const std::uint64_t hash, hash_of(key, meter));
  places_.emplace(hash, entries.size());
  entries.emplace_back(key, std::move(value));
  return {};
}

Result<Value> Dict::remove(std::size_t place, Meter& meter) {
  TARN_TRY(meter.spend(entries.size()));
  Value value = std::move(entries[place].second);
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(place));
  for (auto it = places_.begin(); it != places_.end();) {
    if (it->second == place) {
      it = places_.erase(it);
      continue;
    }
    if (it->second > place) --it->second;
    ++it;
  }
  return value;
}

std::string_view DictView::type_name() const {
  return kind == Kind::kKeys ? "dict_keys" : kind == Kind::kValues ? "dict_values" : "dict_items";
}

Value DictView::at(std::size_t place) const {
  const auto& [key, value] = dict->entries[place];
  if (kind == Kind::kKeys) return key;
  if (kind == Kind::kValues) return value;
  return Value::tuple({key, value});
}

std::size_t Range::size() const {
  if (step > 0 ? start >= stop : start <= stop) return 0;
  const auto distance = step > 0 ? static_cast<std::uint64_t>(stop) - static_cast<std::uint64_t>(start)
                                 : static_cast<std::uint64_t>(start) - static_cast<std::uint64_t>(stop);
  const auto by = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  return (distance - 1) / by + 1;
}

Result<std::optional<Value>> Tuple::attribute(const std::shared_ptr<Object>&, std::string_view name) {
  const auto found = std::ranges::find(field_names, name);
  if (found == field_names.end()) return std::nullopt;
  return items[static_cast<std::size_t>(found - field_names.begin())];
}

Result<std::optional<Value>> Namespace::attribute(const std::shared_ptr<Object>&, std::string_view name) {
  Meter meter{Limits{}};
  TARN_ASSIGN(const auto place, attributes->find(Value(name), meter));
  if (!place) return std::nullopt;
  return attributes->entries[*place].second;
}

Result<std::shared_ptr<Iterator>> iterate(const Value& value) {
  if (value.is_undefined()) {
    return std::make_shared<ByPlace>(Value(), "generator",
                                     [](std::size_t) -> Result<std::optional<Value>> { return std::nullopt; });
  }
  if (value.string()) return over_points(value);
  if (as<List>(value)) return over_items<List>(value, "list_iterator");
  if (as<Tuple>(value)) return over_items<Tuple>(value, "tuple_iterator");
  if (auto dict = share<Dict>(value)) return over_dict(value, dict, DictView::Kind::kKeys);
  if (auto* view = as<DictView>(value)) return over_dict(value, view->dict, view->kind);
  if (auto iterator = share<Iterator>(value)) return iterator;
  if (auto* range = as<Range>(value)) {
    return std::make_shared<ByPlace>(value, "range_iterator",
                                     [range](std::size_t place) -> Result<std::optional<Value>> {
                                       if (place >= range->size()) return std::nullopt;
                                       return Value(range->at(place));
                                     });
  }
  return fail(Code::kInvalidArgument, fmt::format("a value of type {} has no items to go through", value.type_name()));
}

Result<std::vector<Value>> collect(const Value& value, Meter& meter) {
  TARN_ASSIGN(const auto iterator, iterate(value));
  std::vector<Value> items;
  while (true) {
    TARN_ASSIGN(auto item, iterator->next(meter));
    if (!item) return items;
    TARN_TRY(meter.make(sizeof(Value)));
    items.push_back(std::move(*item));
  }
}

std::optional<std::size_t> length_of(const Value& value) {
  if (value.is_undefined()) return 0;
  if (const std::string* text = value.string()) return utf8::length(*text);
  if (const auto* items = value.items()) return items->size();
  if (const Dict* dict = value.dict()) return dict->entries.size();
  if (auto* view = as<DictView>(value)) return view->dict->entries.size();
  if (auto* range = as<Range>(value)) return range->size();
  return std::nullopt;
}

Result<void> may_hold(const Object& container, const Value& value, Meter& meter) {
  const Object* object = value.object();
  if (!object) return {};
  if (object == &container) {
    return fail(Code::kUnsupported,
                fmt::format("a {} would contain itself; put a copy into it", container.type_name()));
  }
  const Meter::Level level(meter);
  TARN_TRY(level.check());
  Result<void> result;
  object->each_held([&](const Value& held) {
    if (result) result = meter.spend();
    if (result && held.object()) result = may_hold(container, held, meter);
  });
  return result;
}

Result<std::uint64_t> hash_of(const Value& key, Meter& meter) {
  if (key.is_none()) return 0x5eed;
  if (key.is_undefined()) return 0xdef;
  if (const bool* value = key.boolean()) return std::hash<std::int64_t>()(*value ? 1 : 0);
  if (const std::int64_t* value = key.integer()) return std::hash<std::int64_t>()(*value);
  if (const double* value = key.floating()) return hash_of_float(*value);
  if (const std::string* value = key.string()) {
    TARN_TRY(meter.spend(1 + value->size() / 64));
    return std::hash<std::string>()(*value);
  }
  auto* tuple = as<Tuple>(key);
  if (!tuple)
    return fail(Code::kInvalidArgument, fmt::format("a value of type {} can't be the key of a dict", key.type_name()));
  const Meter::Level level(meter);
  TARN_TRY(level.check());
  std::uint64_t hash = 0x7091e;
  for (const Value& each : tuple->items) {
    TARN_TRY(meter.spend());
    TARN_ASSIGN(const std::uint64_t part, hash_of(each, meter));
    hash = mix(hash, part);
  }
  return hash;
}

}  // namespace tarn::jinja
