// What JSON values look like so far, merged value by value into the narrowest column type that holds them all:
//
//   true, false                  boolean
//   numbers without . or e       long
//   other numbers                double, also together with the former
//   strings                      string
//   objects                      struct of their fields
//   arrays                       list of their elements
//   of more than one kind        string, holding the JSON text of what is no string
//   only null, {} or []          none: no column yet
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "table/schema.h"

namespace tarn::worker::land {

class Shape {
 public:
  enum Seen : unsigned { kTruth = 1, kInteger = 2, kFraction = 4, kText = 8, kObject = 16, kArray = 32 };

  void saw(Seen kind) { kinds_ |= kind; }
  // The shape of an object's field (names compared as columns are: ASCII letters of either case are the same) or of an
  // array's elements, made if new. nullptr: the object has table::kColumnsMax fields already.
  Shape* field(std::string_view name);
  Shape& element();
  void merge(const Shape& other);

  // nullopt: no column yet. Field ids are zero.
  std::optional<table::Type> type() const;
  std::size_t fields() const;  // leaf and nested ones that type() would have

 private:
  unsigned kinds_ = 0;
  std::vector<std::pair<std::string, Shape>> fields_;  // in the order they came
  std::size_t next_ = 0;                               // where the next field is likely: objects repeat their order
  std::unique_ptr<Shape> element_;
};

// "Id" and "id" name one column: engines fold case, so two that differ in case alone could not be told apart.
bool same_name(std::string_view a, std::string_view b);

}  // namespace tarn::worker::land
