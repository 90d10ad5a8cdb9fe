// The arguments of a filter, test or method, by position or by name, with what stands for the absent ones.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jinja/value.h"

namespace tarn::jinja {

class Taken {
 public:
  // Fails as Call::take does.
  static Result<Taken> of(const Call& call, std::string_view function, std::initializer_list<std::string_view> names,
                          std::size_t required = 0);

  // As Python's built-in methods have it: by position only.
  static Result<Taken> positional(const Call& call, std::string_view function,
                                  std::initializer_list<std::string_view> names, std::size_t required = 0);

  bool has(std::size_t i) const { return values_[i].has_value(); }
  Value value(std::size_t i, Value absent = {}) const { return values_[i] ? *values_[i] : absent; }
  bool is_none(std::size_t i) const { return !values_[i] || values_[i]->is_none(); }

  // Errors: kInvalidArgument if it is of another type.
  Result<std::int64_t> integer(std::size_t i, std::int64_t absent) const;
  Result<std::string> text(std::size_t i, std::string_view absent) const;
  Result<bool> truth(std::size_t i, bool absent) const;

 private:
  std::unexpected<Error> wrong(std::size_t i, std::string_view wanted) const;

  std::string_view function_;
  std::vector<std::string_view> names_;
  std::vector<std::optional<Value>> values_;
};

}  // namespace tarn::jinja
