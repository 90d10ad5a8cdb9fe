// A schema as JSON decoding walks it: columns by name, and what records had beyond them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "table/schema.h"
#include "worker/land/shape.h"

namespace tarn::worker::land {

struct ObjectPlan;

// One column, list element or struct field to fill.
struct ValuePlan {
  explicit ValuePlan(const table::Field& field);
  std::string name;
  table::Type type;
  std::unique_ptr<ObjectPlan> object;  // of a struct
  std::unique_ptr<ValuePlan> element;  // of a list
};

// The fields of a struct, or of the record itself.
struct ObjectPlan {
  explicit ObjectPlan(const std::vector<table::Field>& from);
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // Index of the field with that name, ASCII letters of either case being the same; kNone.
  std::size_t find(std::string_view name) const;

  std::vector<ValuePlan> fields;
  std::unordered_map<std::string, std::size_t> by_name;  // in lower case
  std::size_t skip = kNone;                              // index of `_kafka`, which records don't fill
  Shape added;                                           // fields without a column, of records that decoded
};

// Fields and all that is nested in them.
std::size_t count_fields(const std::vector<table::Field>& fields);

// `fields`, those of `plan`, and after them what `plan` has seen added, nested ones too, as far as `room` goes.
std::vector<table::Field> grown_fields(const std::vector<table::Field>& fields, const ObjectPlan& plan,
                                       std::size_t& room);

}  // namespace tarn::worker::land
